/**
 * One class per failure; the code is fixed, the data small. What happens next is decided by the base class, never by
 * the message: final errors go to the caller (or to the dead letters), infrastructure errors pause a consumer.
 */
export interface FieldError {
  /** JSON pointer into the input, e.g. `/title`. */
  path: string;
  message: string;
}

export interface ErrorData {
  [key: string]: unknown;
  errors?: FieldError[];
  /** Seconds after which the same request may succeed; `Retry-After`, whatever the status. */
  retryAfter?: number;
}

/** Base of every error that a caller may see. `status` is the HTTP status, `code` a constant like `TICKET_NOT_FOUND`. */
export abstract class AppError extends Error {
  abstract readonly code: string;
  abstract readonly status: number;
  readonly data: ErrorData;
  constructor(message: string, data: ErrorData = {}) {
    super(message);
    this.name = this.constructor.name;
    this.data = data;
  }
}

/** 404: it is not there, or the caller may not know that it is. */
export class NotFoundError extends AppError {
  readonly code: string = "NOT_FOUND";
  readonly status = 404;
  constructor(what: string) {
    super(`${what} was not found.`);
  }
}
/** 401: no, or no valid, proof of who is calling. */
export class UnauthenticatedError extends AppError {
  readonly code: string = "UNAUTHENTICATED";
  readonly status = 401;
}
/** 403: known, but not allowed. */
export class ForbiddenError extends AppError {
  readonly code: string = "FORBIDDEN";
  readonly status = 403;
}
/** 409: the state does not allow the command. */
export class ConflictError extends AppError {
  readonly code: string = "CONFLICT";
  readonly status = 409;
}
/** 412: `If-Match` names another version than the stored one. */
export class VersionMismatchError extends AppError {
  readonly code: string = "VERSION_MISMATCH";
  readonly status = 412;
  constructor(expected: number, actual: number) {
    super(`The resource is at version ${actual}, not ${expected}. Read it again and repeat the change.`);
  }
}
/** 422: well-formed, but a rule of the schema or the domain is broken; `data.errors` names the fields. */
export class InvalidInputError extends AppError {
  readonly code: string = "INVALID_INPUT";
  readonly status = 422;
}
/** 413: larger than the stated limit. */
export class TooLargeError extends AppError {
  readonly code: string = "TOO_LARGE";
  readonly status = 413;
}
/** 429: over the limit. */
export class RateLimitedError extends AppError {
  readonly code: string = "RATE_LIMITED";
  readonly status = 429;
}
/** 503: something that we depend on is away; the same request may succeed later. Consumers pause on it. */
export class UnavailableError extends AppError {
  readonly code: string = "UNAVAILABLE";
  readonly status = 503;
}
/** 422: an action that takes a file was called without one. */
export class MalformedUploadError extends InvalidInputError {
  override readonly code = "UPLOAD_MISSING";
  constructor() {
    super("The body has to be a file.");
  }
}
