/**
 * Idempotent commands: the answer of a POST with an `Idempotency-Key` is stored in the command's own transaction, so a
 * repeat gets the same answer, also when the process died between the commit and the answer. Scoped to the caller and
 * the action. Refusals are not stored: they have changed nothing, and a repeat is decided anew.
 */
import { createHash } from "node:crypto";
import type { Db } from "mongodb";
import { canonicalJson } from "../kit/canonical.ts";
import { ConflictError, InvalidInputError } from "../kit/errors.ts";
import { isDuplicateKey, isWriteConflict } from "../kit/failure.ts";
import type { Store } from "../kit/implement.ts";
import { MAX_TIME_MS } from "../mongo/client.ts";

export const IDEMPOTENCY = "idempotency";

export interface AnswerDoc {
  /** SHA-256 of caller, action and key. */
  _id: string;
  /** SHA-256 of the params. */
  hash: string;
  /** JSON of the result: the same bytes again; or `ERASED_ANSWER`. */
  answer: string;
  /** TTL. */
  at: Date;
}
/** In the place of an answer that named somebody who has left. No JSON, so no answer is like it. */
export const ERASED_ANSWER = "erased";

export type CommandKey = Pick<AnswerDoc, "_id" | "hash">;

/** 422: one key, two different commands. */
export class KeyReusedError extends InvalidInputError {
  override readonly code = "IDEMPOTENCY_KEY_REUSED";
  constructor() {
    super("This Idempotency-Key was used with another body. Use a new key for a new command.");
  }
}
/** 409: the first request with this key has not ended yet. */
export class KeyInUseError extends ConflictError {
  override readonly code = "IDEMPOTENCY_KEY_IN_USE";
  constructor() {
    super("A request with this Idempotency-Key is still running. Repeat it in a moment.", { retryAfter: 1 });
  }
}

/** 409: the command was done, and must not be done again. */
export class AnswerErasedError extends ConflictError {
  override readonly code = "IDEMPOTENCY_ANSWER_ERASED";
  constructor() {
    super(
      "The command with this Idempotency-Key was done. Its answer is kept no longer: somebody that it named has left.",
    );
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export interface Command {
  actorId: string;
  action: string;
  key: string;
  params: unknown;
}

/** Pure. */
export const commandKey = ({ actorId, action, key, params }: Command): CommandKey => ({
  _id: sha256(canonicalJson([actorId, action, key])),
  hash: sha256(canonicalJson(params)),
});

/** @returns undefined when the command has not been done yet @throws KeyReusedError, AnswerErasedError */
export async function findAnswer(db: Db, { _id, hash }: CommandKey): Promise<{ answer: unknown } | undefined> {
  const doc = await db.collection<AnswerDoc>(IDEMPOTENCY).findOne({ _id }, { maxTimeMS: MAX_TIME_MS });
  if (!doc) return undefined;
  if (doc.hash !== hash) throw new KeyReusedError();
  if (doc.answer === ERASED_ANSWER) throw new AnswerErasedError();
  return { answer: JSON.parse(doc.answer) };
}

/**
 * The store of one keyed command: its one transaction claims the key first and stores its own result last, so an
 * action's answer has to be what its transaction returns.
 * @throws KeyInUseError (from the transaction) when the same key is being used at this moment
 */
export function storeOnce<O extends string>(
  store: Store<O>,
  { _id, hash }: CommandKey,
  project: (value: unknown) => unknown,
): Store<O> & { wasUsed(): boolean } {
  let used = false;
  const inTransaction: Store<O>["inTransaction"] = (work, options) => {
    used = true;
    return store.inTransaction(async (tx) => {
      const answers = tx.collection<AnswerDoc>(IDEMPOTENCY);
      await answers.insertOne({ _id, hash, answer: "null", at: tx.now }).catch(refuseRival);
      const result = await work(tx);
      const answer = JSON.stringify(project(result)) ?? "null";
      await answers.updateOne({ _id }, { $set: { answer } });
      return result;
    }, options);
  };
  return { db: store.db, inTransaction, wasUsed: () => used };
}

function refuseRival(error: unknown): never {
  const rival = isDuplicateKey(error) || isWriteConflict(error);
  throw rival ? new KeyInUseError() : error;
}
