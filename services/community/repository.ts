import type { Db } from "mongodb";
import { type Actor, isAdmin } from "../../mixins/kit/actor.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { Viewer } from "./audience.ts";
import { type BlockDoc, blockId, type ConversationDoc } from "./conversations.ts";
import type { CommentDoc, ContentDoc, ContentType, MessageDoc, PostDoc, RevisionDoc } from "./model.ts";
import type { CaseDoc, FlagDoc } from "./moderation.ts";
import { type Directory, newPerson, type PersonDoc } from "./people.ts";

export const PEOPLE = "people";
export const REVISIONS = "revisions";
export const FLAGS = "flags";
export const CASES = "cases";
export const CONVERSATIONS = "conversations";
export const BLOCKS = "blocks";
export const CONTENT: Readonly<Record<ContentType, string>> = {
  post: "posts",
  comment: "comments",
  message: "messages",
};

export const posts = (db: Db) => db.collection<PostDoc>(CONTENT.post);
export const comments = (db: Db) => db.collection<CommentDoc>(CONTENT.comment);
export const messages = (db: Db) => db.collection<MessageDoc>(CONTENT.message);
export const people = (db: Db) => db.collection<PersonDoc>(PEOPLE);
export const revisions = (db: Db) => db.collection<RevisionDoc>(REVISIONS);
export const flags = (db: Db) => db.collection<FlagDoc>(FLAGS);
export const cases = (db: Db) => db.collection<CaseDoc>(CASES);
export const conversations = (db: Db) => db.collection<ConversationDoc>(CONVERSATIONS);
export const blocks = (db: Db) => db.collection<BlockDoc>(BLOCKS);

export const options = { maxTimeMS: MAX_TIME_MS };

export async function ensureIndexes(db: Db): Promise<void> {
  const unique = { unique: true, sparse: true } as const;
  await Promise.all([
    posts(db).createIndexes([
      { key: { buildingId: 1, _id: -1 } },
      { key: { authorId: 1, _id: -1 } },
      { key: { mentions: 1 } },
    ]),
    comments(db).createIndexes([
      { key: { postId: 1, _id: -1 } },
      { key: { postId: 1, status: 1 } },
      { key: { authorId: 1 } },
      { key: { mentions: 1 } },
    ]),
    messages(db).createIndexes([
      { key: { conversationId: 1, _id: -1 } },
      { key: { authorId: 1 } },
      { key: { recipientIds: 1, conversationId: 1, _id: 1 } },
    ]),
    revisions(db).createIndexes([{ key: { contentId: 1, _id: -1 } }, { key: { authorId: 1 } }]),
    flags(db).createIndexes([
      { key: { open: 1 }, ...unique },
      { key: { contentId: 1, status: 1 } },
      { key: { reporterId: 1, _id: -1 } },
    ]),
    cases(db).createIndexes([
      { key: { open: 1 }, ...unique },
      { key: { buildingId: 1, status: 1, _id: -1 } },
      { key: { buildingId: 1, _id: -1 } },
    ]),
    conversations(db).createIndexes([
      { key: { pair: 1 }, ...unique },
      { key: { "participants.userId": 1, activity: -1 } },
    ]),
    blocks(db).createIndexes([{ key: { blockerId: 1, _id: -1 } }, { key: { blockedId: 1 } }]),
    people(db).createIndexes([{ key: { "residencies.buildingId": 1 } }, { key: { "roles.buildingId": 1 } }]),
  ]);
}

/** Replaces the fields that there are. */
export async function save<D extends { _id: string }>(tx: Tx<"community">, name: string, doc: D): Promise<void> {
  const { _id, ...fields } = doc;
  await tx.collection<{ _id: string }>(name).updateOne({ _id }, { $set: fields as object });
}

export const loadContent = (tx: Tx<"community">, contentType: ContentType, id: string): Promise<ContentDoc | null> =>
  tx.collection<ContentDoc>(CONTENT[contentType]).findOne({ _id: id });

/** The people of these ids; who is not known is not in it. */
export async function directoryOf(db: Db, ids: readonly (string | null)[]): Promise<Directory> {
  const wanted = [...new Set(ids.flatMap((id) => id ?? []))];
  if (wanted.length === 0) return new Map();
  const found = await people(db)
    .find({ _id: { $in: wanted } }, options)
    .toArray();
  return new Map(found.map((person) => [person._id, person]));
}

/** The caller, and where they wait for their verification. */
export async function viewerOf(db: Db, actor: Actor): Promise<Viewer> {
  if (isAdmin(actor)) return { actor, waiting: [] };
  const person = await people(db).findOne({ _id: actor.userId }, options);
  const residencies = person?.residencies ?? [];
  const waiting = residencies.flatMap(({ state, buildingId }) => (state === "waiting" ? [buildingId] : []));
  return { actor, waiting };
}

/** Those of `others` with whom `userId` is not on speaking terms, whoever of the two has blocked the other. */
export async function blockedAmong(db: Db, userId: string, others: readonly string[]): Promise<Set<string>> {
  const ids = others.flatMap((other) => [blockId(userId, other), blockId(other, userId)]);
  const found = await blocks(db)
    .find({ _id: { $in: ids } }, options)
    .toArray();
  return new Set(found.map(({ blockerId, blockedId }) => (blockerId === userId ? blockedId : blockerId)));
}

/** Reads, lets `change` decide, writes where it changed something. @returns after */
export async function changePerson(
  tx: Tx<"community">,
  userId: string,
  change: (person: PersonDoc) => PersonDoc,
): Promise<PersonDoc> {
  const collection = tx.collection<PersonDoc>(PEOPLE);
  const before = (await collection.findOne({ _id: userId })) ?? newPerson(userId);
  const after = change(before);
  if (after === before) return before;
  const { _id, ...fields } = after;
  await collection.updateOne({ _id }, { $set: fields }, { upsert: true });
  return after;
}
