import type { Db } from "mongodb";
import type { Actor } from "../../mixins/kit/actor.ts";
import { isAdmin } from "../../mixins/kit/actor.ts";
import { NotFoundError } from "../../mixins/kit/errors.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { canSee, type Viewer } from "./audience.ts";
import type { CommentDoc, PostDoc } from "./model.ts";
import { type Directory, newPerson, type PersonDoc } from "./people.ts";

export const POSTS = "posts";
export const COMMENTS = "comments";
export const PEOPLE = "people";

export const posts = (db: Db) => db.collection<PostDoc>(POSTS);
export const comments = (db: Db) => db.collection<CommentDoc>(COMMENTS);
export const people = (db: Db) => db.collection<PersonDoc>(PEOPLE);

const options = { maxTimeMS: MAX_TIME_MS };

export async function ensureIndexes(db: Db): Promise<void> {
  await Promise.all([
    posts(db).createIndex({ buildingId: 1, _id: -1 }),
    posts(db).createIndex({ authorId: 1, _id: -1 }),
    comments(db).createIndex({ postId: 1, _id: -1 }),
    comments(db).createIndex({ authorId: 1 }),
    people(db).createIndex({ "residencies.buildingId": 1 }),
    people(db).createIndex({ "roles.buildingId": 1 }),
  ]);
}

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
  const waiting = (person?.residencies ?? []).flatMap(({ state, buildingId }) =>
    state === "waiting" ? [buildingId] : [],
  );
  return { actor, waiting };
}

/** @throws NotFoundError, also for what the actor may not know of */
export async function findVisible(db: Db, id: string, viewer: Viewer): Promise<PostDoc> {
  const post = await posts(db).findOne({ _id: id }, options);
  if (!post || !canSee(viewer, post)) throw new NotFoundError("The post");
  return post;
}

/** Reads, lets `change` decide, writes where it changed something. */
export async function changePerson(
  tx: Tx<"community">,
  userId: string,
  change: (person: PersonDoc) => PersonDoc,
): Promise<void> {
  const collection = tx.collection<PersonDoc>(PEOPLE);
  const found = await collection.findOne({ _id: userId });
  const before = found ?? newPerson(userId);
  const after = change(before);
  if (after === before) return;
  const { _id, ...fields } = after;
  await collection.updateOne({ _id }, { $set: fields }, { upsert: true });
}
