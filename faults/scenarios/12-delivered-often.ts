/** One event a hundred times, at once, to three processes: one effect for each consumer, also in one database. */
import { messageOf } from "../../mixins/outbox/message.ts";
import { OUTBOX, type OutboxRow } from "../../mixins/outbox/row.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const TIMES = 100;
const EVENTS = 5;

export default scenario({
  row: 12,
  name: "delivered-often",
  fault: `one event delivered ${TIMES} times, concurrently, to 3 consumer processes`,
  short: "alone",
  sharedDatabase: ["alpha", "beta"],
  async run(lab) {
    await lab.start("relay", { services: ["relay"] });
    const names = ["one", "two", "three"];
    await Promise.all(names.map((name) => lab.start(name, { services: ["alpha", "beta"] })));
    await lab.facts.writeMany(EVENTS);
    const rows = await lab.database("probe").collection<OutboxRow>(OUTBOX).find().toArray();
    const since = performance.now();
    const copies = rows.flatMap((row) => Array.from({ length: TIMES - 1 }, () => messageOf(row)));
    const { channel, close } = await lab.channel();
    for (const { exchange, routingKey, content, options } of copies)
      channel.publish(exchange, routingKey, content, options);
    await channel.waitForConfirms();
    await close();
    await until("all copies to be settled", 60_000, () => lab.quiet(5_000));
    return {
      happened: `${rows.length} events, ${rows.length * TIMES} deliveries to each of two consumers with one database`,
      healedMs: performance.now() - since,
    };
  },
});
