/** The gateway: moleculer-web gives HTTP server and routing, every path has a handler of ours. Nothing else is routed. */

import { AsyncResource } from "node:async_hooks";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import compression from "compression";
import type { Service, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import { withLogContext } from "../../mixins/kit/log.ts";
import { type ApiRequest, type PathHandler, pathHandler } from "./api.ts";
import { drain, InFlight } from "./drain.ts";
import { setCommonHeaders } from "./headers.ts";
import { logUnexpected } from "./log.ts";
import { pageHandler, pages } from "./pages.ts";
import { type CounterDoc, RateLimiter } from "./rate-limit.ts";
import { requestIdOf } from "./request.ts";
import { sendProblem } from "./respond.ts";
import { API_PREFIX, pathGroups, routesOf, toPattern } from "./routes.ts";
import { type GatewaySettings, gatewaySettings } from "./settings.ts";

interface GatewayService extends Service {
  server: Server;
  gateway: GatewaySettings;
  limiter: RateLimiter;
  inFlight: InFlight;
  addRoute(route: object): void;
}

/** The one route: only our aliases, no parsing of its own, paths letter by letter. */
const CLOSED_ROUTE = {
  path: "/",
  mappingPolicy: "restrict",
  bodyParsers: false,
  mergeParams: false,
  logging: false,
  pathToRegexpOptions: { sensitive: true },
};

export default {
  name: "api",
  mixins: [ApiGateway],
  settings: {
    // An empty list would make moleculer-web route every action; ours is added in created().
    routes: null,
    // Our order: fixed words before parameters.
    optimizeOrder: false,
    logRequest: null,
    logResponse: null,
    logRouteRegistration: null,
    /** Milliseconds for a whole request to arrive. */
    requestTimeout: 30_000,
    rootCallOptions(
      options: { requestID?: string },
      req: IncomingMessage & { $service: GatewayService },
      res: ServerResponse,
    ) {
      beginRequest(req.$service, options, req, res);
    },
  },
  actions: { listAliases: false, addRoute: false, removeRoute: false },
  methods: {
    /** The query is read by our handlers, strictly: moleculer-web's reading makes objects of `a[b]=c`. */
    parseQueryString(req: IncomingMessage) {
      return { query: {}, url: (req.url ?? "/").split("?", 1)[0] };
    },
    errorHandler(this: GatewayService, req: IncomingMessage, res: ServerResponse, error: unknown) {
      fail(this, req, res, error);
    },
    sendError(this: GatewayService, req: IncomingMessage, res: ServerResponse, error: unknown) {
      fail(this, req, res, error);
    },
  },
  created(this: GatewayService) {
    const { broker } = this;
    this.gateway = gatewaySettings(broker.backbone.env);
    Object.assign(this.settings, { port: this.gateway.port, ip: this.gateway.host });
    this.inFlight = new InFlight();
    const collection = broker.backbone.database("gateway").collection<CounterDoc>("rate_limits");
    this.limiter = new RateLimiter({ collection, logger: this.logger });
    this.addRoute({ ...CLOSED_ROUTE, aliases: aliasesOf(this) });
    tellBusyPort(this);
    // Before any service of this node stops: requests in flight still need them.
    broker.middlewares.add({ name: "GatewayDrain", stopping: () => drainOf(this) });
  },
  async started(this: GatewayService) {
    await this.limiter.start();
  },
  async stopped(this: GatewayService) {
    await drainOf(this);
    await this.limiter.stop();
  },
} as object as ServiceSchema;

async function drainOf({ server, inFlight, gateway: { noticeMs, drainMs }, logger }: GatewayService): Promise<void> {
  const cut = await drain(server, inFlight, { noticeMs, deadlineMs: drainMs });
  if (cut > 0) logger.warn(`Stopping: ${cut} requests were not answered within ${drainMs} ms and are cut.`);
}

/** Answers of 1 kB and more that shrink; by what the client accepts. */
const compress = compression({ threshold: 1024 });

/** Every request: a name, the headers of every answer, and it counts as in flight. */
function beginRequest(
  service: GatewayService,
  options: { requestID?: string },
  req: IncomingMessage,
  res: ServerResponse,
): void {
  options.requestID = requestIdOf(req.headers);
  res.setHeader("X-Request-Id", options.requestID);
  setCommonHeaders(req, res, service.gateway);
  service.inFlight.add(res);
  compress(req as never, res as never, () => {});
}

/** One alias a path for all methods, so that a wrong method is told from a wrong path. */
function aliasesOf(service: GatewayService): Record<string, (req: ApiRequest, res: ServerResponse) => Promise<void>> {
  const { broker, gateway, limiter, inFlight } = service;
  const handlers: [string, PathHandler][] = [...pages({ broker, isStopping: () => inFlight.stopping })].map(
    ([path, page]) => [path, pageHandler(page, gateway) as PathHandler],
  );
  for (const group of pathGroups(routesOf(broker.backbone.registry.contracts))) {
    handlers.push([API_PREFIX + toPattern(group.path), pathHandler(group, { settings: gateway, limiter })]);
  }
  return Object.fromEntries(
    handlers.map(([path, handler]) => [
      `* ${path}`,
      (req, res) => {
        return withLogContext({ requestId: req.$ctx.requestID }, () => {
          timeRequest(service, path, req, res);
          return handler(req, res).catch((error) => fail(service, req, res, error));
        });
      },
    ]),
  );
}

/** `route`: the pattern, so that ids make no series of their own. */
function timeRequest(
  { broker, logger }: GatewayService,
  route: string,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const since = performance.now();
  const ended = () => {
    const labels = { method: req.method ?? "", route, status: String(res.statusCode) };
    const ms = performance.now() - since;
    broker.backbone.metrics.observe("residents.http.request.time", ms, labels);
    logger.debug(`${labels.method} ${route} ${labels.status} in ${ms.toFixed(1)} ms`);
  };
  // Bound: the socket's events know nothing of the request.
  res.once("close", AsyncResource.bind(ended));
}

function fail(service: GatewayService, req: IncomingMessage, res: ServerResponse, error: unknown): void {
  const requestId = String(res.getHeader("X-Request-Id") ?? "");
  const { unexpected } = sendProblem(req, res, error, requestId);
  if (unexpected) logUnexpected(service.logger, requestId, req.method ?? "", error);
}

function tellBusyPort(service: GatewayService): void {
  const { server, gateway, broker, logger } = service;
  server.removeAllListeners("error");
  server.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") return logger.error(`HTTP server: ${error.message}`);
    broker.fatal(
      `Port ${gateway.port} of ${gateway.host} is in use. Remedy: stop the program that has it, or set PORT to another one.`,
      error,
      true,
    );
  });
}
