/** Headers of every answer, and CORS. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GatewaySettings } from "./settings.ts";

/** Nothing but JSON comes from the API: a browser that is led to render it may load nothing. */
const API_CSP = "default-src 'none'; frame-ancestors 'none'";
/** Pages: everything from here, nothing inline. */
export const PAGE_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const COMMON: readonly (readonly [string, string])[] = [
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Content-Security-Policy", API_CSP],
  ["Cache-Control", "no-store"],
];
const EXPOSED = "ETag, Location, Retry-After, X-Request-Id, Idempotency-Replayed";
const ALLOWED = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id, traceparent";
const PREFLIGHT_AGE_S = "600";

type HeaderSettings = Pick<GatewaySettings, "hstsSeconds" | "corsOrigins">;

export function setCommonHeaders(req: IncomingMessage, res: ServerResponse, settings: HeaderSettings): void {
  for (const [name, value] of COMMON) res.setHeader(name, value);
  if (settings.hstsSeconds > 0)
    res.setHeader("Strict-Transport-Security", `max-age=${settings.hstsSeconds}; includeSubDomains`);
  if (settings.corsOrigins.length > 0) setCors(req, res, settings.corsOrigins);
}

/** Only an origin that is listed letter by letter is told that it may read the answer. */
function setCors(req: IncomingMessage, res: ServerResponse, origins: readonly string[]): void {
  res.setHeader("Vary", "Origin");
  const { origin } = req.headers;
  if (!origin || !origins.includes(origin)) return;
  res.setHeader("Access-Control-Allow-Origin", origin);
  res.setHeader("Access-Control-Expose-Headers", EXPOSED);
  res.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
}

/** Answers OPTIONS: what is possible here; for a listed origin's preflight also that it may. */
export function answerOptions(
  req: IncomingMessage,
  res: ServerResponse,
  allow: readonly string[],
  settings: HeaderSettings,
): void {
  const methods = [...allow, "OPTIONS"].join(", ");
  res.setHeader("Allow", methods);
  const { origin } = req.headers;
  if (origin && settings.corsOrigins.includes(origin)) {
    res.setHeader("Access-Control-Allow-Methods", methods);
    res.setHeader("Access-Control-Allow-Headers", ALLOWED);
    res.setHeader("Access-Control-Max-Age", PREFLIGHT_AGE_S);
  }
  res.statusCode = 204;
  res.end();
}
