import type { Db } from "mongodb";
import { checkVersion } from "../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../mixins/kit/errors.ts";
import { isDuplicateKey } from "../../mixins/kit/failure.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { EmailTakenError, LastAdminError } from "./errors.ts";
import type { SessionDoc, UserDoc } from "./model.ts";
import { tries } from "./tries.ts";

export const users = (db: Db) => db.collection<UserDoc>("users");
export const sessions = (db: Db) => db.collection<SessionDoc>("sessions");

export async function ensureIndexes(db: Db): Promise<void> {
  await Promise.all([
    users(db).createIndexes([{ key: { email: 1 }, unique: true }, { key: { "roles.role": 1 } }]),
    sessions(db).createIndexes([{ key: { userId: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }]),
    tries(db).createIndexes([{ key: { until: 1 }, expireAfterSeconds: 0 }]),
  ]);
}

export const findUser = (db: Db, id: string) => users(db).findOne({ _id: id }, { maxTimeMS: MAX_TIME_MS });
export const findUserByEmail = (db: Db, email: string) => users(db).findOne({ email }, { maxTimeMS: MAX_TIME_MS });
export const findSession = (db: Db, id: string) => sessions(db).findOne({ _id: id }, { maxTimeMS: MAX_TIME_MS });

/** @throws EmailTakenError */
export async function insertUser(tx: Tx<"iam">, user: UserDoc): Promise<void> {
  try {
    await tx.collection<UserDoc>("users").insertOne(user);
  } catch (error) {
    if (isDuplicateKey(error)) throw new EmailTakenError();
    throw error;
  }
}

/** Reads, lets `change` decide, writes the next version. @throws NotFoundError, VersionMismatchError */
export async function changeUser(
  tx: Tx<"iam">,
  id: string,
  change: (user: UserDoc) => Partial<UserDoc>,
  expected?: number,
): Promise<UserDoc> {
  const user = await tx.collection<UserDoc>("users").findOne({ _id: id });
  if (!user) throw new NotFoundError("The user");
  checkVersion(user, expected);
  const next: UserDoc = { ...user, ...change(user), version: user.version + 1, updatedAt: tx.now };
  const { _id, ...fields } = next;
  await tx.collection<UserDoc>("users").updateOne({ _id: id }, { $set: fields });
  return next;
}

/** Ends every session: the refresh tokens here, the access tokens by the version that `changeUser` has raised. */
export const endSessions = (tx: Tx<"iam">, userId: string) =>
  tx.collection<SessionDoc>("sessions").updateMany({ userId, endedAt: null }, { $set: { endedAt: tx.now } });

/**
 * After a change that may have taken an administrator away. The guard is written, so that of two such changes at once
 * one sees the other. @throws LastAdminError
 */
export async function keepAnAdmin(tx: Tx<"iam">): Promise<void> {
  await tx
    .collection<{ _id: string; changes: number }>("guards")
    .updateOne({ _id: "admins" }, { $inc: { changes: 1 } }, { upsert: true });
  const admins = await tx.collection<UserDoc>("users").countDocuments({ "roles.role": "admin" });
  if (admins === 0) throw new LastAdminError();
}

export const endSession = (tx: Tx<"iam">, id: string) =>
  tx.collection<SessionDoc>("sessions").updateOne({ _id: id, endedAt: null }, { $set: { endedAt: tx.now } });
