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
      leaves: (eventType) => eventType === "ticket.created",
    };
  },
};

/** Consumers without a reader are judged by their inbox. */
export const effectsOf = (consumer: string, db: Db, rows: readonly RowFacts[]): Promise<Effects> =>
  (readers[consumer] ?? (async () => ({ effects: [], leaves: () => false })))(db, rows);
