/** The event log. */
import { api, queryOf } from "../api.js";
import { html } from "../lit-html.js";
import { filter, older, table, when } from "../ui.js";

const ROUTE = "/events";

/** @param {any[]} items */
export const eventTable = (items) =>
  table(
    items,
    [
      ["At", (/** @type {any} */ event) => when(event.timestamp)],
      ["Event", (event) => html`<a href="#/events/${event.eventId}">${event.eventType}</a>`],
      ["From", (event) => event.producer],
      ["By", (event) => event.actorId],
      ["About", (event) => event.aggregateId],
      ["Version", (event) => event.aggregateVersion, "number"],
    ],
    "None matches.",
  );

/** @param {{ query: Record<string, string> }} visit */
export async function events({ query }) {
  const { items, nextCursor } = await api("GET", `/ops/events${queryOf(query)}`);
  return html`<h1>Events</h1>
    ${filter(ROUTE, query, [
      ["eventType", "Type"],
      ["correlationId", "Correlation"],
    ])}
    ${eventTable(items)} ${older(ROUTE, query, nextCursor)}`;
}
