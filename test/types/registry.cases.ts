/**
 * What must not compile. Each line after `@ts-expect-error` has to fail with the code that is named there
 * (registry.test.ts checks both); everything else has to compile. Never run.
 */
import { onEvent } from "../../mixins/consumer/handler.ts";
import type { ActionContext, Call } from "../../mixins/kit/implement.ts";
import { implement } from "../../mixins/kit/implement.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import "./probe.ts";

export function publishing(tx: Tx<"probe">): void {
  tx.publish("probe.made", { probeId: "p", size: 1 });
  tx.publish("probe.made", { probeId: "p", size: 1, note: "n" }, { aggregateId: "p", aggregateVersion: 1 });
  // @ts-expect-error TS2345 no such event
  tx.publish("probe.mad", { probeId: "p", size: 1 });
  // @ts-expect-error TS2345 another service's event
  tx.publish("rival.made", { rivalId: "r" });
  // @ts-expect-error TS2741 a field is missing
  tx.publish("probe.made", { probeId: "p" });
  // @ts-expect-error TS2322 a field has another type
  tx.publish("probe.made", { probeId: "p", size: "1" });
  // @ts-expect-error TS2353 a field that the payload does not have
  tx.publish("probe.made", { probeId: "p", size: 1, colour: "red" });
}

export const handled = onEvent("probe.made", async (event, tx: Tx<"rival">) => {
  const size: number = event.payload.size;
  const note: string | undefined = event.payload.note;
  // @ts-expect-error TS2339 no such field
  const colour = event.payload.colour;
  // @ts-expect-error TS2322 a field of another type
  const id: number = event.payload.probeId;
  // @ts-expect-error TS2345 a consumer does not publish what it consumes
  tx.publish("probe.made", { probeId: "p", size: 1 });
  tx.publish("rival.made", { rivalId: `${size}${note}${colour}${id}` });
});

// @ts-expect-error TS2345 no such event
export const lost = onEvent("probe.mad", async () => {});

export async function asking(call: Call): Promise<string> {
  // @ts-expect-error TS2345 no such action
  await call("probe.mak", { size: 1 });
  // @ts-expect-error TS2741 a param is missing
  await call("probe.make", {});
  // @ts-expect-error TS2322 a param of another type
  await call("probe.make", { size: "1" });
  // @ts-expect-error TS2353 a param that the action does not have
  await call("probe.make", { size: 1, colour: "red" });
  const made = await call("probe.make", { size: 1 });
  // @ts-expect-error TS2339 the result has no such field
  made.name;
  return made.id;
}

export const made = implement("probe.make", async ({ params, store }) => {
  const size: number = params.size;
  return store.inTransaction(async (tx) => ({ id: tx.publish("probe.made", { probeId: "p", size }) }));
});

// @ts-expect-error TS2345 no such action
export const nowhere = implement("probe.mak", async () => ({ id: "p" }));
// @ts-expect-error TS2322 another result than the contract's
export const wrong = implement("probe.make", async () => ({ name: "p" }));

export function foreignStore({ store }: ActionContext<"probe.make">): Promise<string> {
  // @ts-expect-error TS2345 an action's store publishes its own service's events only
  return store.inTransaction(async (tx) => tx.publish("rival.made", { rivalId: "r" }));
}
