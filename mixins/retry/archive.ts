/** What one message from a dead-letter queue changes in the archive. Pure. */
import { newId } from "../kit/ids.ts";
import { type AuditEntry, type DeadLetter, fingerprintOf } from "./dead-letter.ts";
import type { Incoming } from "./incoming.ts";

export type ArchiveDecision =
  | { kind: "insert" | "reopen"; document: DeadLetter; audit: AuditEntry }
  /** `done`: the consumer has handled the event. `known`: this copy, or a newer one, is archived already. */
  | { kind: "drop"; because: "done" | "known" };

/** How the body is kept; decided by the caller, who may have put it into chunks. */
export type Stored = Pick<DeadLetter, "body" | "bodyEncoding" | "bytes">;

/**
 * @param existing the document of this (consumer, eventId), or null
 * @param done the inbox says that the event has been handled
 */
export function archiveDecision(
  existing: DeadLetter | null,
  done: boolean,
  incoming: Incoming,
  stored: Stored,
  now: Date,
): ArchiveDecision {
  if (done) return { kind: "drop", because: "done" };
  if (!existing)
    return {
      kind: "insert",
      document: newDocument(incoming, stored, now),
      audit: archived(incoming, now, false),
    };
  const isReplay = existing.status === "replaying" && incoming.episode >= existing.episode;
  // A second copy of an episode that is archived already: a crash between write and ack, or a duplicate on the wire.
  if (!isReplay && incoming.episode <= existing.episode) return { kind: "drop", because: "known" };
  return {
    kind: "reopen",
    document: reopened(existing, incoming, stored, now),
    audit: { ...archived(incoming, now, true), eventId: existing.eventId },
  };
}

function newDocument(incoming: Incoming, stored: Stored, now: Date): DeadLetter {
  const { id, consumer, eventId, eventType, code } = incoming;
  return {
    _id: id,
    consumer,
    eventId,
    replayedAs: [],
    eventType,
    ...failureOf(incoming, now),
    fingerprint: fingerprintOf(consumer, code, eventType),
    ...stored,
    edited: false,
    firstFailedAt: incoming.firstFailedAt,
    status: "open",
    reason: null,
    version: 1,
    buildingId: incoming.buildingId,
    createdAt: now,
  };
}

/** The same letter again: its newest failure, the body as it was sent, the history of the first failure kept. */
function reopened(existing: DeadLetter, incoming: Incoming, stored: Stored, now: Date): DeadLetter {
  return {
    ...existing,
    ...failureOf(incoming, now),
    fingerprint: fingerprintOf(existing.consumer, incoming.code, existing.eventType),
    ...stored,
    status: "open",
    reason: null,
    version: existing.version + 1,
  };
}

const failureOf = ({ code, message, attempts, episode, properties }: Incoming, now: Date) => ({
  code,
  message,
  attempts,
  episode,
  properties,
  deadAt: now,
  updatedAt: now,
});

const archived = (
  { id, consumer, eventId, code, episode, attempts }: Incoming,
  at: Date,
  again: boolean,
): AuditEntry => ({
  _id: newId(),
  deadLetterId: id,
  consumer,
  eventId,
  step: "archived",
  at,
  actorId: `system:${consumer}`,
  detail: { code, episode, attempts, again },
});
