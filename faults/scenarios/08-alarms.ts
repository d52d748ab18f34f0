/** Memory alarm, then disk alarm: the broker takes nothing from publishers for a minute. */
import { Load } from "../lib/facts.ts";
import type { Lab } from "../lib/lab.ts";
import { effectTimes, memoryOf, noDeadLetters, onlyStatuses, pause, unpublished, watchMemory } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const ALARM_MS = 30_000;
const BACKLOG = 2_000;
/** More than the free space of any disk: the alarm comes at once. */
const ALL_SPACE = "1000TB";

export default scenario({
  row: 8,
  name: "alarms",
  fault: "memory alarm for 30 s, then disk alarm for 30 s, under load",
  deadlineMs: 180_000,
  async run(lab) {
    const node = await lab.start("all", { services: ["gateway", "probe", "relay"] });
    const load = new Load(50, () => lab.rest.write(node.url));
    await pause(3_000);
    const before = memoryOf(node.pid);
    const memory = watchMemory(() => node.pid);
    const { rabbit } = lab.servers;
    let drained = 0;
    try {
      await rabbit.control("set_vm_memory_high_watermark", "0");
      // Consumers of a process that publishes as well have to go on: they are what ends a real alarm.
      drained = await drainDuringAlarm(lab);
      await pause(ALARM_MS);
      await rabbit.control("set_vm_memory_high_watermark", "0.4");
      await rabbit.control("set_disk_free_limit", ALL_SPACE);
      await pause(ALARM_MS);
    } finally {
      await rabbit.control("set_vm_memory_high_watermark", "0.4");
      await rabbit.control("set_disk_free_limit", "200MB");
    }
    const endedAt = performance.now();
    await load.stop();
    const kept = await unpublished(lab);
    await until("the outbox to be empty", 30_000, async () => (await unpublished(lab)) === 0);
    const healedMs = performance.now() - endedAt;
    onlyStatuses(lab.rest.answers, [201]);
    await noDeadLetters(lab);
    lab.promise("growth of the relay's memory", memory.end() - before, "MB", { atMost: 60 });
    lab.promise("exits of the process", node.exits.length, "", { atMost: 0 });
    return {
      happened: `every write was answered 201; ${drained} messages were consumed during the alarm; ${kept} facts waited`,
      healedMs,
    };
  },
});
