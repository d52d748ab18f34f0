import type { Db, Filter } from "mongodb";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { type Candidate, docId, gramsOf, MIN_SHARE, type SearchDoc } from "./model.ts";

export const DOCUMENTS = "documents";

export async function ensureIndexes(db: Db): Promise<void> {
  const documents = db.collection<SearchDoc>(DOCUMENTS);
  await Promise.all([
    documents.createIndex({ title: "text", body: "text" }, { weights: { title: 3, body: 1 }, default_language: "en" }),
    documents.createIndex({ grams: 1, buildingId: 1 }),
    documents.createIndex({ ownerId: 1 }),
  ]);
}

export type SearchText = Pick<
  SearchDoc,
  "type" | "refId" | "buildingId" | "ownerId" | "audience" | "title" | "body" | "status"
>;

const UNKNOWN = { title: "", body: "", grams: [] as string[], textVersion: 0, statusVersion: 0 };

/** Delivery may be re-ordered, and run again: only what is newer is written. */
export async function saveText(tx: Tx<"search">, text: SearchText, version: number): Promise<void> {
  const documents = tx.collection<SearchDoc>(DOCUMENTS);
  const { status, ...fields } = text;
  const _id = docId(text.type, text.refId);
  const grams = gramsOf(`${text.title} ${text.body}`);
  await documents.updateOne({ _id }, { $setOnInsert: { ...UNKNOWN, ...fields, status } }, { upsert: true });
  await documents.updateOne(
    { _id, textVersion: { $lt: version } },
    { $set: { ...fields, grams, textVersion: version } },
  );
  await documents.updateOne({ _id, statusVersion: { $lt: version } }, { $set: { status, statusVersion: version } });
}

export type SearchStatus = Pick<SearchDoc, "type" | "refId" | "buildingId" | "ownerId" | "audience" | "status">;

export async function saveStatus(tx: Tx<"search">, news: SearchStatus, version: number): Promise<void> {
  const documents = tx.collection<SearchDoc>(DOCUMENTS);
  const _id = docId(news.type, news.refId);
  await documents.updateOne({ _id }, { $setOnInsert: { ...UNKNOWN, ...news } }, { upsert: true });
  const { status } = news;
  await documents.updateOne({ _id, statusVersion: { $lt: version } }, { $set: { status, statusVersion: version } });
}

/** More than anyone pages through. */
const MAX_CANDIDATES = 500;

/** Whole words by the text index, beginnings and typing errors by trigrams; the permission filter is part of both. */
export async function findCandidates(db: Db, query: string, allowed: Filter<SearchDoc>): Promise<Candidate[]> {
  const documents = db.collection<SearchDoc>(DOCUMENTS);
  const grams = gramsOf(query);
  const share = { $divide: [{ $size: { $setIntersection: ["$grams", grams] } }, Math.max(1, grams.length)] };
  const known = { textVersion: { $gt: 0 } };
  const limit = [{ $limit: MAX_CANDIDATES }, { $project: { grams: 0 } }];
  const [byWord, byGram] = await Promise.all([
    documents
      .aggregate<Candidate>(
        [
          { $match: { $and: [{ $text: { $search: query } }, allowed, known] } },
          { $set: { share, textScore: { $meta: "textScore" } } },
          { $sort: { textScore: -1 } },
          ...limit,
        ],
        { maxTimeMS: MAX_TIME_MS },
      )
      .toArray(),
    documents
      .aggregate<Candidate>(
        [
          { $match: { $and: [{ grams: { $in: grams } }, allowed, known] } },
          { $set: { share, textScore: { $literal: 0 } } },
          { $match: { share: { $gte: MIN_SHARE } } },
          { $sort: { share: -1 } },
          ...limit,
        ],
        { maxTimeMS: MAX_TIME_MS },
      )
      .toArray(),
  ]);
  return [...new Map([...byGram, ...byWord].map((candidate) => [candidate._id, candidate])).values()];
}
