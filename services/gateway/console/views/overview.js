/** What runs, what waits, what needs somebody. */
import { api, queryOf } from "../api.js";
import { html } from "../lit-html.js";
import { badge, facts, gaps, table, when } from "../ui.js";

/** Of a service's queue, its retry queues say nothing about trouble. @param {{ name: string, messages: number | null, consumers: number | null }} queue */
const isNoteworthy = ({ name, messages, consumers }) =>
  messages === null || messages > 0 || (consumers === 0 && !name.includes(".retry."));

/** Also while something is away (503). @returns {Promise<any>} */
const health = () => fetch("/health/ready").then((response) => response.json());

/** @param {{ reload: () => Promise<void> }} visit */
export async function overview({ reload }) {
  const [state, queues, relays, groups] = await Promise.all([
    health(),
    api("GET", "/ops/queues"),
    api("GET", "/ops/relays"),
    api("GET", `/ops/dead-letters/groups${queryOf({ status: "open" })}`),
  ]);
  const { mongodb, rabbitmq, relay, services } = state.dependencies;
  /** @type {any[]} */
  const busy = queues.items.filter(isNoteworthy);
  return html`<h1>Overview ${badge(state.status)} <button @click=${reload}>Look again</button></h1>
    ${facts([
      ["MongoDB", badge(mongodb.state)],
      ["RabbitMQ", badge(rabbitmq.state)],
      ["Relay", html`${badge(relay.state)} ${relay.holder ?? "nobody holds the lease"}`],
      [
        "Services",
        html`${Object.entries(services).map(([name, { state: how }]) => html`<span class="service">${name} ${badge(how)}</span>`)}`,
      ],
    ])}
    <h2>Dead letters by cause</h2>
    ${table(
      groups.items,
      [
        ["Consumer", (/** @type {any} */ group) => group.consumer],
        ["Event", (group) => group.eventType],
        [
          "Cause",
          (group) =>
            html`<a href="#/dead-letters${queryOf({ fingerprint: group.fingerprint, status: "open" })}">${group.code}</a>`,
        ],
        ["Message", (group) => group.sample.message],
        ["Count", (group) => group.count, "number"],
        ["Last", (group) => when(group.lastSeen)],
      ],
      "None is open.",
    )}
    <h2>Outbox</h2>
    ${table(relays.items, [
      ["Service", (/** @type {any} */ outbox) => outbox.service],
      ["Pending", (outbox) => outbox.pending, "number"],
      ["Oldest", (outbox) => when(outbox.oldestPendingAt)],
      ["Unroutable", (outbox) => outbox.unroutable, "number"],
      ["Failed", (outbox) => outbox.failed, "number"],
      ["Last published", (outbox) => when(outbox.lastPublishedAt)],
    ])}
    <h2>Queues</h2>
    ${table(
      busy,
      [
        ["Queue", (queue) => queue.name],
        ["Messages", (queue) => queue.messages ?? "does not exist", "number"],
        ["Consumers", (queue) => queue.consumers, "number"],
      ],
      `All ${queues.items.length} are empty, and somebody consumes each.`,
    )}
    ${gaps(relays.unavailable)}`;
}
