/** The events as a page: small, rendered here, without a script. Pure. */

import type { Contract, Version } from "../../mixins/kit/contracts.ts";
import { escapeHtml } from "../../mixins/kit/html.ts";
import { type CatalogueEvent, catalogue, envelopeSchema } from "./asyncapi.ts";
import { exampleOf } from "./example.ts";

export function eventsPage(contracts: readonly Contract[]): string {
  const events = catalogue(contracts);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Events</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/assets/pages.css">
</head>
<body>
<nav class="top"><a href="/docs">API</a> <a href="/docs/events" aria-current="page">Events</a> <a href="/console">Operations</a> <a href="/health/ready">Health</a></nav>
<main class="events">
<h1>Events</h1>
<p>Every fact goes through the topic exchange <code>app.events</code>; the routing key is the event type. It arrives at least once.
The document behind this page: <a href="/api/v1/asyncapi.json">AsyncAPI</a>, or one service's share:
${contracts.map(({ service }) => `<a href="/api/v1/asyncapi.json?service=${encodeURIComponent(service)}">${escapeHtml(service)}</a>`).join(", ")}.</p>
<table>
<thead><tr><th scope="col">Event</th><th scope="col">Version</th><th scope="col">Published by</th><th scope="col">Consumed by</th></tr></thead>
<tbody>
${events.map(row).join("\n")}
</tbody>
</table>
${events.map(section).join("\n")}
</main>
</body>
</html>
`;
}

const link = (type: string): string => `<a href="#${escapeHtml(type)}"><code>${escapeHtml(type)}</code></a>`;
const listed = (names: readonly string[]): string => (names.length > 0 ? names.map(escapeHtml).join(", ") : "nobody");

const row = ({ type, def, owner, consumers }: CatalogueEvent): string =>
  `<tr><td>${link(type)}</td><td>${def.current}</td><td>${escapeHtml(owner)}</td><td>${listed(consumers)}</td></tr>`;

function section(event: CatalogueEvent): string {
  const { type, owner, consumers, def } = event;
  const versions = (Object.keys(def.versions) as Version[]).reverse();
  return `<section id="${escapeHtml(type)}">
<h2><code>${escapeHtml(type)}</code></h2>
<p>Published by ${escapeHtml(owner)}. Consumed by ${listed(consumers)}.</p>
${versions.map((version) => versionBlock(event, version)).join("\n")}
</section>`;
}

function versionBlock({ type, def }: CatalogueEvent, version: Version): string {
  const schema = envelopeSchema(type, version, def);
  const current = version === def.current;
  return `<details${current ? " open" : ""}>
<summary>${version}${current ? ", current" : ", older, still understood"}: example</summary>
<pre>${json(exampleOf(schema))}</pre>
</details>
<details>
<summary>${version}: schema of the payload</summary>
<pre>${json((schema.properties as { payload: unknown }).payload)}</pre>
</details>`;
}

const json = (value: unknown): string => escapeHtml(JSON.stringify(value, null, 2));
