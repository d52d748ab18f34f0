/** What kind of failure is it? Decided by class and code, never by message text. Pure. */
import { Errors } from "moleculer";
import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from "mongodb";

/** Server codes that mean "not now": no primary, stepping down, shutting down, interrupted, timed out, disk full. */
const SERVER_AWAY = new Set<unknown>([6, 7, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031]);
const WRITE_CONFLICT = 112;
const DUPLICATE_KEY = 11000;
/** Node's own: mongodb 7 throws it as it is when the server ended a connection before a command was written to it. */
const SOCKET_ENDED = "EPIPE";

/** Others were changing the same documents for as long as it was tried. */
export const isWriteConflict = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === WRITE_CONFLICT;

/** A unique index has it already. */
export const isDuplicateKey = (error: unknown): error is MongoServerError =>
  error instanceof MongoServerError && error.code === DUPLICATE_KEY;

/** Of a bulk that was not ordered: everything is written, except for what is there already. */
export const isAllDuplicateKeys = (error: unknown): boolean =>
  error instanceof MongoBulkWriteError &&
  isDuplicateKey(error) &&
  error.result.getWriteConcernError() === undefined &&
  [error.writeErrors].flat().every(({ code }) => code === DUPLICATE_KEY);

function isMongoAway(error: MongoError): boolean {
  if (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoOperationTimeoutError ||
    error instanceof MongoTopologyClosedError
  ) {
    return true;
  }
  if (error instanceof MongoServerError && SERVER_AWAY.has(error.code)) return true;
  // The driver hides the class of whatever kept a bulk from the server (bulk/common.js); what a server refuses has a code.
  if (error instanceof MongoBulkWriteError && typeof error.code !== "number") return true;
  return (
    !isWriteConflict(error) &&
    (error.hasErrorLabel("TransientTransactionError") || error.hasErrorLabel("RetryableWriteError"))
  );
}

/**
 * True when something that we depend on is away (MongoDB, or a service that was asked): the same work may succeed
 * later. A consumer pauses on it, a request answers 503.
 */
export function isInfrastructureFailure(error: unknown): boolean {
  if (error instanceof MongoError) return isMongoAway(error);
  if (error instanceof Errors.MoleculerRetryableError) return true;
  const code = (error as { code?: unknown } | null)?.code;
  // UnavailableError, also as it arrives from another node.
  return code === "UNAVAILABLE" || code === SOCKET_ENDED;
}

/** Away or contended: no fault of the work itself, which may succeed when it is done again. */
export const isPassing = (error: unknown): boolean => isInfrastructureFailure(error) || isWriteConflict(error);

/** A fixed word for logs, headers and dead letters: the error's code if it has one, else its class. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === "string" && code !== "") return code;
  return typeof name === "string" && name !== "" ? name : "UNKNOWN";
}

export const messageOfError = (error: unknown): string => (error instanceof Error ? error.message : String(error));
