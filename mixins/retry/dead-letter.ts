/** Shapes of the dead-letter archive in the owner service's database. */
import type { RefusalCode } from "../amqp/envelope.ts";

export const DEAD_LETTERS = "dead_letters";
/** Append-only: who did what to which dead letter. */
export const DEAD_LETTER_AUDIT = "dead_letter_audit";
/** Bodies that are too long for one document, in pieces. */
export const DEAD_LETTER_CHUNKS = "dead_letter_chunks";
/** Failed attempts, kept for the biography of an event. */
export const ATTEMPTS = "attempts";

export interface FailedAttempt {
  /** Number of the attempt within its episode, from 1. */
  attempt: number;
  episode: number;
  at: Date;
  code: string;
  message: string;
}

/** One document per (consumer, eventId) of the `attempts` collection. */
export interface AttemptsEntry {
  _id: string;
  consumer: string;
  eventId: string;
  eventType: string;
  /** Of the last failure: TTL. */
  at: Date;
  failures: FailedAttempt[];
}

/**
 * open -> replaying (sent again) -> resolved (the inbox says that the consumer has handled it) or open again (it
 * failed again). open -> discarded -> open (restored). `resolved` is final.
 *
 * Nobody tells the archive that a replay has succeeded: the consumer's transaction writes its inbox entry and nothing
 * else. `resolved` therefore follows from the inbox: every read and every step settles first (see settle.ts), a sweep
 * does it for good before the inbox entry expires. So at each moment an event is done, dead or discarded, never two.
 */
export type DeadLetterStatus = "open" | "replaying" | "resolved" | "discarded";

export interface DeadLetter {
  /** `{consumer}:{eventId}`, or `{consumer}:sha256-{hex}` where no eventId could be read. Safe in a URL's path. */
  _id: string;
  consumer: string;
  /** As it came first; null where the body named none. Can't be edited. */
  eventId: string | null;
  /** Ids under which it was replayed, beside its own (the operator asked for a new one, or repaired the envelope). */
  replayedAs: string[];
  eventType: string;
  /** `contract` code of a refusal, the error code of a failure, `delivery_limit`, or `unknown`. */
  code: RefusalCode | "delivery_limit" | "unknown" | (string & {});
  message: string;
  /** consumer + code + eventType: dead letters of one cause share it. */
  fingerprint: string;
  /** The body that a replay would send: text, or base64 where it is not UTF-8. Empty when it lies in chunks. */
  body: string;
  bodyEncoding: "utf8" | "base64" | "chunks";
  bytes: number;
  edited: boolean;
  /** AMQP properties and headers as received, JSON-safe. */
  properties: Record<string, unknown>;
  attempts: number;
  /** Number of the newest episode: while replaying the one under way, else the one that failed. */
  episode: number;
  firstFailedAt: Date;
  deadAt: Date;
  status: DeadLetterStatus;
  /** Why it was discarded. */
  reason: string | null;
  /** Optimistic concurrency: two operators can't replay it twice. */
  version: number;
  /** The building of the event's payload, if it names one. Can't be edited. */
  buildingId: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface DeadLetterChunk {
  _id: string;
  deadLetterId: string;
  index: number;
  data: Buffer;
}

export type DeadLetterStep = "archived" | "edited" | "replayed" | "resolved" | "discarded" | "restored";

export interface AuditEntry {
  /** UUID v7: the order of the steps, across services too. */
  _id: string;
  deadLetterId: string;
  consumer: string;
  eventId: string | null;
  step: DeadLetterStep;
  at: Date;
  /** A user id, `operator:<account>` (REPL) or `system:<service>`. */
  actorId: string;
  /** Edits: JSON-pointer changes; replays: the outbox row's id; discards: the reason. */
  detail: Record<string, unknown>;
}

export const fingerprintOf = (consumer: string, code: string, eventType: string): string =>
  `${consumer}|${code}|${eventType}`;

export const deadLetterId = (consumer: string, eventId: string): string => `${consumer}:${eventId}`;

/** The service that owns a dead letter, told by its id alone; undefined: that is no such id. */
export const consumerOf = (id: string): string | undefined => /^([a-z][a-z0-9-]*):[0-9a-z-]+$/i.exec(id)?.[1];
