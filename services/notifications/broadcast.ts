/**
 * News for everybody of a building. The event's transaction writes down who they are, in portions; each portion is a
 * job of its own, whose one transaction tells its people. So no transaction grows with the house, portions run side by
 * side, and one that was cut off begins anew as a whole.
 */
import { type JobKind, untilDone } from "../../mixins/jobs/job.ts";
import type { JobRunner } from "../../mixins/jobs/runner.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { belonging } from "./directory.ts";
import type { News, Notify } from "./notify.ts";
import { TEMPLATES } from "./templates/templates.ts";

export const BROADCAST = "broadcast";
/** People of one transaction. */
export const PORTION = 100;
/** Emergencies first. */
export const BROADCAST_LANES = { "broadcast:emergency": 8, "broadcast:normal": 1 } as const;

export interface BroadcastData {
  eventId: string;
  userIds: string[];
  news: News;
}

export type Broadcast = (
  tx: Tx<"notifications">,
  cause: { eventId: string },
  userIds: readonly string[],
  news: News,
) => Promise<void>;

export const broadcaster =
  (jobs: JobRunner<"notifications">): Broadcast =>
  async (tx, { eventId }, userIds, news) => {
    const lane = `broadcast:${TEMPLATES[news.template].topic === "emergencies" ? "emergency" : "normal"}`;
    const portions = Array.from({ length: Math.ceil(userIds.length / PORTION) }, (_, index) =>
      userIds.slice(index * PORTION, (index + 1) * PORTION),
    );
    await jobs.schedule<BroadcastData>(
      tx,
      ...portions.map((portion, index) => {
        const data = { eventId, userIds: [...portion], news: { ...news, toMany: true } };
        return { kind: BROADCAST, key: `${eventId}/${index}`, data, lane };
      }),
    );
  };

export const broadcast = (notify: Notify): JobKind<"notifications", BroadcastData> => ({
  kind: BROADCAST,
  run:
    async ({ data: { eventId, userIds, news } }) =>
    async (tx) => {
      const { buildingId } = news;
      const belongs = buildingId === undefined ? () => true : await belonging(tx, userIds, [buildingId]);
      const there = userIds.filter((userId) => belongs(userId, buildingId ?? ""));
      await notify(tx, { eventId }, { ...news, to: there });
    },
  ...untilDone,
  // Sooner than others: it may be an emergency.
  retryAfter: (failures) => Math.min(60_000, 250 * 2 ** failures),
});
