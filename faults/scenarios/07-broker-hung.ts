/** The broker hangs: its sockets stay open, and nothing comes back. */
import { noDeadLetters, onlyStatuses, pause, unpublished } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

/** Longer than a heartbeat needs to find it out. */
const HANG_MS = 14_000;

export default scenario({
  row: 7,
  name: "broker-hung",
  fault: "broker hung (SIGSTOP) for 14 s under load",
  async run(lab) {
    const node = await lab.start("all", { services: ["gateway", "probe", "relay", "alpha", "beta"] });
    const load = lab.load(50, () => lab.rest.write(node.url));
    await pause(2_000);
    lab.servers.rabbit.hang();
    await pause(HANG_MS).finally(() => lab.servers.rabbit.wake());
    const wokenAt = performance.now();
    await load.stop();
    const kept = await unpublished(lab);
    await until("the outbox to be empty", 30_000, async () => (await unpublished(lab)) === 0);
    const healedMs = performance.now() - wokenAt;
    onlyStatuses(lab.rest.answers, [201]);
    await noDeadLetters(lab);
    lab.promise("gap after it woke", healedMs / 1_000, "s", { atMost: 15 });
    lab.promise("exits of the process", node.exits.length, "", { atMost: 0 });
    return { happened: `every write was answered 201; ${kept} facts waited in the outbox`, healedMs };
  },
});
