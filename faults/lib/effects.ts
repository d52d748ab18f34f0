/** What a handled event leaves behind, for each consumer: something that can be counted. */
import type { Db } from "mongodb";
import { ECHOED, HAPPENED } from "../probe/contracts.ts";
import { EFFECTS, type EffectDoc } from "../probe/documents.ts";
import type { EffectFacts, RowFacts } from "./checker.ts";

export interface Effects {
  effects: EffectFacts[];
  /** Does a handled event of this type leave one for certain? */
  leaves: (eventType: string) => boolean;
}

const fact = (eventId: string, part = "", buildingId: unknown = null): EffectFacts => ({
  eventId,
  part,
  buildingId: typeof buildingId === "string" ? buildingId : null,
});

const isTicket = (eventType: string): boolean => eventType === "ticket.created";

type Reader = (db: Db, rows: readonly RowFacts[]) => Promise<Effects>;

const probeEffects =
  (consumer: string): Reader =>
  async (db) => {
    const found = await db.collection<EffectDoc>(EFFECTS).find({ consumer }).toArray();
    return {
      effects: found.map(({ eventId }) => fact(eventId)),
      leaves: (eventType) => eventType === HAPPENED || eventType === ECHOED,
    };
  };

const readers: Readonly<Record<string, Reader>> = {
  /** Its effects, and the fact that it publishes for each event: both once. */
  alpha: async (db, rows) => {
    const { effects, leaves } = await probeEffects("alpha")(db, rows);
    const echoes = rows.filter(({ eventType }) => eventType === ECHOED);
    return { effects: [...effects, ...echoes.map(({ causationId }) => fact(causationId ?? "", "echo"))], leaves };
  },
  beta: probeEffects("beta"),
  /** One notification an event, user and channel. */
  notifications: async (db) => {
    const found = await db.collection("notifications").find({}).toArray();
    return {
      effects: found.map(({ causeEventId, userId, channel }) => fact(causeEventId, `${userId}/${channel}`)),
      leaves: isTicket,
    };
  },
  /** One document a ticket. */
  search: async (db, rows) => {
    const index = await db.collection("index").findOne({});
    const found = await db
      .collection(`documents_${index?.live ?? 1}`)
      .find({ type: "ticket" })
      .toArray();
    const creationOf = creationsIn(rows);
    return {
      effects: found.map(({ refId, buildingId }) => fact(creationOf(refId), "", buildingId)),
      leaves: isTicket,
    };
  },
  /** One result a task, for each text of a ticket. */
  ai: async (db, rows) => {
    const found = await db.collection("results").find({ "subject.type": "ticket" }).toArray();
    const creationOf = creationsIn(rows);
    return {
      effects: found.map(({ subject, revision, task, buildingId }) =>
        fact(creationOf(subject.id), `${revision}/${task}`, buildingId),
      ),
      leaves: isTicket,
    };
  },
  /** Counts by day, building and type: each event of the log is in one of them, once. */
  analytics: async (db) => {
    const fields = { eventType: 1, buildingId: 1, timestamp: 1 };
    const [log, counts] = await Promise.all([
      db.collection<LoggedEvent>("events").find({}).project<LoggedEvent>(fields).toArray(),
      db.collection<{ _id: string; count: number }>("daily_counts").find({}).toArray(),
    ]);
    const logged = Map.groupBy(
      log,
      ({ eventType, buildingId, timestamp }) =>
        `${timestamp.toISOString().slice(0, 10)}|${buildingId ?? ""}|${eventType}`,
    );
    return {
      effects: counts.flatMap(({ _id, count }) => countedOf(logged.get(_id) ?? [], count, _id)),
      leaves: () => true,
    };
  },
};

interface LoggedEvent {
  _id: string;
  eventType: string;
  buildingId: string | null;
  timestamp: Date;
}

/** One for each that was counted; what is counted too much is a second one of the last. */
export const countedOf = (events: readonly Pick<LoggedEvent, "_id">[], count: number, counter: string): EffectFacts[] =>
  Array.from({ length: count }, (_, at) => fact((events[at] ?? events.at(-1))?._id ?? counter));

/** The event by which a ticket was made; of one that nobody made its own id, which no event has. */
function creationsIn(rows: readonly RowFacts[]): (ticketId: string) => string {
  const created = rows.filter(({ eventType }) => isTicket(eventType));
  const made = new Map(created.map(({ aggregateId, eventId }) => [aggregateId, eventId]));
  return (ticketId) => made.get(ticketId) ?? ticketId;
}

/** Consumers without a reader are judged by their inbox. */
export const effectsOf = (consumer: string, db: Db, rows: readonly RowFacts[]): Promise<Effects> =>
  (readers[consumer] ?? (async () => ({ effects: [], leaves: () => false })))(db, rows);
