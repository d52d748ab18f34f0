/** Does an answer match the document? Pure. */
import { gunzipSync } from "node:zlib";
import type { Content, Operation } from "./operations.ts";
import type { WireRequest } from "./requests.ts";
import type { WireAnswer } from "./wire.ts";

const SLOW_MS = 15_000;
/** Statuses that need a header. */
const NEEDED: Readonly<Record<number, string>> = {
  401: "www-authenticate",
  405: "allow",
  429: "retry-after",
  503: "retry-after",
};

/** @returns what is wrong, in words; undefined when nothing is */
export function faultOf(operation: Operation, request: WireRequest, answer: WireAnswer): string | undefined {
  const { status, took } = answer;
  if (status >= 500) return `${status}: a failure of the server`;
  if (took > SLOW_MS) return `answered after ${Math.round(took / 1000)} s`;
  const content = operation.responses.get(status);
  if (!content) return `${status} is not documented`;
  const needed = NEEDED[status];
  if (needed && !answer.headers[needed]) return `${status} without ${needed}`;
  if (!answer.headers["x-request-id"]) return "no X-Request-Id";
  return bodyFault(content, answer) ?? acceptanceFault(operation, request, status);
}

function bodyFault(content: Content, { status, headers, body }: WireAnswer): string | undefined {
  const type = headers["content-type"]?.split(";", 1)[0]?.trim() ?? "";
  if (content.size === 0) return body.length > 0 ? `${status} with a body, where none is documented` : undefined;
  const media = content.get(type) ?? content.get("*/*");
  if (!media) return `${status} as "${type}", where ${[...content.keys()].join(" or ")} is documented`;
  if (!/json$/.test(type)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse((headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString());
  } catch {
    return `${status}: the body is not JSON`;
  }
  const [first] = media.check(value);
  if (first) return `${status}: the body does not fit its schema, ${first.path} ${first.message}`;
  const told = (value as { status?: unknown }).status;
  if (type === "application/problem+json" && told !== status) return `${status}: the problem says ${told}`;
  return undefined;
}

/** What the document forbids must not be accepted, and nobody comes in without a token. */
function acceptanceFault(operation: Operation, request: WireRequest, status: number): string | undefined {
  const isRefused = status >= 400;
  if (isRefused) return undefined;
  const isNobody = request.caller === "anonymous" || request.caller === "garbage";
  if (operation.secured && isNobody && !request.spoiled.includes("header")) return `${status} without a token`;
  const fault = request.json && operation.body?.content.get("application/json")?.check(request.json.value)[0];
  if (fault && isSame(request.json?.value))
    return `${status} for a body that the document forbids: ${fault.path} ${fault.message}`;
  return undefined;
}

/** JSON changes some values (-0, lone surrogates): then what was sent is not what was drawn. */
const isSame = (value: unknown): boolean => {
  try {
    return JSON.stringify(JSON.parse(JSON.stringify(value))) === JSON.stringify(value);
  } catch {
    return false;
  }
};
