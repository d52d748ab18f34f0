/** One transaction that archives several messages of a dead-letter queue. */
import type { ConsumeMessage } from "amqplib";
import type { ClientSession, Db } from "mongodb";
import type { Backbone } from "../backbone.ts";
import { INBOX, type InboxEntry, inboxKey } from "../idempotency/inbox.ts";
import type { Registry } from "../kit/registry.ts";
import { withTransaction } from "../mongo/transaction.ts";
import { isErased } from "../privacy/erase.ts";
import { blankedBody, personIn } from "../privacy/personal.ts";
import { archiveDecision } from "./archive.ts";
import { storedForm, writeChunks } from "./body.ts";
import { type AuditEntry, DEAD_LETTER_AUDIT, DEAD_LETTERS, type DeadLetter } from "./dead-letter.ts";
import { type Incoming, incomingOf, readable } from "./incoming.ts";

export interface Archive {
  backbone: Backbone;
  db: Db;
  service: string;
}

export interface ArchiveCounts {
  archived: number;
  reopened: number;
  dropped: number;
  known: number;
}

/** Resolves after the majority commit. May be repeated with the same messages: nothing changes then. */
export async function archiveBatch(
  { backbone, db, service }: Archive,
  messages: readonly ConsumeMessage[],
): Promise<ArchiveCounts> {
  const now = backbone.clock();
  const incoming = messages.map((message) => incomingOf(message, service, backbone.registry, now));
  return withTransaction(backbone.client, async (session) => {
    const counts: ArchiveCounts = {
      archived: 0,
      reopened: 0,
      dropped: 0,
      known: 0,
    };
    // One after the other: two copies of one event may be in the same batch.
    for (const one of incoming)
      counts[await archiveOne(db, session, await withoutErased(db, one, backbone.registry), now)]++;
    return counts;
  });
}

async function archiveOne(db: Db, session: ClientSession, incoming: Incoming, now: Date): Promise<keyof ArchiveCounts> {
  const letters = db.collection<DeadLetter>(DEAD_LETTERS);
  const existing = await letters.findOne({ _id: incoming.id }, { session });
  const done = await isDone(db, session, existing, incoming);
  const decision = archiveDecision(existing, done, incoming, storedForm(incoming.content), now);
  if (decision.kind === "drop") return decision.because === "done" ? "dropped" : "known";
  const { document, audit, kind } = decision;
  if (kind === "insert") await letters.insertOne(document, { session });
  else await letters.replaceOne({ _id: document._id }, document, { session });
  await writeChunks(db, session, document._id, incoming.content);
  await db.collection<AuditEntry>(DEAD_LETTER_AUDIT).insertOne(audit, { session });
  return kind === "insert" ? "archived" : "reopened";
}

/** A copy that comes after its person has gone. */
async function withoutErased(db: Db, incoming: Incoming, registry: Registry): Promise<Incoming> {
  const { def } = registry.event(incoming.eventType) ?? {};
  const person = personIn(def, readable(incoming.content).payload);
  if (person === undefined || !(await isErased(db, person))) return incoming;
  return { ...incoming, content: Buffer.from(blankedBody(incoming.content.toString("utf8"), registry)) };
}

async function isDone(
  db: Db,
  session: ClientSession,
  existing: DeadLetter | null,
  incoming: Incoming,
): Promise<boolean> {
  const ids = [incoming.eventId, existing?.eventId, ...(existing?.replayedAs ?? [])].filter(
    (id) => typeof id === "string",
  );
  if (ids.length === 0) return false;
  const keys = ids.map((id) => inboxKey(incoming.consumer, id));
  return (
    (await db.collection<InboxEntry>(INBOX).findOne({ _id: { $in: keys } }, { session, projection: { _id: 1 } })) !==
    null
  );
}
