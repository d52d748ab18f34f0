/** Collections of the event log. */
import type { Db } from "mongodb";
import type { Version } from "../../mixins/kit/contracts.ts";

export const EVENTS = "events";
export const COUNTS = "daily_counts";

export interface EventDoc {
  /** eventId */
  _id: string;
  eventType: string;
  /** Version that it arrived in. */
  version: string;
  timestamp: Date;
  /** TTL. */
  receivedAt: Date;
  producer: string | null;
  correlationId: string | null;
  causationId: string | null;
  actorId: string | null;
  aggregateId: string | null;
  aggregateVersion: number | null;
  buildingId: string | null;
  /** Whose data it holds, where its contract declares some. */
  personId: string | null;
  /** JSON, any depth and any key, as it was sent. */
  payload: string;
  /** Of the payload: the current one of the time when it came. Absent in what was kept before there was this field. */
  payloadVersion?: Version;
}

export interface CountDoc {
  /** `{day}|{buildingId}|{eventType}`: sorts by day. */
  _id: string;
  day: string;
  buildingId: string | null;
  eventType: string;
  count: number;
}

const DAY_S = 24 * 3600;
const INDEX_OPTIONS_CONFLICT = 85;

export async function ensureIndexes(db: Db, retentionDays: number): Promise<void> {
  const events = db.collection<EventDoc>(EVENTS);
  await Promise.all([
    events.createIndexes([
      { key: { eventType: 1, _id: 1 } },
      { key: { correlationId: 1, _id: 1 } },
      // By comparison: no query uses an index that is partial by `$type`.
      { name: "person", key: { personId: 1 }, partialFilterExpression: { personId: { $gt: "" } } },
      { key: { actorId: 1, _id: 1 } },
    ]),
    db.collection<CountDoc>(COUNTS).createIndexes([{ key: { buildingId: 1, _id: 1 } }]),
    ensureTtl(db, retentionDays * DAY_S),
  ]);
}

/** A changed setting changes the index instead of being refused. */
async function ensureTtl(db: Db, seconds: number): Promise<void> {
  try {
    await db.collection<EventDoc>(EVENTS).createIndex({ receivedAt: 1 }, { expireAfterSeconds: seconds });
  } catch (error) {
    if ((error as { code?: unknown }).code !== INDEX_OPTIONS_CONFLICT) throw error;
    await db.command({ collMod: EVENTS, index: { keyPattern: { receivedAt: 1 }, expireAfterSeconds: seconds } });
  }
}
