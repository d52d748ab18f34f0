/** Reads what the checker compares: outbox rows, inboxes, effects, dead letters, queues and jobs of a world. */
import type { Db, Document } from "mongodb";
import { matches } from "../../mixins/consumer/handler.ts";
import type { Contract } from "../../mixins/kit/contracts.ts";
import type { ConsumerFacts, EffectFacts, LetterFacts, RowFacts } from "./checker.ts";
import { effectsOf } from "./effects.ts";

export type DatabaseOf = (service: string) => Db;

/** Replays' rows among them. Fence rows of the relay's own database are no facts. */
export async function readRows(database: DatabaseOf, contracts: readonly Contract[]): Promise<RowFacts[]> {
  const all = await Promise.all(
    contracts.map(async ({ service }) => {
      const rows = await database(service)
        .collection("outbox")
        .find({ fence: { $ne: true } })
        .toArray();
      return rows.map((row) => rowFacts(row, service));
    }),
  );
  return all.flat();
}

function rowFacts(row: Document, owner: string): RowFacts {
  const payload = (JSON.parse(row.body) as { payload: Record<string, unknown> }).payload;
  return {
    id: row._id,
    eventId: row.eventId,
    eventType: row.eventType,
    owner,
    published: row.publishedAt !== null,
    unroutable: row.unroutable !== undefined,
    failed: row.failed !== undefined,
    target: row.target?.queue ?? null,
    aggregateId: row.meta?.aggregateId ?? null,
    causationId: row.meta?.causationId ?? null,
    n: numberIn(payload),
    buildingId: typeof payload.buildingId === "string" ? payload.buildingId : null,
  };
}

/** A probe's `n`, or the number in a ticket's title. */
function numberIn({ n, title }: Record<string, unknown>): number | null {
  if (typeof n === "number") return n;
  const [, number] = /#(\d+)$/.exec(String(title)) ?? [];
  return number === undefined ? null : Number(number);
}

export async function readConsumer(
  database: DatabaseOf,
  { service: name, consumes: patterns }: Contract,
  rows: readonly RowFacts[],
): Promise<ConsumerFacts> {
  const db = database(name);
  const own = { consumer: name };
  const [inbox, letters, audit, attempts] = await Promise.all(
    ["inbox", "dead_letters", "dead_letter_audit", "attempts"].map((collection) =>
      db
        .collection(collection)
        .find(own, { projection: { body: 0 } })
        .toArray(),
    ),
  );
  const { effects, leaves } = await effectsOf(name, db, rows);
  const audited = Map.groupBy(audit ?? [], ({ deadLetterId }) => deadLetterId as string);
  return {
    name,
    patterns,
    inbox: (inbox ?? []).map(({ _id, eventId, result }) => ({
      key: String(_id),
      eventId,
      handled: result === "handled",
    })),
    effects: effects as EffectFacts[],
    leaves,
    letters: (letters ?? []).map((letter) => letterFacts(letter, audited.get(String(letter._id))?.length ?? 0)),
    attempts: (attempts ?? []).flatMap(episodesOf),
  };
}

const letterFacts = (letter: Document, auditEntries: number): LetterFacts => ({
  id: String(letter._id),
  eventId: letter.eventId,
  replayedAs: letter.replayedAs,
  status: letter.status,
  code: letter.code,
  attempts: letter.attempts,
  version: letter.version,
  buildingId: letter.buildingId,
  auditEntries,
});

const episodesOf = ({ eventId, failures }: Document) =>
  [...Map.groupBy(failures as { episode: number }[], ({ episode }) => episode)].map(([episode, made]) => ({
    eventId: eventId as string,
    episode,
    count: made.length,
  }));

/** Rows that a consumer is owed and that neither its inbox nor its dead letters have, so far. */
export const openFor = ({ name, patterns, inbox, letters }: ConsumerFacts, rows: readonly RowFacts[]): number => {
  const ended = new Set([
    ...inbox.map(({ eventId }) => eventId),
    ...letters.flatMap(({ eventId, replayedAs }) => [eventId, ...replayedAs]),
  ]);
  return rows.filter(
    ({ eventId, eventType, target }) =>
      (target === null ? patterns.some((pattern) => matches(pattern, eventType)) : target === `${name}.q`) &&
      !ended.has(eventId),
  ).length;
};
