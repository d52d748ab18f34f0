/** What was published in an interval, sent again: counted first, then sent. */
import { api, queryOf } from "../api.js";
import { html, nothing } from "../lit-html.js";
import { filter, gaps, table } from "../ui.js";

const ROUTE = "/republish";
const PATH = "/ops/outbox/republish";

/**
 * A service sends so many at a time: asked until nothing is left over.
 * @param {object} interval @returns {Promise<number>} rows that wait to be sent now
 */
async function sendAll(interval) {
  let sent = 0;
  for (;;) {
    const { items, remaining } = await api("POST", PATH, interval);
    const now = items.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.republished, 0);
    sent += now;
    if (remaining === 0 || now === 0) return sent;
  }
}

/** @param {{ query: Record<string, string>, fail: (error: unknown) => void }} visit */
export async function republish({ query, fail }) {
  const { sent, ...chosen } = query;
  const counted = chosen.from ? await api("POST", PATH, { ...chosen, dryRun: true }) : undefined;
  // The end that was counted to: what is sent again is published after it.
  const interval = { ...chosen, to: counted?.to };
  /** @type {{ service: string, found: number }[]} */
  const found = (counted?.items ?? []).filter((/** @type {any} */ one) => one.found > 0);
  const total = found.reduce((sum, one) => sum + one.found, 0);
  const send = () => {
    if (!confirm(`Send ${total} events again, to all their queues?`)) return;
    sendAll(interval).then((number) => {
      location.hash = `${ROUTE}${queryOf({ ...interval, sent: String(number) })}`;
    }, fail);
  };
  return html`<h1>Send again</h1>
    <p class="hint">
      For a broker that lost its data, or a service whose database is that of a backup: whoever has handled an event does
      nothing. Times as 2026-11-27T10:00:00Z; begin well before the loss.
    </p>
    ${filter(ROUTE, chosen, [
      ["from", "Published from"],
      ["to", "Until (now, if empty)"],
      ["service", "By service"],
      ["eventType", "Event"],
    ])}
    ${sent === undefined ? nothing : html`<p class="notice" role="status">${sent} events wait to be sent again.</p>`}
    ${
      counted
        ? html`${table(
            found,
            [
              ["Service", (one) => one.service],
              ["Published then", (one) => one.found, "number"],
            ],
            "Nothing was published then.",
          )}
          ${total > 0 ? html`<p><button @click=${send}>Send ${total} again</button></p>` : nothing}
          ${gaps(counted.unavailable)}`
        : nothing
    }`;
}
