/**
 * Any error -> RFC 9457 problem. Pure. Only errors made for callers (AppError: status and code) speak for themselves;
 * whatever else goes wrong is a fixed sentence. Decided by status and code, never by class: errors come from other nodes.
 */

import { isAppError } from "../../mixins/kit/app-error-regenerator.ts";
import type { FieldError } from "../../mixins/kit/errors.ts";
import { isInfrastructureFailure } from "../../mixins/kit/failure.ts";

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  requestId: string;
  errors?: FieldError[];
  /** 409: the steps that are possible instead. */
  legal?: string[];
}

export interface ProblemAnswer {
  problem: Problem;
  headers: Record<string, string>;
  /** Unexpected: to be logged. */
  unexpected: boolean;
}

export const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Seconds; when nothing better is known. */
const RETRY_AFTER_S = 2;

export const problemTypeOf = (code: string): string => `urn:problem:${code.toLowerCase().replaceAll("_", "-")}`;

export function problemOf(error: unknown, requestId: string): ProblemAnswer {
  const told = tell(error);
  const { status, code, detail, data } = told;
  const problem: Problem = {
    type: problemTypeOf(code),
    title: TITLES[status] ?? "Error",
    status,
    detail,
    code,
    requestId,
  };
  if (isFieldErrors(data.errors)) problem.errors = data.errors.map(({ path, message }) => ({ path, message }));
  if (isTexts(data.legal)) problem.legal = data.legal;
  return { problem, headers: headersOf(status, data), unexpected: status === 500 };
}

interface Told {
  status: number;
  code: string;
  detail: string;
  data: Record<string, unknown>;
}

function tell(error: unknown): Told {
  if (isAppError(error) && error.status !== 500) {
    const { status, code, message, data } = error;
    if (status === 503) return unavailable(data?.retryAfter);
    return { status, code, detail: message, data: data ?? {} };
  }
  if (isAway(error)) return unavailable();
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  // Moleculer's and moleculer-web's own: a validation of an internal action, a path that can't be decoded.
  if (name === "ValidationError" && code === 422)
    return { status: 422, code: "INVALID_INPUT", detail: "The input is not valid.", data: {} };
  if (name === "BadRequestError" && code === 400) {
    return {
      status: 400,
      code: "MALFORMED_REQUEST",
      detail: "The path holds a percent sign that begins no valid escape.",
      data: {},
    };
  }
  if (name === "NotFoundError" && code === 404)
    return { status: 404, code: "ROUTE_NOT_FOUND", detail: "There is nothing at this path.", data: {} };
  return {
    status: 500,
    code: "INTERNAL_ERROR",
    detail: "Something went wrong on our side. The request id helps us to find it.",
    data: {},
  };
}

const unavailable = (retryAfter?: unknown): Told => ({
  status: 503,
  code: "UNAVAILABLE",
  detail: "A part of the system does not answer at the moment. The same request may succeed in a few seconds.",
  data: { retryAfter },
});

/** A service or MongoDB is away, or did not answer in time. `retryable` is what Moleculer's errors carry across nodes. */
const isAway = (error: unknown): boolean =>
  isInfrastructureFailure(error) || (error as { retryable?: unknown } | null)?.retryable === true;

function headersOf(status: number, data: Record<string, unknown>): Record<string, string> {
  if (status === 401) return { "WWW-Authenticate": "Bearer" };
  if (status === 405 && isTexts(data.allow)) return { Allow: data.allow.join(", ") };
  const told = typeof data.retryAfter === "number" ? data.retryAfter : undefined;
  const seconds = told ?? (status === 429 || status === 503 ? RETRY_AFTER_S : undefined);
  if (seconds !== undefined) return { "Retry-After": String(Math.max(1, Math.ceil(seconds))) };
  // The rest of a body that is too large is not worth reading.
  return status === 413 ? { Connection: "close" } : {};
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");
const isFieldErrors = (value: unknown): value is FieldError[] =>
  Array.isArray(value) && value.every((one) => typeof one?.path === "string" && typeof one?.message === "string");
