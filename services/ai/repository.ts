import type { Db } from "mongodb";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { type Analysis, hashOf, inputOf, keyOf, type ResultDoc, type Subject } from "./model.ts";

export const RESULTS = "results";
/** How many comments a post has had: when it is time to sum it up. */
export const THREADS = "threads";
export interface ThreadDoc {
  /** Of the post. */
  _id: string;
  comments: number;
}

export const results = (db: Db) => db.collection<ResultDoc>(RESULTS);

export async function ensureIndexes(db: Db): Promise<void> {
  await results(db).createIndexes([
    { key: { "subject.type": 1, "subject.id": 1, _id: -1 } },
    { key: { authorId: 1, _id: -1 } },
    { key: { buildingId: 1, _id: -1 } },
  ]);
}

/** Says its newest judgement all there is to say? An edit may leave the text as it was. */
export async function isJudged({ collection }: Tx<"ai">, data: Analysis): Promise<boolean> {
  const about = { "subject.type": data.subject.type, "subject.id": data.subject.id, task: "moderation" as const };
  const newest = await collection<ResultDoc>(RESULTS)
    .find(about, { sort: { createdAt: -1 }, limit: 1 })
    .next();
  return newest?.inputHash === hashOf(inputOf(data));
}

/** @returns those that are new: what was judged already stands */
export const insertOnce = ({ collection }: Tx<"ai">, docs: readonly ResultDoc[]): Promise<ResultDoc[]> =>
  collection<ResultDoc>(RESULTS).insertMissing(docs);

export function publishSummary(
  tx: Tx<"ai">,
  { subject, revision, summary, sources, provider, model }: ResultDoc,
): void {
  if (summary === null) return;
  const aggregate = { aggregateId: keyOf({ subject, revision }) };
  tx.publish("ai.summary_ready", { subject, revision, summary, sources, provider, model }, aggregate);
}

export async function dropSummaries(tx: Tx<"ai">, subject: Subject): Promise<void> {
  const about = { "subject.type": subject.type, "subject.id": subject.id, task: "summary" as const };
  await tx.collection<ResultDoc>(RESULTS).deleteMany(about);
}
