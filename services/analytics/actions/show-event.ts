import type { EventTrace } from "../../../mixins/backbone-actions.ts";
import { isAppError } from "../../../mixins/kit/app-error-regenerator.ts";
import type { ActionName } from "../../../mixins/kit/contracts.ts";
import { NotFoundError, UnavailableError } from "../../../mixins/kit/errors.ts";
import { type Call, implement } from "../../../mixins/kit/implement.ts";
import { hasOutbox } from "../../../mixins/kit/registry.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { biography } from "../biography.ts";
import { EVENTS, type EventDoc } from "../repository.ts";

/** Asks every service that publishes or consumes; one that is away is told as such. */
export const showEvent = implement("analytics.showEvent", async ({ params: { eventId }, store, call, registry }) => {
  const services = registry.contracts.filter(hasOutbox);
  const [logged, ...answers] = await Promise.all([
    store.db.collection<EventDoc>(EVENTS).findOne({ _id: eventId }, { maxTimeMS: MAX_TIME_MS }),
    ...services.map(({ service }) => traceIn(call, service, eventId)),
  ]);
  const traces = answers.filter((answer) => typeof answer !== "string");
  const unavailable = answers.filter((answer) => typeof answer === "string");
  const way = biography({ eventId, logged, traces, unavailable }, registry.contracts);
  if (way) return way;
  if (unavailable.length > 0)
    throw new UnavailableError(`Nobody knows the event, but ${unavailable.join(", ")} did not answer.`);
  throw new NotFoundError("The event");
});

/** @returns the service's share, or its name when it is away */
async function traceIn(call: Call, service: string, eventId: string): Promise<EventTrace | string> {
  try {
    // Every domain has it; it is in nobody's contract (mixins/backbone-actions.ts).
    return (await call(`${service}.traceEvent` as ActionName, { eventId } as never)) as unknown as EventTrace;
  } catch (error) {
    if (isAppError(error) && error.status === 503) return service;
    throw error;
  }
}
