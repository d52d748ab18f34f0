/** The list of dead letters, and the replay of all that a filter matches. */
import { api, queryOf } from "../api.js";
import { html, nothing } from "../lit-html.js";
import { badge, filter, gaps, older, table, when } from "../ui.js";

const ROUTE = "/dead-letters";
const STATUSES = ["open", "replaying", "resolved", "discarded"];

/** @param {{ query: Record<string, string>, reload: () => Promise<void>, fail: (error: unknown) => void }} visit */
export async function deadLetters({ query, reload, fail }) {
  const { items, nextCursor, unavailable } = await api("GET", `/ops/dead-letters${queryOf(query)}`);
  const { cursor: _, status: __, ...chosen } = query;
  const replayAll = () => {
    const what = Object.entries(chosen)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
    if (!confirm(`Send all open dead letters again where ${what}?`)) return;
    api("POST", "/ops/replays", { filter: chosen }, { "idempotency-key": crypto.randomUUID() }).then((result) => {
      alert(
        `${result.replayed} of ${result.selected} sent again, ${result.refused.length} refused, ${result.remaining} left over.`,
      );
      return reload();
    }, fail);
  };
  return html`<h1>Dead letters</h1>
    ${filter(ROUTE, query, [
      ["consumer", "Consumer"],
      ["eventType", "Event"],
      ["fingerprint", "Cause"],
      ["status", "Status", STATUSES],
    ])}
    ${Object.keys(chosen).length > 0 ? html`<p><button @click=${replayAll}>Send all open ones again</button></p>` : nothing}
    ${table(
      items,
      [
        ["Status", (/** @type {any} */ letter) => badge(letter.status)],
        ["Consumer", (letter) => letter.consumer],
        ["Event", (letter) => html`<a href="#/dead-letters/${encodeURIComponent(letter.id)}">${letter.eventType}</a>`],
        ["Code", (letter) => letter.code],
        ["Attempts", (letter) => letter.attempts, "number"],
        ["Edited", (letter) => (letter.edited ? "yes" : "")],
        ["Dead since", (letter) => when(letter.deadAt)],
      ],
      "None matches.",
    )}
    ${older(ROUTE, query, nextCursor)} ${gaps(unavailable)}`;
}
