/** One request to one path of the API: limit, authenticate, authorize, read, validate, ask the service, answer. */

import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { CallMeta } from "../../mixins/domain.ts";
import { checkAccess } from "../../mixins/kit/access.ts";
import type { Actor } from "../../mixins/kit/actor.ts";
import type { FileInfo } from "../../mixins/kit/implement.ts";
import { type Check, compileCheck } from "../../mixins/kit/schema.ts";
import { assertValid } from "../../mixins/kit/validator.ts";
import { authenticate } from "./auth.ts";
import { bodyReader, fileReader, hasBody, textReader } from "./body.ts";
import { MalformedRequestError, MethodNotAllowedError } from "./errors.ts";
import { answerOptions } from "./headers.ts";
import { assemble } from "./input.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { clientIpOf, idempotencyKeyOf, ifMatchOf, traceparentOf } from "./request.ts";
import { sendResult, sendStream } from "./respond.ts";
import type { PathGroup, Route } from "./routes.ts";
import type { GatewaySettings } from "./settings.ts";

/** A request as moleculer-web hands it over. */
export interface ApiRequest extends IncomingMessage {
  originalUrl: string;
  /** `params`: of the path, decoded. */
  $params: { params: Record<string, string> };
  $ctx: {
    requestID: string;
    /** What an action has put into its own comes back here. */
    meta: CallMeta;
    call(action: string, params: object, options?: { meta: CallMeta; stream?: Readable }): Promise<unknown>;
  };
}

export type PathHandler = (req: ApiRequest, res: ServerResponse) => Promise<void>;

export interface ApiOptions {
  settings: GatewaySettings;
  limiter: RateLimiter;
}

export function pathHandler(group: PathGroup, { settings, limiter }: ApiOptions): PathHandler {
  const checks = new Map<Route, Check>(
    [...group.byMethod.values()].map((route) => [route, compileCheck(route.def.params)]),
  );
  const fileReaders = new Map(
    [...group.byMethod.values()].flatMap((route) => (route.upload ? [[route, fileReader(route.upload.maxBytes)]] : [])),
  );
  const allow = allowOf(group);
  const readBody = bodyReader(settings.bodyLimit);
  const textReaders = new Map(
    [...group.byMethod.values()].flatMap((route) => (route.textBody ? [[route, textReader(route.textBody)]] : [])),
  );
  return async (req, res) => {
    const method = req.method ?? "GET";
    if (method === "OPTIONS") return answerOptions(req, res, allow, settings);
    const route = group.byMethod.get(method === "HEAD" ? "GET" : method);
    if (!route) throw new MethodNotAllowedError(method, allow);
    const clientIp = clientIpOf(req.socket.remoteAddress, req.headers, settings.trustProxy);
    limitAddress(limiter, settings, route, clientIp);
    const actor = await authenticate(
      req.headers,
      route.def.access,
      (token) => req.$ctx.call("iam.authenticate", { token }) as Promise<Actor>,
    );
    if (actor) limiter.take(`user:${actor.userId}`, settings.limits.perAccount);
    limitRoute(limiter, settings, route, actor?.userId ?? clientIp);
    checkAccess(route.def.access, actor);
    const ifMatch = ifMatchOf(req.headers);
    const key = route.method === "POST" ? idempotencyKeyOf(req.headers) : undefined;
    const traceparent = traceparentOf(req.headers);
    const text = await textReaders.get(route)?.(req, res);
    const file = await fileReaders.get(route)?.(req, res);
    const body = text !== undefined || file ? undefined : takesBody(route) ? await readBody(req, res) : refuseBody(req);
    const params = assemble(route, { path: req.$params.params, search: searchOf(req.originalUrl), body });
    if (route.textBody && text !== undefined) params[route.textBody.field] = text;
    if (route.upload && file) params[route.upload.digestField] = createHash("sha256").update(file).digest("hex");
    assertValid(checks.get(route) as Check, params);
    const meta: CallMeta = {
      correlationId: req.$ctx.requestID,
      clientIp,
      ...(actor && { actor }),
      ...(traceparent && { traceparent }),
      ...(ifMatch !== undefined && { ifMatch }),
      ...(key !== undefined && { idempotency: { action: route.action, key } }),
    };
    const stream = file && Readable.from(piecesOf(file), { objectMode: false });
    const result = await req.$ctx.call(route.action, params, { meta, ...(stream && { stream }) });
    if (req.$ctx.meta.idempotencyReplayed) res.setHeader("Idempotency-Replayed", "true");
    if (route.download) return sendStream(req, res, result as Readable, req.$ctx.meta.file as FileInfo);
    sendResult(req, res, route, params, result);
  };
}

function allowOf({ byMethod }: PathGroup): string[] {
  const methods = [...byMethod.keys()];
  return methods.includes("GET") ? ["HEAD", ...methods].sort() : methods.sort();
}

function limitAddress(limiter: RateLimiter, { limits }: GatewaySettings, route: Route, clientIp: string): void {
  limiter.take(`ip:${clientIp}`, limits.perIp);
  // Whoever guesses passwords or tokens does it without one.
  if (route.service === "iam" && route.def.access === "public") limiter.take(`auth:${clientIp}`, limits.authPerIp);
}

/** For what costs much: uploads, imports, exports, e-mails. */
function limitRoute(limiter: RateLimiter, { limits }: GatewaySettings, { action, def }: Route, who: string): void {
  const limit = def.rest?.perMinute;
  if (limit !== undefined && limits.perIp > 0) limiter.take(`route:${action}:${who}`, limit);
}

const PIECE = 64 * 1024;

function* piecesOf(file: Buffer): Generator<Buffer> {
  for (let at = 0; at < file.length; at += PIECE) yield file.subarray(at, at + PIECE);
}

const takesBody = ({ method }: Route): boolean => method === "POST" || method === "PUT" || method === "PATCH";

function refuseBody(req: IncomingMessage): undefined {
  if (hasBody(req)) throw new MalformedRequestError(`${req.method} takes no body here.`);
  return undefined;
}

const searchOf = (url: string): string => {
  const start = url.indexOf("?");
  return start === -1 ? "" : url.slice(start + 1);
};
