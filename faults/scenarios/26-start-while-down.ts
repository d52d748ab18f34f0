/** A start while both servers are down waits for them, and is there when they are. */
import { pause } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";

export default scenario({
  row: 26,
  name: "start-while-down",
  fault: "a start while MongoDB and RabbitMQ are down; MongoDB comes first, RabbitMQ 5 s later",
  async run(lab) {
    const { mongo, rabbit } = lab.servers;
    await Promise.all([mongo.kill(), rabbit.kill()]);
    const starting = lab.start("late", { services: ["gateway", "probe", "relay", "alpha", "beta"] });
    starting.catch(() => {});
    await pause(8_000).finally(() => mongo.start());
    await pause(5_000).finally(() => rabbit.start());
    const since = performance.now();
    const node = await starting;
    const healedMs = performance.now() - since;
    const { status } = await lab.rest.write(node.url);
    if (status !== 201) throw new Error(`Its first write was answered ${status}.`);
    lab.promise("started after the second server", healedMs / 1_000, "s", { atMost: 15 });
    lab.promise("exits of the process", node.exits.length, "", { atMost: 0 });
    return { happened: "it waited for both, and took a write", healedMs };
  },
});
