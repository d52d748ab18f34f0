import type { ActionName } from "../../../mixins/kit/contracts.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import type { Republished } from "../../../mixins/outbox/questions.ts";
import { gatherFrom, publishersIn } from "../owners.ts";

export const republish = implement("ops.republish", async ({ params, now, registry, call }) => {
  const { service: only, to = now.toISOString(), ...rest } = params;
  const { answers, unavailable } = await gatherFrom(publishersIn(registry, only), (service) => {
    const asked = call(`${service}.republishOutbox` as ActionName, { ...rest, to } as never);
    return asked as unknown as Promise<Republished>;
  });
  const sum = (of: keyof Omit<Republished, "service">): number => answers.reduce((all, one) => all + one[of], 0);
  // Without it they leave with the relay's next sweep.
  if (sum("republished") > 0) await call("relay.sweep", {}).catch(() => {});
  return { items: answers, to, remaining: rest.dryRun ? 0 : sum("found") - sum("republished"), unavailable };
});
