/** Failures of HTTP itself, each with its status and code. */
import { AppError } from "../../mixins/kit/errors.ts";

/** 400: the body is not JSON, or not complete. */
export class MalformedBodyError extends AppError {
  readonly code = "MALFORMED_BODY";
  readonly status = 400;
}
/** 400: a part of the request line or of the headers can't be understood. */
export class MalformedRequestError extends AppError {
  readonly code = "MALFORMED_REQUEST";
  readonly status = 400;
}
/** 404: no such path. */
export class RouteNotFoundError extends AppError {
  readonly code = "ROUTE_NOT_FOUND";
  readonly status = 404;
  constructor() {
    super("There is nothing at this path.");
  }
}
/** 405: the path exists, the method does not; `data.allow` goes into `Allow`. */
export class MethodNotAllowedError extends AppError {
  readonly code = "METHOD_NOT_ALLOWED";
  readonly status = 405;
  constructor(method: string, allow: readonly string[]) {
    super(`${method} is not possible here. Possible: ${allow.join(", ")}.`, { allow });
  }
}
/** 413 */
export class BodyTooLargeError extends AppError {
  readonly code = "BODY_TOO_LARGE";
  readonly status = 413;
  constructor(limit: number) {
    super(`The body is larger than ${limit} bytes.`);
  }
}
/** 415 */
export class UnsupportedMediaTypeError extends AppError {
  readonly code = "UNSUPPORTED_MEDIA_TYPE";
  readonly status = 415;
  constructor() {
    super("The body must be JSON: send Content-Type: application/json, in UTF-8, not compressed.");
  }
}
