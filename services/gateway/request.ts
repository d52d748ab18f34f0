/** What the headers of a request say. Pure. */
import type { IncomingHttpHeaders } from "node:http";
import { InvalidInputError, UnauthenticatedError } from "../../mixins/kit/errors.ts";
import { newId } from "../../mixins/kit/ids.ts";

const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;
/** W3C Trace Context, version 00; all zeros mean nothing. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;
const ENTITY_TAG = /^"(\d{1,15})"$/;

/** `X-Request-Id` if it is well-formed, else a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : newId();
}

export function traceparentOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers.traceparent;
  return typeof given === "string" && TRACEPARENT.test(given) ? given : undefined;
}

/**
 * The version that `If-Match` names; undefined without the header and for `*`.
 * @throws InvalidInputError for anything else
 */
export function ifMatchOf(headers: IncomingHttpHeaders): number | undefined {
  const given = headers["if-match"];
  if (given === undefined || given === "*") return undefined;
  const version = ENTITY_TAG.exec(given)?.[1];
  if (version !== undefined) return Number(version);
  const message = 'must be one version in quotes, as ETag gave it: "3"';
  throw new InvalidInputError(`If-Match ${message}.`, { errors: [{ path: "If-Match", message }] });
}

/** @throws InvalidInputError for a key that is not 1 to 200 printable characters */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers["idempotency-key"];
  if (given === undefined) return undefined;
  if (typeof given === "string" && IDEMPOTENCY_KEY.test(given)) return given;
  const message = "must be 1 to 200 printable characters without spaces";
  throw new InvalidInputError(`Idempotency-Key ${message}.`, { errors: [{ path: "Idempotency-Key", message }] });
}

/**
 * The bearer token; undefined without the header.
 * @throws UnauthenticatedError for another scheme
 */
export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers.authorization;
  if (given === undefined) return undefined;
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(given)?.[1];
  if (!token) throw new UnauthenticatedError("The Authorization header must be: Bearer <access token>.");
  return token;
}

/**
 * Address of the client. `X-Forwarded-For` counts only behind a proxy of our own, and of it only the last address: that
 * one the proxy wrote, all before it came from outside.
 */
export function clientIpOf(remote: string | undefined, headers: IncomingHttpHeaders, trustProxy: boolean): string {
  const chain = trustProxy ? String(headers["x-forwarded-for"] ?? "").split(",") : [];
  const told = chain.at(-1)?.trim();
  return plain(told || remote || "").slice(0, 64);
}

/** An IPv4 address as IPv6 sockets show it. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, "");
