/** Facts of one ticket arrive in any order, old ones after new ones: the search index keeps the newest. */
import { newId } from "../../mixins/kit/ids.ts";
import { inTransaction } from "../../mixins/outbox/transaction.ts";
import type { Lab } from "../lib/lab.ts";
import { scenario } from "../lib/scenario.ts";
import type { LooseTx } from "../probe/services.ts";

const TICKETS = 30;
const STATES = ["in_progress", "deferred", "in_progress", "resolved", "closed"] as const;
const LAST = STATES.length + 1;

export default scenario({
  row: 13,
  name: "reordered",
  fault: "the facts of one ticket in any order, over two consumer processes",
  short: "alone",
  domain: "tickets,search,relay",
  alone: "its facts are of tickets that nobody wrote, and its consumers the only ones of search",
  async run(lab) {
    await lab.start("relay", { services: ["relay"] });
    await Promise.all(["one", "two"].map((name) => lab.start(name, { services: ["search"] })));
    const ids = Array.from({ length: TICKETS }, () => newId());
    for (const [ticketId, version] of shuffled(ids)) await publish(lab, ticketId, version);
    if (!(await lab.quiet(40_000))) throw new Error("Not everything was handled after 40 s.");
    const stale = await staleAmong(lab, ids);
    if (stale.length > 0) throw new Error(`Overwritten by older facts: ${stale.join(", ")}`);
    return {
      happened: `${TICKETS * LAST} facts of ${TICKETS} tickets shuffled; each document shows its newest`,
      healedMs: null,
    };
  },
});

/** Every version of every ticket, in one random order. */
function shuffled(ids: readonly string[]): [string, number][] {
  const all = ids.flatMap((id) => Array.from({ length: LAST }, (_, index): [string, number] => [id, index + 1]));
  return all
    .map((one) => ({ one, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
}

async function publish(lab: Lab, ticketId: string, version: number): Promise<void> {
  const options = {
    client: lab.client,
    db: lab.database("tickets"),
    service: "tickets",
    registry: lab.registry,
    now: new Date(),
    cause: { actorId: "system:tickets" },
  };
  const [eventType, payload] = factOf(ticketId, version);
  const eventId = await inTransaction(options, async (tx) =>
    (tx as unknown as LooseTx).publish(eventType, payload, { aggregateId: ticketId, aggregateVersion: version }),
  );
  lab.ledger.record({ owner: "tickets", eventType, state: "accepted", eventId });
}

function factOf(ticketId: string, version: number): [string, object] {
  const head = { ticketId, number: 1, buildingId: BUILDING, reporterId: REPORTER, version };
  if (version === 1) {
    const text = { category: "other", priority: "normal", title: "Tap", description: "It drips.", dueAt: null };
    return ["ticket.created", { ...head, ...text, unitId: newId() }];
  }
  const [from, to] = [STATES[version - 3] ?? "open", STATES[version - 2]];
  return ["ticket.status_changed", { ...head, assigneeId: null, from, to, reason: null, actorId: REPORTER }];
}

const BUILDING = newId();
const REPORTER = newId();

async function staleAmong(lab: Lab, ids: readonly string[]): Promise<string[]> {
  const db = lab.database("search");
  const found = await db.listCollections({ name: /^documents/ }, { nameOnly: true }).toArray();
  const documents = found.map(({ name }) => db.collection<{ _id: string }>(name));
  const fresh = { status: STATES.at(-1), statusVersion: LAST, textVersion: 1 };
  const counts = await Promise.all(
    ids.map(async (id) => {
      const matching = documents.map((collection) => collection.countDocuments({ _id: `ticket/${id}`, ...fresh }));
      return { id, count: (await Promise.all(matching)).reduce((sum, count) => sum + count, 0) };
    }),
  );
  return counts.filter(({ count }) => count !== 1).map(({ id }) => id);
}
