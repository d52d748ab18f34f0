/** The job that asks the provider. Everything it learns is written with its facts in one transaction. */
import type { JobKind, Retry } from "../../mixins/jobs/job.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { whoHasLeft } from "../../mixins/privacy/erase.ts";
import { AiAwayError } from "./errors.ts";
import { moderate } from "./local/moderation.ts";
import { localProvider } from "./local/provider.ts";
import { triage } from "./local/triage.ts";
import {
  type Analysis,
  type Findings,
  hashOf,
  inputOf,
  keyOf,
  type Made,
  type ResultDoc,
  resultDoc,
  type Subject,
  type Task,
} from "./model.ts";
import type { AiProvider, Moderation, Summary, Triage } from "./provider.ts";
import { insertOnce, publishSummary } from "./repository.ts";
import type { NamesOf } from "./threads.ts";

export const ANALYSE = "analyse";

export type IsErased = (userId: string) => Promise<boolean>;

const BACKOFF_MS = [1_000, 5_000, 30_000, 120_000];

/** A provider that is away pauses the work, without end and without burning tries; an answer that is none is tried again. */
export const retryAfter = (failures: number, error: unknown): Retry | null =>
  error instanceof AiAwayError ? { inMs: error.retryMs, free: true } : (BACKOFF_MS[failures - 1] ?? null);

interface Learned {
  moderation: Moderation;
  triage: Triage | null;
  summary: Summary | null;
}

/** What was learned of a text, and from whom. */
interface Judgement {
  data: Analysis;
  learned: Learned;
  by: Made;
}

type Names = () => Promise<readonly string[]>;

const TRIAGED: readonly Subject["type"][] = ["ticket"];
/** Of texts that more people read than write. */
const SUMMED: readonly Subject["type"][] = ["ticket", "post"];

/** Of somebody who has left no name is known any more that could be masked: then the house judges by itself. */
export const analyse = (
  outside: AiProvider,
  namesOf: NamesOf,
  isErased: IsErased,
): JobKind<"ai", Analysis, Judgement> => ({
  kind: ANALYSE,
  endTogether: (ends) => keepAll(ends.map(({ tx, end }) => ({ ...end, tx }))),
  async run({ data }) {
    const { authorId } = data;
    if (authorId === null || (await isErased(authorId))) return judge(localProvider, data);
    return judge(outside, data, () => namesOf([authorId]));
  },
  retryAfter,
  // The provider can't make sense of it: what the house knows by itself has to do.
  giveUp({ data }) {
    const input = inputOf(data);
    const found = TRIAGED.includes(data.subject.type) ? triage(input) : null;
    const learned = { moderation: moderate(input), triage: found, summary: null };
    return { data, learned, by: madeBy(localProvider, input) };
  },
});

/** @param names of people that the outside must not read; the house knows them anyway */
export async function judge(ai: AiProvider, data: Analysis, names: Names = async () => []): Promise<Judgement> {
  const { subject, text } = data;
  const input = inputOf(data);
  const [moderation, found, summary] = await Promise.all([
    ai.moderate(input, { names }),
    TRIAGED.includes(subject.type) ? ai.triage(input, { names }) : null,
    SUMMED.includes(subject.type) ? ai.summarise([{ source: subject, text }], { names }) : null,
  ]);
  return { data, learned: { moderation, triage: found, summary }, by: madeBy(ai, input) };
}

const madeBy = ({ provider, model }: AiProvider, input: string): Made => ({
  ...{ provider, model },
  inputHash: hashOf(input),
});

/** In one transaction, the facts of each by its own `tx`. */
export async function keepAll(judgements: readonly (Judgement & { tx: Tx<"ai"> })[]): Promise<void> {
  const [first] = judgements;
  if (!first) return;
  const left = await whoHasLeft(
    first.tx,
    judgements.flatMap(({ data }) => data.authorId ?? []),
  );
  const kept = judgements.map((one) => ({ ...one, ...docsOf(one, left) }));
  const all = kept.flatMap(({ moderated, sorted, summed }) => [moderated, sorted ?? [], summed ?? []].flat());
  const fresh = new Set(await insertOnce(first.tx, all));
  for (const { tx, data, learned, by, moderated, summed } of kept) {
    if (fresh.has(moderated)) publishModeration(tx, data, learned.moderation, by);
    if (summed && fresh.has(summed)) publishSummary(tx, summed);
  }
}

function docsOf({ data: given, learned, by, tx }: Judgement & { tx: Tx<"ai"> }, left: ReadonlySet<string>) {
  const isNobodys = given.authorId === null || left.has(given.authorId);
  const data = { ...given, authorId: isNobodys ? null : given.authorId };
  const { moderation, triage: found, summary } = learned;
  const doc = (task: Task, findings: Findings): ResultDoc => resultDoc(data, task, findings, by, tx.now);
  return {
    moderated: doc("moderation", { moderation }),
    sorted: found && doc("triage", { triage: found }),
    summed: summary && doc("summary", { summary: summary.text, sources: summary.sources }),
  };
}

function publishModeration(tx: Tx<"ai">, { subject, revision }: Analysis, moderation: Moderation, made: Made): void {
  const aggregate = { aggregateId: keyOf({ subject, revision }) };
  tx.publish("ai.moderation_result", { subject, revision, ...moderation, ...made }, aggregate);
}
