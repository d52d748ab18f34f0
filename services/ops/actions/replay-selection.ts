import { InvalidInputError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { consumerOf } from "../../../mixins/retry/dead-letter.ts";
import { DeadLetterNotFoundError } from "../../../mixins/retry/errors.ts";
import type { Answer, Asked } from "../../../mixins/retry/questions.ts";
import { ask, gather, ownersIn } from "../owners.ts";

type Selection = Asked<"replaySelection">;
type Result = Answer<"replaySelection">;
const NOTHING: Result = { selected: 0, replayed: 0, refused: [], remaining: 0 };

export const replaySelection = implement("ops.replaySelection", async ({ params, registry, call }) => {
  const perOwner = params.ids ? byOwner(params, params.ids, ownersIn(registry)) : byFilter(params);
  const { answers, unavailable } = await gather(registry, params.filter?.consumer, async (service) => {
    const selection = perOwner(service);
    return selection ? ask(call, service, "replaySelection", selection) : NOTHING;
  });
  return { ...answers.reduce(sum, NOTHING), unavailable };
});

const sum = (a: Result, b: Result): Result => ({
  selected: a.selected + b.selected,
  replayed: a.replayed + b.replayed,
  refused: [...a.refused, ...b.refused],
  remaining: a.remaining + b.remaining,
});

function byOwner(
  { filter, ...params }: Selection,
  ids: string[],
  owners: string[],
): (service: string) => Selection | undefined {
  if (filter)
    throw new InvalidInputError("Name either ids or a filter, not both.", {
      errors: [{ path: "/filter", message: "is not allowed beside ids" }],
    });
  const stray = ids.find((id) => !owners.includes(consumerOf(id) ?? ""));
  if (stray) throw new DeadLetterNotFoundError(stray);
  return (service) => {
    const own = ids.filter((id) => consumerOf(id) === service);
    return own.length > 0 ? { ...params, ids: own } : undefined;
  };
}

/** The limit is each owner's. */
const byFilter = (params: Selection) => (): Selection => params;
