import { implement } from "../../../mixins/kit/implement.ts";
import { DEFAULT_LIMIT, pageOf } from "../../../mixins/retry/read.ts";
import { ask, gather } from "../owners.ts";

export const listDeadLetters = implement("ops.listDeadLetters", async ({ params, registry, call }) => {
  const { answers, unavailable } = await gather(registry, params.consumer, (service) =>
    ask(call, service, "list", params),
  );
  const key = (item: { deadAt: string; id: string }) => `${item.deadAt}|${item.id}`;
  const sorted = answers.flatMap((answer) => answer.items).sort((a, b) => (key(a) < key(b) ? 1 : -1));
  const more = answers.some((answer) => answer.nextCursor !== null);
  return {
    ...pageOf(sorted, params.limit ?? DEFAULT_LIMIT, more),
    unavailable,
  };
});
