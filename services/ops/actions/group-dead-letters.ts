import { implement } from "../../../mixins/kit/implement.ts";
import { ask, gather } from "../owners.ts";

export const groupDeadLetters = implement("ops.groupDeadLetters", async ({ params, registry, call }) => {
  const { answers, unavailable } = await gather(registry, params.consumer, (service) =>
    ask(call, service, "groups", params),
  );
  const items = answers
    .flatMap((answer) => answer.items)
    .sort((a, b) => b.count - a.count || (a.fingerprint < b.fingerprint ? -1 : 1));
  return { items, unavailable };
});
