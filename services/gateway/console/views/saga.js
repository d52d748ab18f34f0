/** All events of one correlation id, in order. */
import { api } from "../api.js";
import { html, nothing } from "../lit-html.js";
import { eventTable } from "./events.js";

/** @param {{ id: string }} visit */
export async function saga({ id }) {
  const { items, truncated } = await api("GET", `/ops/sagas/${encodeURIComponent(id)}`);
  return html`<h1>Correlation ${id}</h1>
    ${eventTable(items)} ${truncated ? html`<p class="notice">There are more.</p>` : nothing}`;
}
