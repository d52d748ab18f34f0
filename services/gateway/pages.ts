/** What is served without a token beside the API: health, documents and their pages. */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { findPackageJSON } from "node:module";
import { dirname, extname, join } from "node:path";
import type { ServiceBroker } from "moleculer";
import { callOf } from "../../mixins/kit/call.ts";
import { NotFoundError } from "../../mixins/kit/errors.ts";
import type { Registry } from "../../mixins/kit/registry.ts";
import { asyncApi } from "./asyncapi.ts";
import { MethodNotAllowedError } from "./errors.ts";
import { eventsPage } from "./events-page.ts";
import { answerOptions, PAGE_CSP } from "./headers.ts";
import { readiness, statusOf } from "./health.ts";
import { openApi } from "./openapi.ts";
import { HTML, sendBody, sendJson } from "./respond.ts";
import { API_PREFIX, routesOf } from "./routes.ts";
import type { GatewaySettings } from "./settings.ts";

type Page = (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;

export interface PagesOptions {
  broker: ServiceBroker;
  isStopping: () => boolean;
}

const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

/** Path -> page. All of them answer GET and HEAD. */
export function pages({ broker, isStopping }: PagesOptions): Map<string, Page> {
  const { registry } = broker.backbone;
  return new Map<string, Page>([
    ["/health/live", (req, res) => sendJson(req, res, 200, { status: "live" })],
    [
      "/health/ready",
      async (req, res) => {
        const state = await readiness(broker, isStopping());
        sendJson(req, res, statusOf(state), state);
      },
    ],
    [
      "/.well-known/jwks.json",
      async (req, res) => {
        const keys = await callOf(broker)("iam.jwks", {});
        res.setHeader("Cache-Control", "public, max-age=300");
        sendJson(req, res, 200, keys);
      },
    ],
    [
      `${API_PREFIX}/openapi.json`,
      fixed("application/json; charset=utf-8", () => JSON.stringify(openApi(routesOf(registry.contracts)))),
    ],
    [`${API_PREFIX}/asyncapi.json`, asyncApiPage(registry)],
    ["/docs", asset(HTML, "docs.html")],
    ["/docs/assets/docs.js", asset(SCRIPT, "docs.js")],
    ["/docs/assets/pages.css", asset(CSS, "pages.css")],
    ["/docs/assets/swagger-ui.css", swagger(CSS, "swagger-ui.css")],
    ["/docs/assets/swagger-ui-bundle.js", swagger(SCRIPT, "swagger-ui-bundle.js")],
    ["/docs/events", fixed(HTML, () => eventsPage(registry.contracts))],
    ...consolePages(),
  ]);
}

/** Adds what all pages have in common. */
export const pageHandler =
  (page: Page, settings: GatewaySettings): Page =>
  async (req, res) => {
    const allow = ["GET", "HEAD"];
    if (req.method === "OPTIONS") return answerOptions(req, res, allow, settings);
    if (!allow.includes(req.method ?? "")) throw new MethodNotAllowedError(req.method ?? "", allow);
    await page(req, res);
  };

/** Made at the first request, then kept. */
function fixed(type: string, make: () => string | Buffer | Promise<string | Buffer>): Page {
  let content: Promise<string | Buffer> | undefined;
  return async (req, res) => {
    content ??= Promise.resolve(make()).catch((error: unknown) => {
      // The next request tries anew.
      content = undefined;
      throw error;
    });
    const body = await content;
    if (!type.startsWith("application/json")) res.setHeader("Content-Security-Policy", PAGE_CSP);
    res.setHeader("Cache-Control", "no-cache");
    sendBody(req, res, 200, type, body);
  };
}

/** The operations page: static files; its data comes from the API and needs an administrator's token. */
function consolePages(): [string, Page][] {
  const folder = new URL("./console/", import.meta.url);
  const types: Readonly<Record<string, string>> = { ".js": SCRIPT, ".css": CSS };
  const files = readdirSync(folder, { recursive: true }).flatMap((name): [string, Page][] => {
    const type = types[extname(String(name))];
    return type ? [[`/console/${name}`, fixed(type, () => readFile(new URL(String(name), folder)))]] : [];
  });
  return [
    ["/console", fixed(HTML, () => readFile(new URL("index.html", folder)))],
    ["/console/lit-html.js", fixed(SCRIPT, () => readFile(packageFile("lit-html", "lit-html.js")))],
    ...files,
  ];
}

const packageFile = (name: string, file: string): string =>
  join(dirname(findPackageJSON(name, import.meta.url) as string), file);

const asset = (type: string, name: string): Page =>
  fixed(type, () => readFile(new URL(`./assets/${name}`, import.meta.url)));
const swagger = (type: string, name: string): Page => fixed(type, () => readFile(packageFile("swagger-ui-dist", name)));

/** The whole document, or one service's share with `?service=`. */
function asyncApiPage({ contracts }: Registry): Page {
  const made = new Map<string, string>();
  return (req, res) => {
    const service = new URL(req.url ?? "/", "http://gateway").searchParams.get("service");
    if (service !== null && !contracts.some((contract) => contract.service === service))
      throw new NotFoundError("A service of that name");
    const body = made.get(service ?? "") ?? JSON.stringify(asyncApi(contracts, service ?? undefined));
    made.set(service ?? "", body);
    sendBody(req, res, 200, "application/json; charset=utf-8", body);
  };
}
