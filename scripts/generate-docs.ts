/**
 * Writes what the code says: `npm run docs` -> docs/openapi.json, docs/asyncapi.json, docs/metrics.md, docs/domains/;
 * `npm run contracts:release` (--contracts) -> docs/contracts/<event>.json, refused on a breaking change.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { breaksOf, type ReleasedEvent, releaseOf } from "../mixins/kit/compatibility.ts";
import { metricsPage } from "../mixins/metrics/page.ts";
import { contracts } from "../services/contracts.ts";
import { asyncApi } from "../services/gateway/asyncapi.ts";
import { openApi } from "../services/gateway/openapi.ts";
import { routesOf } from "../services/gateway/routes.ts";
import { PREVIEW_LOCALES, previewPage } from "../services/notifications/templates/preview.ts";
import { domainPages } from "./lib/domain-page.ts";

const DOCS = new URL("../docs/", import.meta.url);
const DOMAINS = new URL("domains/", DOCS);
const CONTRACTS = new URL("contracts/", DOCS);

const write = (url: URL, value: unknown): void => writeFileSync(url, `${JSON.stringify(value, null, 2)}\n`);

function writeDocs(): void {
  mkdirSync(DOCS, { recursive: true });
  write(new URL("openapi.json", DOCS), openApi(routesOf(contracts)));
  write(new URL("asyncapi.json", DOCS), asyncApi(contracts));
  writeFileSync(new URL("metrics.md", DOCS), metricsPage());
  rmSync(DOMAINS, { recursive: true, force: true });
  mkdirSync(DOMAINS);
  for (const [name, text] of domainPages(contracts)) writeFileSync(new URL(name, DOMAINS), text);
  mkdirSync(new URL("notifications/", DOCS), { recursive: true });
  for (const locale of PREVIEW_LOCALES) writeFileSync(new URL(`notifications/${locale}.md`, DOCS), previewPage(locale));
  console.log("Written: docs/openapi.json, docs/asyncapi.json, docs/metrics.md, docs/domains, docs/notifications");
}

function releaseContracts(): void {
  mkdirSync(CONTRACTS, { recursive: true });
  const files = readdirSync(CONTRACTS).filter((name) => name.endsWith(".json"));
  const released = files.map((name) => JSON.parse(readFileSync(new URL(name, CONTRACTS), "utf8")) as ReleasedEvent);
  const current = releaseOf(contracts);
  const breaks = breaksOf(released, current);
  for (const { eventType, version, path, reason } of breaks)
    console.error(`${eventType} ${version} ${path}: ${reason}`);
  if (breaks.length > 0) {
    console.error("Nothing was written. Remedy: make it a new version with an upcaster (versionedEvent).");
    process.exitCode = 1;
    return;
  }
  for (const name of files) rmSync(new URL(name, CONTRACTS));
  for (const event of current) write(new URL(`${event.eventType}.json`, CONTRACTS), event);
  console.log(`Written: ${current.length} contracts in docs/contracts`);
}

if (process.argv.includes("--contracts")) releaseContracts();
else writeDocs();
