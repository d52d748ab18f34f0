/** No room any more: first at the broker, which then takes nothing, afterwards at MongoDB, which refuses every write. */
import { withFailCommand } from "../../test/support/fail-point.ts";
import type { Lab } from "../lib/lab.ts";
import { noDeadLetters, onlyStatuses, pause, retryAfterOn503, statusText, unpublished } from "../lib/measure.ts";
import type { RestAnswer } from "../lib/rest-writes.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const FULL_MS = 15_000;
const LIMIT_S = 15;
/** More than the free space of any disk: the alarm comes at once. */
const ALL_SPACE = "100000GB";
const OUT_OF_DISK_SPACE = 14_031;
const WRITES = ["insert", "update", "delete", "findAndModify"];

export default scenario({
  row: 23,
  name: "disk-full",
  fault: "disk full under load: the broker for 15 s, then MongoDB for 15 s",
  deadlineMs: 180_000,
  nearest:
    "a file system that can be filled needs the right to mount one. The broker's own alarm is raised, by a limit above " +
    "the space that there is; each write to MongoDB fails by failCommand with OutOfDiskSpace. A mongod that a full " +
    "disk has ended is the scenario outage-mongo",
  async run(lab) {
    const node = await lab.start("all", { services: ["gateway", "probe", "relay", "alpha", "beta"] });
    const load = lab.load(50, () => lab.rest.write(node.url));
    await until("a first write", 20_000, () => lab.rest.answers.some(({ status }) => status === 201));
    const broker = await answersWhile(lab, () => brokerFull(lab));
    const mongo = await answersWhile(lab, () => mongoFull(lab));
    await load.stop();
    onlyStatuses(broker.answers, [201]);
    // What had begun before it was full has still been taken.
    onlyStatuses(mongo.answers, [201, 503]);
    const refused = mongo.answers.filter(({ status }) => status === 503).length;
    lab.promise("refused by MongoDB", refused / mongo.answers.length, "of the writes", { atLeast: 0.9 });
    retryAfterOn503(mongo.answers);
    await noDeadLetters(lab);
    lab.promise("healed after the broker's", broker.healedMs / 1_000, "s", { atMost: LIMIT_S });
    lab.promise("healed after MongoDB's", mongo.healedMs / 1_000, "s", { atMost: LIMIT_S });
    lab.promise("exits of the process", node.exits.length, "", { atMost: 0 });
    return {
      happened: `broker full: ${statusText(broker.answers)}; MongoDB full: ${statusText(mongo.answers)}`,
      healedMs: Math.max(broker.healedMs, mongo.healedMs),
    };
  },
});

/** @returns answers to what was asked during the fault, and the time from its end until writes are taken and published */
async function answersWhile(
  lab: Lab,
  fault: () => Promise<void>,
): Promise<{ answers: RestAnswer[]; healedMs: number }> {
  const from = performance.now();
  await fault();
  const to = performance.now();
  await until("a write", 60_000, () => lab.rest.answers.some(({ at, status }) => at > to && status === 201));
  // Under load there is always something on its way: only what is left of the fault counts.
  await until("a small outbox", 60_000, async () => (await unpublished(lab)) < 25, 100);
  const healedMs = performance.now() - to;
  return { answers: lab.rest.answers.filter(({ at }) => at >= from && at < to), healedMs };
}

async function brokerFull(lab: Lab): Promise<void> {
  const { rabbit } = lab.servers;
  try {
    await rabbit.control("set_disk_free_limit", ALL_SPACE);
    await pause(FULL_MS);
  } finally {
    await rabbit.control("set_disk_free_limit", "200MB");
  }
}

/** For every command of the process: appName is its nodeID. */
const mongoFull = (lab: Lab): Promise<void> =>
  withFailCommand(
    lab.client,
    "alwaysOn",
    { failCommands: WRITES, errorCode: OUT_OF_DISK_SPACE, appName: `${lab.prefix}-all` },
    () => pause(FULL_MS),
  );
