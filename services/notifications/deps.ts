/** What the parts of the service need beside their context; one set a broker. */
import type { ServiceBroker } from "moleculer";
import { RateGate } from "../../mixins/jobs/gate.ts";
import type { PoolOptions } from "../../mixins/jobs/pool.ts";
import { JobRunner } from "../../mixins/jobs/runner.ts";
import { callOf } from "../../mixins/kit/call.ts";
import { BROADCAST_LANES, type Broadcast, broadcast, broadcaster } from "./broadcast.ts";
import { type Senders, sendersOf } from "./channels/senders.ts";
import { concealOnceMore } from "./concealed.ts";
import { type DeliverTools, deliver } from "./deliver.ts";
import { digest } from "./digest.ts";
import { forget } from "./forget.ts";
import { type Notify, type NotifyAll, notifier, notifierOf } from "./notify.ts";
import { LANE_WEIGHTS, type Lane, laneName } from "./plan.ts";
import { readsOf } from "./repository.ts";
import { OUTSIDE, type OutsideChannel } from "./topics.ts";
import { loadSecret, unsubscribeToken } from "./unsubscribe.ts";

export interface NotificationDeps {
  jobs: JobRunner<"notifications">;
  notify: Notify;
  notifyAll: NotifyAll;
  broadcast: Broadcast;
  senders: Senders;
  /** Of the unsubscribe links: loaded at the first use, then kept. */
  secret: () => Promise<Buffer>;
  close: () => void;
}

type Gates = Readonly<Record<OutsideChannel, RateGate>>;

/** Messages of one channel under way at a time: a provider's connections. */
const CONCURRENCY = 5;
/** Without a provider, what is kept in one write: five at a time were half of what 50 tickets a second bring (measured). */
const KEPT_AT_A_TIME = 25;

/** Each channel has hands of its own: one that is slow, or away, keeps no other waiting. */
function poolsOf(senders: Senders, gates: Gates): PoolOptions[] {
  const channels = OUTSIDE.map((channel): PoolOptions => {
    const lanes = Object.entries(LANE_WEIGHTS).map(([lane, weight]) => [laneName(channel, lane as Lane), weight]);
    const places = { lanes: Object.fromEntries(lanes) };
    // Without a provider there is no rate to keep.
    if (senders[channel].perSecond === null) return { ...places, concurrency: KEPT_AT_A_TIME };
    return { ...places, concurrency: CONCURRENCY, gate: gates[channel] };
  });
  return [...channels, { concurrency: 4, lanes: BROADCAST_LANES }];
}

export function createDeps(broker: ServiceBroker): NotificationDeps {
  const { backbone } = broker;
  const db = backbone.database("notifications");
  const logger = broker.getLogger("NOTIFICATIONS");
  const senders = sendersOf(backbone, db);
  const gates = Object.fromEntries(
    OUTSIDE.map((channel) => [channel, new RateGate(db, channel, senders[channel].perSecond ?? 0)]),
  ) as Gates;
  const jobs = new JobRunner<"notifications">({
    service: "notifications",
    backbone,
    logger,
    pools: poolsOf(senders, gates),
  });
  let loading: Promise<Buffer> | undefined;
  const secret = (): Promise<Buffer> => {
    loading ??= loadSecret(db).catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const home = backbone.env.PUBLIC_URL || `http://127.0.0.1:${backbone.env.PORT}`;
  const tools: DeliverTools = {
    ...{ db, senders, gates, logger, call: callOf(broker), clock: backbone.clock },
    read: readsOf(db),
    settleNow: (cause, settle) =>
      backbone
        .store<"notifications">("notifications", { ...cause, actorId: "system:notifications" })
        .inTransaction(settle),
    unsubscribeUrl: async (userId, topic) =>
      `${home}/api/v1/notifications/unsubscribe?token=${unsubscribeToken(await secret(), userId, topic)}`,
  };
  const notifyAll = notifier(jobs);
  const notify = notifierOf(notifyAll);
  jobs.add(deliver(tools)).add(digest(tools, jobs)).add(broadcast(notify)).add(forget).add(concealOnceMore);
  const close = (): void => {
    for (const channel of OUTSIDE) senders[channel].close?.();
  };
  return { jobs, notify, notifyAll, broadcast: broadcaster(jobs), senders, secret, close };
}
