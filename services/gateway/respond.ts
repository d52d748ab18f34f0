/** Writes answers: JSON results, problems, pages. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileInfo } from "../../mixins/kit/implement.ts";
import { PAGE_CSP } from "./headers.ts";
import { type Problem, problemOf } from "./problem.ts";
import { locationOf, type Route } from "./routes.ts";

export function sendBody(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
): void {
  res.statusCode = status;
  res.setHeader("Content-Type", type);
  res.setHeader("Content-Length", Buffer.byteLength(body));
  res.end(req.method === "HEAD" ? undefined : body);
}

export const sendJson = (req: IncomingMessage, res: ServerResponse, status: number, value: unknown): void =>
  sendBody(req, res, status, "application/json; charset=utf-8", JSON.stringify(value));

/** `If-None-Match`: the client has this version already. */
const isKnown = ({ headers }: IncomingMessage, tag: string): boolean =>
  (headers["if-none-match"] ?? "").split(",").some((one) => [tag, `W/${tag}`, "*"].includes(one.trim()));

/** The result of an action, as its route says. */
export function sendResult(
  req: IncomingMessage,
  res: ServerResponse,
  route: Route,
  params: Readonly<Record<string, unknown>>,
  result: unknown,
): void {
  if (route.page) return sendPage(req, res, String((result as Record<string, unknown>)[route.page.field]));
  if (route.file) return sendFile(req, res, route.file, result as Record<string, string>);
  const version = (result as { version?: unknown } | null | undefined)?.version;
  if (typeof version === "number") {
    const tag = `"${version}"`;
    res.setHeader("ETag", tag);
    if (route.method === "GET" && isKnown(req, tag)) {
      res.statusCode = 304;
      return void res.end();
    }
  }
  if (route.status === 201) {
    const location = locationOf(route, result, params);
    if (location) res.setHeader("Location", location);
  }
  if (route.status !== 204 && result !== undefined && result !== null) return sendJson(req, res, route.status, result);
  res.statusCode = route.status;
  if (route.status !== 204) res.setHeader("Content-Length", 0);
  res.end();
}

export const HTML = "text/html; charset=utf-8";

function sendPage(req: IncomingMessage, res: ServerResponse, html: string): void {
  res.setHeader("Content-Security-Policy", PAGE_CSP);
  sendBody(req, res, 200, HTML, html);
}

function sendFile(
  req: IncomingMessage,
  res: ServerResponse,
  { type, field, name }: NonNullable<Route["file"]>,
  result: Record<string, string>,
): void {
  res.setHeader("Content-Disposition", `attachment; filename="${name}"`);
  sendBody(req, res, 200, `${type}; charset=utf-8`, result[field] ?? "");
}

/** RFC 5987. */
const encoded = (name: string): string =>
  encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);

/** Bytes that somebody else has uploaded: never shown as a page of ours. */
export async function sendStream(
  req: IncomingMessage,
  res: ServerResponse,
  stream: Readable,
  { type, name, bytes }: FileInfo,
): Promise<void> {
  res.setHeader("Content-Type", type);
  res.setHeader("Content-Length", bytes);
  res.setHeader("Content-Disposition", `attachment; filename*=UTF-8''${encoded(name)}`);
  res.setHeader("Content-Security-Policy", "default-src 'none'; sandbox");
  if (req.method === "HEAD") {
    stream.destroy();
    return void res.end();
  }
  await pipeline(stream, res);
}

/** @returns the problem that was sent, and whether it came as a surprise */
export function sendProblem(
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
  requestId: string,
): { problem: Problem; unexpected: boolean } {
  const { problem, headers, unexpected } = problemOf(error, requestId);
  if (res.headersSent) {
    res.destroy();
    return { problem, unexpected };
  }
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  sendBody(req, res, problem.status, "application/problem+json; charset=utf-8", JSON.stringify(problem));
  // What the client still sends is read and dropped, so that it gets to read the answer.
  req.resume();
  return { problem, unexpected };
}
