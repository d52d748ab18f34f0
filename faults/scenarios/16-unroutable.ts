/** No queue wants an event; then the exchange is gone. Nothing counts as published that reached nobody. */
import { EVENTS_EXCHANGE } from "../../mixins/amqp/names.ts";
import type { Lab } from "../lib/lab.ts";
import { pause, unpublished } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";
import { HAPPENED } from "../probe/contracts.ts";

const FACTS = 20;
const QUEUES = { "alpha.q": "probe.*", "beta.q": HAPPENED };

export default scenario({
  row: 16,
  name: "unroutable",
  fault: "no binding for an event; then the exchange deleted under load",
  short: "alone",
  alone: "the event log takes every event, so that none is unroutable",
  async run(lab) {
    const relay = await lab.start("relay", { services: ["relay"] });
    await lab.start("consumers", { services: ["alpha", "beta"] });
    const vhost = encodeURIComponent(new URL(lab.world.env.AMQP_URL).pathname.slice(1));
    await unbind(lab, vhost);
    await lab.facts.writeMany(FACTS);
    const outbox = lab.database("probe").collection("outbox");
    const marked = () => outbox.countDocuments({ unroutable: { $exists: true }, publishedAt: null });
    await until("the marks", 20_000, async () => (await marked()) === FACTS);
    // Between the two bindings an event would reach one of the queues only, and count as published.
    relay.hang();
    await bind(lab, vhost).finally(() => relay.wake());
    const boundAt = performance.now();
    await until("everything published", 20_000, async () => (await unpublished(lab)) === 0);
    const afterBinding = performance.now() - boundAt;
    const load = lab.load(100, () => lab.facts.write());
    await pause(1_000);
    await lab.management("DELETE", `/api/exchanges/${vhost}/${EVENTS_EXCHANGE}`);
    const deletedAt = performance.now();
    await pause(2_000);
    await load.stop();
    await until("everything published", 30_000, async () => (await unpublished(lab)) === 0);
    const afterDeletion = performance.now() - deletedAt - 2_000;
    lab.promise("sent after the binding", afterBinding / 1_000, "s", { atMost: 5 });
    lab.promise("sent after the exchange was deleted", afterDeletion / 1_000, "s", { atMost: 10 });
    return {
      happened: `${FACTS} facts were marked unroutable and sent once bound; a deleted exchange was declared again with its bindings`,
      healedMs: Math.max(afterBinding, afterDeletion),
    };
  },
});

async function unbind(lab: Lab, vhost: string): Promise<void> {
  for (const queue of Object.keys(QUEUES)) {
    const path = `/api/bindings/${vhost}/e/${EVENTS_EXCHANGE}/q/${queue}`;
    const bindings = (await lab.management("GET", path)) as { properties_key: string; routing_key: string }[];
    for (const { properties_key, routing_key } of bindings)
      if (Object.values(QUEUES).includes(routing_key)) await lab.management("DELETE", `${path}/${properties_key}`);
  }
}

/** By hand, as an operator would. */
async function bind(lab: Lab, vhost: string): Promise<void> {
  await Promise.all(
    Object.entries(QUEUES).map(([queue, routing_key]) =>
      lab.management("POST", `/api/bindings/${vhost}/e/${EVENTS_EXCHANGE}/q/${queue}`, { routing_key }),
    ),
  );
}
