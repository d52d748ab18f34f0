/** The job that asks the provider. Everything it learns is written with its facts in one transaction. */
import type { JobKind } from "../../mixins/jobs/job.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { type Analysis, type Findings, hashOf, inputOf, keyOf, type ResultDoc, resultDoc, type Task } from "./model.ts";
import type { AiProvider } from "./provider.ts";

export const ANALYSE = "analyse";
export const RESULTS = "results";

const BACKOFF_MS = [1_000, 5_000, 30_000, 120_000, 600_000];

export const analyse = (ai: AiProvider): JobKind<"ai", Analysis> => ({
  kind: ANALYSE,
  async run({ data }) {
    const input = inputOf(data);
    const [moderation, triage, summary] = await Promise.all([
      ai.moderate(input),
      data.subject.type === "ticket" ? ai.triage(input) : undefined,
      ai.summarise(data.text),
    ]);
    const made = { provider: ai.provider, model: ai.model, inputHash: hashOf(input) };
    return async (tx) => {
      const save = (task: Task, findings: Findings) => insertOnce(tx, resultDoc(data, task, findings, made, tx.now));
      await save("moderation", { moderation });
      if (triage) await save("triage", { triage });
      if (summary !== null) await save("summary", { summary });
      publish(tx, data, { moderation, summary }, made);
    };
  },
  retryAfter: (attempts) => BACKOFF_MS[attempts - 1] ?? null,
  // Advice that could not be had: people decide without it. The job's error is in the log.
  giveUp: () => async () => {},
});

const insertOnce = ({ collection }: Tx<"ai">, { _id, ...fields }: ResultDoc) =>
  collection<ResultDoc>(RESULTS).updateOne({ _id }, { $setOnInsert: fields }, { upsert: true });

function publish(
  tx: Tx<"ai">,
  { subject, revision }: Analysis,
  { moderation, summary }: Required<Pick<ResultDoc, "summary">> & { moderation: NonNullable<ResultDoc["moderation"]> },
  { provider, model, inputHash }: Pick<ResultDoc, "provider" | "model" | "inputHash">,
): void {
  const aggregate = { aggregateId: keyOf({ subject, revision }) };
  tx.publish("ai.moderation_result", { subject, revision, ...moderation, provider, model, inputHash }, aggregate);
  if (summary === null) return;
  tx.publish("ai.summary_ready", { subject, revision, summary, sources: [subject], provider, model }, aggregate);
}
