import { implement } from "../../../mixins/kit/implement.ts";
import { consumerOf } from "../../../mixins/retry/dead-letter.ts";
import { auditPageOf, DEFAULT_LIMIT } from "../../../mixins/retry/read.ts";
import { ask, gather } from "../owners.ts";

export const audit = implement("ops.audit", async ({ params, registry, call }) => {
  const only = params.consumer ?? (params.deadLetterId === undefined ? undefined : consumerOf(params.deadLetterId));
  const { answers, unavailable } = await gather(registry, only, (service) => ask(call, service, "audit", params));
  const sorted = answers.flatMap((answer) => answer.items).sort((a, b) => (a.id < b.id ? 1 : -1));
  const more = answers.some((answer) => answer.nextCursor !== null);
  return {
    ...auditPageOf(sorted, params.limit ?? DEFAULT_LIMIT, more),
    unavailable,
  };
});
