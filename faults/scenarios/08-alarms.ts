/** Memory alarm, then disk alarm: the broker takes nothing from publishers for a minute. */
import type { Lab } from "../lib/lab.ts";
import { effectTimes, noDeadLetters, onlyStatuses, pause, unpublished } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const ALARM_MS = 30_000;
const BACKLOG = 600;
/** More than the free space of any disk: the alarm comes at once. */
const ALL_SPACE = "100000GB";

export default scenario({
  row: 8,
  name: "alarms",
  fault: "memory alarm for 30 s, then disk alarm for 30 s, under load",
  deadlineMs: 180_000,
  async run(lab) {
    const node = await lab.start("all", { services: ["gateway", "probe", "relay", "alpha", "beta"] });
    await backlog(lab);
    const load = lab.load(50, () => lab.rest.write(node.url));
    const before = await node.liveMemory();
    const { rabbit } = lab.servers;
    try {
      await rabbit.control("set_vm_memory_high_watermark", "0");
      const memoryAlarm = pause(ALARM_MS);
      // Consumers in a process that publishes as well have to go on: they are what ends a real alarm.
      await until("the backlog to be consumed during the alarm", ALARM_MS, () => isConsumed(lab));
      await memoryAlarm;
      await rabbit.control("set_disk_free_limit", ALL_SPACE);
      await rabbit.control("set_vm_memory_high_watermark", "0.4");
      await pause(ALARM_MS);
    } finally {
      await rabbit.control("set_vm_memory_high_watermark", "0.4");
      await rabbit.control("set_disk_free_limit", "200MB");
    }
    const held = (await node.liveMemory()) - before;
    const endedAt = performance.now();
    await load.stop();
    const kept = await unpublished(lab);
    await until("the outbox to be empty", 30_000, async () => (await unpublished(lab)) === 0);
    const healedMs = performance.now() - endedAt;
    onlyStatuses(lab.rest.answers, [201]);
    await noDeadLetters(lab);
    lab.promise("growth of what the process holds", held, "MB", { atMost: 15 });
    lab.promise("exits of the process", node.exits.length, "", { atMost: 0 });
    return {
      happened: `every write was answered 201; ${BACKLOG} older messages were consumed meanwhile; ${kept} facts waited`,
      healedMs,
    };
  },
});

/** Published, and slow to consume: most of it is still in the queue when the alarm comes. */
async function backlog(lab: Lab): Promise<void> {
  for (let written = 0; written < BACKLOG; written += 100) await lab.facts.writeMany(100, { mode: "wait", waitMs: 20 });
  await until("the backlog in the queues", 20_000, async () => {
    const outbox = lab.database("probe").collection("outbox");
    return (await outbox.countDocuments({ publishedAt: null })) === 0;
  });
}

/** By both: all that was published before the alarm. */
async function isConsumed(lab: Lab): Promise<boolean> {
  const counts = await Promise.all(["alpha", "beta"].map(async (name) => (await effectTimes(lab, name)).length));
  return counts.every((count) => count >= BACKLOG);
}
