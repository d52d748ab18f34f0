/** The job that asks the provider. Everything it learns is written with its facts in one transaction. */
import type { JobKind, Retry, Settle } from "../../mixins/jobs/job.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { whoHasLeft } from "../../mixins/privacy/erase.ts";
import { AiAwayError } from "./errors.ts";
import { moderate } from "./local/moderation.ts";
import { localProvider } from "./local/provider.ts";
import { triage } from "./local/triage.ts";
import { type Analysis, hashOf, inputOf, keyOf, type Made, resultDoc, type Subject } from "./model.ts";
import type { AiProvider, Moderation, Summary, Triage } from "./provider.ts";
import { insertOnce, publishSummary } from "./repository.ts";
import type { NamesOf } from "./threads.ts";

export const ANALYSE = "analyse";

export type IsErased = (userId: string) => Promise<boolean>;

const BACKOFF_MS = [1_000, 5_000, 30_000, 120_000];

/** A provider that is away pauses the work, without end and without burning tries; an answer that is none is tried again. */
export const retryAfter = (attempts: number, error: unknown): Retry | null =>
  error instanceof AiAwayError ? { inMs: error.retryMs, free: true } : (BACKOFF_MS[attempts - 1] ?? null);

interface Learned {
  moderation: Moderation;
  triage: Triage | null;
  summary: Summary | null;
}

const TRIAGED: readonly Subject["type"][] = ["ticket"];
/** Of texts that more people read than write. */
const SUMMED: readonly Subject["type"][] = ["ticket", "post"];

/** Of somebody who has left no name is known any more that could be masked: then the house judges by itself. */
export const analyse = (outside: AiProvider, namesOf: NamesOf, isErased: IsErased): JobKind<"ai", Analysis> => ({
  kind: ANALYSE,
  endTogether: true,
  async run({ data }) {
    const { authorId } = data;
    if (authorId === null || (await isErased(authorId))) return judged(localProvider, data);
    return judged(outside, data, () => namesOf([authorId]));
  },
  retryAfter,
  // The provider can't make sense of it: what the house knows by itself has to do.
  giveUp({ data }) {
    const input = inputOf(data);
    const found = TRIAGED.includes(data.subject.type) ? triage(input) : null;
    const learned = { moderation: moderate(input), triage: found, summary: null };
    return settled(data, learned, { ...localProvider, inputHash: hashOf(input) });
  },
});

/** @param names of people that the outside must not read; the house knows them anyway */
export async function judged(
  ai: AiProvider,
  data: Analysis,
  names: () => Promise<readonly string[]> = async () => [],
): Promise<Settle<"ai">> {
  const { subject, text } = data;
  const input = inputOf(data);
  const [moderation, found, summary] = await Promise.all([
    ai.moderate(input, { names }),
    TRIAGED.includes(subject.type) ? ai.triage(input, { names }) : null,
    SUMMED.includes(subject.type) ? ai.summarise([{ source: subject, text }], { names }) : null,
  ]);
  return settled(data, { moderation, triage: found, summary }, { ...ai, inputHash: hashOf(input) });
}

const settled =
  (given: Analysis, { moderation, triage: found, summary }: Learned, by: Made): Settle<"ai"> =>
  async (tx) => {
    const isNobodys = given.authorId === null || (await whoHasLeft(tx, [given.authorId])).size > 0;
    const data = { ...given, authorId: isNobodys ? null : given.authorId };
    const { provider, model, inputHash } = by;
    const made = { provider, model, inputHash };
    const judged = resultDoc(data, "moderation", { moderation }, made, tx.now);
    const sorted = found && resultDoc(data, "triage", { triage: found }, made, tx.now);
    const said = summary && { summary: summary.text, sources: summary.sources };
    const summed = said && resultDoc(data, "summary", said, made, tx.now);
    const fresh = await insertOnce(tx, [judged, ...(sorted ? [sorted] : []), ...(summed ? [summed] : [])]);
    if (fresh.includes(judged)) publishModeration(tx, data, moderation, made);
    if (summed && fresh.includes(summed)) publishSummary(tx, summed);
  };

function publishModeration(tx: Tx<"ai">, { subject, revision }: Analysis, moderation: Moderation, made: Made): void {
  const aggregate = { aggregateId: keyOf({ subject, revision }) };
  tx.publish("ai.moderation_result", { subject, revision, ...moderation, ...made }, aggregate);
}
