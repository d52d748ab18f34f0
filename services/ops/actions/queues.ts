import type { ActionName } from "../../../mixins/kit/contracts.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { QueueDepth } from "../queue-depths.ts";

/** The broker is asked by the service itself (`ops.queueDepths`): its answer does not depend on who consumes. */
export const queues = implement("ops.queues", async ({ call }) => ({
  items: await (call("ops.queueDepths" as ActionName, {} as never) as unknown as Promise<QueueDepth[]>),
}));
