/** What the embedded channels hold instead of sending it. */
import { api, queryOf } from "../api.js";
import { html } from "../lit-html.js";
import { filter, masked, older, table, when } from "../ui.js";

const ROUTE = "/deliveries";

/** @param {{ query: Record<string, string> }} visit */
export async function deliveries({ query }) {
  const { items, nextCursor } = await api("GET", `/ops/deliveries${queryOf(query)}`);
  return html`<h1>Deliveries</h1>
    <p class="hint">Channels without a provider keep here what they would send.</p>
    ${filter(ROUTE, query, [
      ["channel", "Channel"],
      ["to", "To"],
    ])}
    ${table(items, [
      ["At", (/** @type {any} */ delivery) => when(delivery.at)],
      ["Channel", (delivery) => delivery.channel],
      ["To", (delivery) => masked(delivery.to)],
      [
        "Subject",
        (delivery) => html`<details><summary>${delivery.subject}</summary><pre>${delivery.text}</pre></details>`,
      ],
    ])}
    ${older(ROUTE, query, nextCursor)}`;
}
