/**
 * Erases what the backbone of a service keeps of a person: rows of the outbox, dead letters, stored answers. The
 * domain's own collections are the domain's own matter (its handler of the event). Part of that handler's transaction.
 */
import type { Db, Filter } from "mongodb";
import { type AnswerDoc, ERASED_ANSWER, IDEMPOTENCY } from "../idempotency/command.ts";
import type { Registry } from "../kit/registry.ts";
import { OUTBOX, type OutboxRow } from "../outbox/row.ts";
import type { Tx } from "../outbox/transaction.ts";
import { DEAD_LETTER_CHUNKS, DEAD_LETTERS, type DeadLetter, type DeadLetterChunk } from "../retry/dead-letter.ts";
import { blankedBody, personalTypes } from "./personal.ts";

/** Who has gone, by id: copies of their events may come to the dead letters later than that. */
export const ERASED = "erased_people";
export interface ErasedDoc {
  _id: string;
  /** TTL. */
  at: Date;
}

export async function erasePerson(tx: Tx, registry: Registry, personId: string): Promise<void> {
  const erased = tx.collection<ErasedDoc>(ERASED);
  await erased.updateOne({ _id: personId }, { $setOnInsert: { at: tx.now } }, { upsert: true });
  await eraseRows(tx, registry, personId);
  await eraseDeadLetters(tx, registry, personId);
  await blankAnswers(tx, personId);
}

/** Answers of commands that others gave may name the person. That the command was done stays known. */
async function blankAnswers(tx: Tx, personId: string): Promise<void> {
  const naming = { answer: { $regex: personId } };
  await tx.collection<AnswerDoc>(IDEMPOTENCY).updateMany(naming, { $set: { answer: ERASED_ANSWER } });
}

/** Also those that are not published yet: their payload keeps to its contract. */
async function eraseRows(tx: Tx, registry: Registry, personId: string): Promise<void> {
  const outbox = tx.collection<OutboxRow>(OUTBOX);
  for (const { _id, body } of await outbox.find({ person: personId }).toArray())
    await outbox.updateOne({ _id }, { $set: { body: blankedBody(body, registry) } });
}

async function eraseDeadLetters(tx: Tx, registry: Registry, personId: string): Promise<void> {
  const letters = tx.collection<DeadLetter>(DEAD_LETTERS);
  const types: Filter<DeadLetter> = { eventType: { $in: personalTypes(registry) } };
  const named: Filter<DeadLetter> = { $or: [{ body: { $regex: personId } }, { bodyEncoding: { $ne: "utf8" } }] };
  for (const { _id, body, bodyEncoding } of await letters.find({ $and: [types, named] }).toArray()) {
    const rest = bodyEncoding === "utf8" ? blankedBody(body, registry) : "";
    await letters.updateOne({ _id }, { $set: { body: rest, bodyEncoding: "utf8", bytes: Buffer.byteLength(rest) } });
    await tx.collection<DeadLetterChunk>(DEAD_LETTER_CHUNKS).deleteMany({ deadLetterId: _id });
  }
}

/** Who of them has: delivery may be re-ordered, the deletion may have come first. */
export const whoHasLeft = (tx: Pick<Tx, "collection">, personIds: readonly string[]): Promise<Set<string>> =>
  tx.collection<ErasedDoc>(ERASED).idsAmong(personIds);

/** Outside of a transaction. */
export const isErased = async (db: Db, personId: string): Promise<boolean> =>
  (await db.collection<ErasedDoc>(ERASED).findOne({ _id: personId }, { projection: { _id: 1 } })) !== null;
