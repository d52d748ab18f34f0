/** Memory alarm, then disk alarm: the broker takes nothing from publishers for a minute. */
import type { Lab } from "../lib/lab.ts";
import { heldMemory, noDeadLetters, onlyStatuses, pause, settledMemory, unpublished } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";
import { EFFECTS, type EffectDoc } from "../probe/documents.ts";

const ALARM_MS = 30_000;
const BACKLOG = 600;
/** What the relay holds at most: published and not confirmed, read ahead, and a batch of the change stream. */
const FULL = 3_000;
/** More than the free space of any disk: the alarm comes at once. */
const ALL_SPACE = "100000GB";

export default scenario({
  row: 8,
  name: "alarms",
  fault: "memory alarm for 30 s, then disk alarm for 30 s, under load",
  deadlineMs: 240_000,
  async run(lab) {
    const node = await lab.start("all", { services: ["gateway", "probe", "relay", "alpha", "beta"] });
    const load = lab.load(50, () => lab.rest.write(node.url));
    const before = await settledMemory(node);
    const older = await backlog(lab);
    const { rabbit } = lab.servers;
    let kept = 0;
    let full = 0;
    try {
      await rabbit.control("set_vm_memory_high_watermark", "0");
      const memoryAlarm = pause(ALARM_MS);
      await lab.facts.writeMany(FULL);
      // Consumers in a process that publishes as well have to go on: they are what ends a real alarm.
      await until("the backlog to be consumed during the alarm", ALARM_MS, () => areConsumed(lab, older));
      await memoryAlarm;
      full = await heldMemory(node);
      await rabbit.control("set_disk_free_limit", ALL_SPACE);
      await rabbit.control("set_vm_memory_high_watermark", "0.4");
      await pause(ALARM_MS);
      kept = await unpublished(lab);
    } finally {
      await rabbit.control("set_vm_memory_high_watermark", "0.4");
      await rabbit.control("set_disk_free_limit", "200MB");
    }
    const late = await heldMemory(node);
    const endedAt = performance.now();
    await load.stop();
    await until("the outbox to be empty", 30_000, async () => (await unpublished(lab)) === 0);
    const healedMs = performance.now() - endedAt;
    onlyStatuses(lab.rest.answers, [201]);
    await noDeadLetters(lab);
    lab.promise("growth of what the process holds until the relay is full", full - before, "MB", { atMost: 15 });
    lab.promise("growth from then on", late - full, "MB", { atMost: 10 });
    lab.promise("exits of the process", node.exits.length, "", { atMost: 0 });
    return {
      happened: `every write was answered 201; ${BACKLOG} older messages were consumed meanwhile; ${kept} facts waited`,
      healedMs,
    };
  },
});

/** Published, and slow to consume: most of it is still in the queue when the alarm comes. @returns their ids */
async function backlog(lab: Lab): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < BACKLOG) ids.push(...(await lab.facts.writeMany(100, { mode: "wait", waitMs: 20 })));
  const theirs = { _id: { $in: ids }, publishedAt: null };
  const left = () => lab.database("probe").collection<{ _id: string }>("outbox").countDocuments(theirs);
  await until("the backlog in the queues", 20_000, async () => (await left()) === 0);
  return ids;
}

/** By both. */
async function areConsumed(lab: Lab, ids: readonly string[]): Promise<boolean> {
  const counts = await Promise.all(
    ["alpha", "beta"].map((name) =>
      lab
        .database(name)
        .collection<EffectDoc>(EFFECTS)
        .countDocuments({ eventId: { $in: ids } }),
    ),
  );
  return counts.every((count) => count >= ids.length);
}
