import type { OutboxState } from "../../../mixins/backbone-actions.ts";
import type { ActionName } from "../../../mixins/kit/contracts.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { gatherFrom, publishersIn } from "../owners.ts";

const iso = (date: Date | string | null): string | null => (date === null ? null : new Date(date).toISOString());

export const relays = implement("ops.relays", async ({ registry, call }) => {
  const { answers, unavailable } = await gatherFrom(
    publishersIn(registry),
    (service) => call(`${service}.outboxState` as ActionName, {} as never) as unknown as Promise<OutboxState>,
  );
  const items = answers.map((state) => ({
    ...state,
    oldestPendingAt: iso(state.oldestPendingAt),
    lastPublishedAt: iso(state.lastPublishedAt),
  }));
  const relay = await gatherFrom(["relay"], () => call("relay.status", {}));
  return {
    relay: relay.answers[0] ?? null,
    items,
    unavailable: [...unavailable, ...relay.unavailable],
  };
});
