import type { OutboxState } from "../../../mixins/backbone-actions.ts";
import type { ActionName } from "../../../mixins/kit/contracts.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { gatherFrom } from "../owners.ts";

const iso = (date: Date | string | null): string | null => (date === null ? null : new Date(date).toISOString());

export const relays = implement("ops.relays", async ({ registry, call }) => {
  // Replays are outbox rows too, so whoever consumes has an outbox.
  const services = registry.contracts
    .filter(({ consumes, events }) => consumes.length > 0 || Object.keys(events).length > 0)
    .map(({ service }) => service);
  const { answers, unavailable } = await gatherFrom(
    services,
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
