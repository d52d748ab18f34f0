import type { Db } from "mongodb";
import type { Actor } from "../../mixins/kit/actor.ts";
import { checkVersion } from "../../mixins/kit/check-version.ts";
import { NotFoundError } from "../../mixins/kit/errors.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { ATTACHMENTS, type AttachmentDoc } from "./attachments.ts";
import { type CommentDoc, canSee, type TicketDoc } from "./model.ts";

export const TICKETS = "tickets";
export const COMMENTS = "comments";
const COUNTERS = "counters";

export const attachments = (db: Db) => db.collection<AttachmentDoc>(ATTACHMENTS);
export const comments = (db: Db) => db.collection<CommentDoc>(COMMENTS);
export const tickets = (db: Db) => db.collection<TicketDoc>(TICKETS);

interface CounterDoc {
  _id: string;
  value: number;
}

export async function ensureIndexes(db: Db): Promise<void> {
  await Promise.all([
    tickets(db).createIndexes([
      { key: { buildingId: 1, number: 1 }, unique: true },
      { key: { reporterId: 1, _id: -1 } },
      { key: { buildingId: 1, status: 1, _id: -1 } },
      { key: { assigneeId: 1, status: 1, _id: -1 } },
    ]),
    attachments(db).createIndexes([{ key: { ticketId: 1, _id: -1 } }, { key: { uploaderId: 1 } }]),
    comments(db).createIndexes([{ key: { ticketId: 1, _id: -1 } }, { key: { authorId: 1 } }]),
  ]);
}

/** The building's next number. In the ticket's own transaction, so none is lost and none is used twice. */
export async function nextNumber(tx: Tx<"tickets">, buildingId: string): Promise<number> {
  const counters = tx.collection<CounterDoc>(COUNTERS);
  const counter = await counters.findOneAndUpdate({ _id: buildingId }, { $inc: { value: 1 } }, { upsert: true });
  return (counter as CounterDoc).value;
}

export const insertTicket = (tx: Tx<"tickets">, ticket: TicketDoc) =>
  tx.collection<TicketDoc>(TICKETS).insertOne(ticket);

export async function replaceTicket(tx: Tx<"tickets">, { _id, ...fields }: TicketDoc): Promise<void> {
  await tx.collection<TicketDoc>(TICKETS).updateOne({ _id }, { $set: fields });
}

/** @throws NotFoundError, also for what the actor may not know of */
export async function findVisible(db: Db, id: string, actor: Actor): Promise<TicketDoc> {
  const ticket = await tickets(db).findOne({ _id: id }, { maxTimeMS: MAX_TIME_MS });
  if (!ticket || !canSee(actor, ticket)) throw new NotFoundError("The ticket");
  return ticket;
}

export interface ChangeRequest {
  id: string;
  actor: Actor;
  /** From `If-Match`. */
  ifMatch: number | undefined;
}

/** Reads, lets `change` decide, writes. @returns before and after @throws NotFoundError, VersionMismatchError */
export async function changeTicket(
  tx: Tx<"tickets">,
  { id, actor, ifMatch }: ChangeRequest,
  change: (ticket: TicketDoc) => TicketDoc,
): Promise<{ before: TicketDoc; after: TicketDoc }> {
  const tickets = tx.collection<TicketDoc>(TICKETS);
  const before = await tickets.findOne({ _id: id });
  if (!before || !canSee(actor, before)) throw new NotFoundError("The ticket");
  checkVersion(before, ifMatch);
  const after = change(before);
  await replaceTicket(tx, after);
  return { before, after };
}
