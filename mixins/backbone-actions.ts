/** Actions that every domain has for the operators: its share of an event's way. Internal, never routed. */
import type { ActionSchema, Context, Service, ServiceSchema } from "moleculer";
import { INBOX, type InboxEntry, inboxKey } from "./idempotency/inbox.ts";
import type { Actor } from "./kit/actor.ts";
import { UnauthenticatedError } from "./kit/errors.ts";
import { MAX_TIME_MS } from "./mongo/client.ts";
import { type Republish, type Republished, RepublishParams } from "./outbox/questions.ts";
import { checkInterval, republish } from "./outbox/republish.ts";
import { OUTBOX, type OutboxRow, WAITS_SINCE, waitsSince } from "./outbox/row.ts";
import { deadLetterActions } from "./retry/actions.ts";
import {
  ATTEMPTS,
  type AttemptsEntry,
  type AuditEntry,
  DEAD_LETTER_AUDIT,
  DEAD_LETTERS,
  type DeadLetter,
} from "./retry/dead-letter.ts";
import { settleOne } from "./retry/settle.ts";

/** A service's share of an event's biography. */
export interface EventTrace {
  service: string;
  outbox: OutboxRow[];
  inbox: InboxEntry | null;
  failures: AttemptsEntry["failures"];
  deadLetter: DeadLetter | null;
  audit: AuditEntry[];
}

/** The state of a service's outbox. */
export interface OutboxState {
  service: string;
  /** Not confirmed yet, of these the ones that no queue takes, and the ones that can't be sent at all. */
  pending: number;
  unroutable: number;
  failed: number;
  oldestPendingAt: Date | null;
  lastPublishedAt: Date | null;
}

export function backboneActions(service: string): NonNullable<ServiceSchema["actions"]> {
  return {
    ...deadLetterActions(service),
    /** What this service knows of an event: committed, published, handled, failed, dead, edited, replayed. */
    traceEvent: {
      params: { eventId: "string" },
      handler(this: Service, ctx: Context<{ eventId: string }>): Promise<EventTrace> {
        return traceEvent(this, service, ctx.params.eventId);
      },
    },
    outboxState: {
      handler(this: Service): Promise<OutboxState> {
        return outboxState(this, service);
      },
    },
    /** Internal: `ops.republish` asks it of every service. */
    republishOutbox: {
      params: RepublishParams as unknown as NonNullable<ActionSchema["params"]>,
      handler(this: Service, ctx: Context<Republish, { actor?: Actor }>): Promise<Republished> {
        const { actor } = ctx.meta;
        if (!actor) throw new UnauthenticatedError("Events are sent again for somebody, and it is kept for whom.");
        return republishOf(this, service, ctx.params, actor.userId);
      },
    },
  };
}

async function traceEvent({ broker }: Service, service: string, eventId: string): Promise<EventTrace> {
  const { backbone } = broker;
  const db = backbone.database(service);
  const key = inboxKey(service, eventId);
  const letters = db.collection<DeadLetter>(DEAD_LETTERS);
  const found = await letters.findOne({ $or: [{ eventId }, { replayedAs: eventId }] }, { projection: { _id: 1 } });
  if (found) await settleOne({ backbone, db, service }, found._id);
  const [outbox, inbox, attempts, deadLetter, audit] = await Promise.all([
    db
      .collection<OutboxRow>(OUTBOX)
      .find({ $or: [{ _id: eventId }, { eventId, target: { $exists: true } }] })
      .sort({ _id: 1 })
      .limit(100)
      .toArray(),
    db.collection<InboxEntry>(INBOX).findOne({ _id: key }),
    db.collection<AttemptsEntry>(ATTEMPTS).findOne({ _id: key }),
    found ? letters.findOne({ _id: found._id }) : null,
    found
      ? db
          .collection<AuditEntry>(DEAD_LETTER_AUDIT)
          .find({ deadLetterId: found._id })
          .sort({ _id: 1 })
          .limit(100)
          .toArray()
      : [],
  ]);
  return {
    service,
    outbox,
    inbox,
    failures: attempts?.failures ?? [],
    deadLetter,
    audit,
  };
}

async function republishOf(
  { broker, logger }: Service,
  service: string,
  params: Republish,
  by: string,
): Promise<Republished> {
  const { backbone } = broker;
  const now = backbone.clock();
  checkInterval(params, now, backbone.env.INBOX_RETENTION_DAYS);
  const outbox = backbone.database(service).collection<OutboxRow>(OUTBOX);
  const answer = { service, ...(await republish(outbox, params, by, now)) };
  const { from, to, eventType = "any event" } = params;
  if (answer.republished > 0)
    logger.info(`${by} sends again ${answer.republished} of ${answer.found} rows (${eventType}, ${from} to ${to}).`);
  return answer;
}

async function outboxState({ broker }: Service, service: string): Promise<OutboxState> {
  const outbox = broker.backbone.database(service).collection<OutboxRow>(OUTBOX);
  const options = { maxTimeMS: MAX_TIME_MS };
  const [pending, unroutable, failed, oldest, last] = await Promise.all([
    outbox.countDocuments({ publishedAt: null, failed: { $exists: false } }, options),
    outbox.countDocuments({ publishedAt: null, unroutable: { $exists: true } }, options),
    outbox.countDocuments({ publishedAt: null, failed: { $exists: true } }, options),
    outbox.findOne(
      { publishedAt: null, failed: { $exists: false } },
      { ...options, sort: { _id: 1 }, projection: WAITS_SINCE },
    ),
    outbox.findOne(
      { publishedAt: { $ne: null } },
      { ...options, sort: { publishedAt: -1 }, projection: { publishedAt: 1 } },
    ),
  ]);
  return {
    service,
    pending,
    unroutable,
    failed,
    oldestPendingAt: oldest && waitsSince(oldest),
    lastPublishedAt: last?.publishedAt ?? null,
  };
}
