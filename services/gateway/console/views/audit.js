/** Who did what to which dead letter. */
import { api, queryOf } from "../api.js";
import { html } from "../lit-html.js";
import { filter, gaps, older, table, when } from "../ui.js";

const ROUTE = "/audit";
const STEPS = ["archived", "edited", "replayed", "resolved", "discarded", "restored"];

/** @param {{ query: Record<string, string> }} visit */
export async function audit({ query }) {
  const { items, nextCursor, unavailable } = await api("GET", `/ops/audit${queryOf(query)}`);
  return html`<h1>Audit</h1>
    ${filter(ROUTE, query, [
      ["consumer", "Consumer"],
      ["actorId", "By"],
      ["step", "Step", STEPS],
    ])}
    ${table(items, [
      ["At", (/** @type {any} */ step) => when(step.at)],
      ["Step", (step) => step.step],
      ["By", (step) => step.actorId],
      [
        "Dead letter",
        (step) => html`<a href="#/dead-letters/${encodeURIComponent(step.deadLetterId)}">${step.deadLetterId}</a>`,
      ],
      ["Detail", (step) => html`<code>${JSON.stringify(step.detail)}</code>`],
    ])}
    ${older(ROUTE, query, nextCursor)} ${gaps(unavailable)}`;
}
