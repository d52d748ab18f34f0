/** The saved resume token is of no use, and the live stream ends with errors that no token survives. */
import { withFailCommand } from "../../test/support/fail-point.ts";
import type { FaultNode } from "../lib/fault-node.ts";
import type { Lab } from "../lib/lab.ts";
import { unpublished } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

/** ChangeStreamHistoryLost: fell out of the oplog. ChangeStreamFatalError: what the server says after an invalidate. */
const ERRORS = [286, 280] as const;

export default scenario({
  row: 11,
  name: "token-lost",
  fault: "resume token lost; change stream ends with 286, and with 280",
  short: "alone",
  nearest:
    "an invalidate event can't be made: a stream over the whole deployment gets none. Error 280, that a stream ends with after one, is made by failCommand, as 286 is",
  async run(lab) {
    const relay = await lab.start("relay", { services: ["relay"] });
    await lab.start("consumers", { services: ["alpha", "beta"] });
    const times: number[] = [];
    for (const code of ERRORS) times.push(await streamEnds(lab, code));
    times.push(await tokenIsDamaged(lab, relay));
    const healedMs = Math.max(...times);
    const ends = relay.log.split("change stream ended").length - 1;
    lab.promise("swept", healedMs / 1_000, "s", { atMost: 5 });
    // One for each fault, and one more where the driver tries by itself first.
    lab.promise("times that a stream ended", ends, "", { atMost: 2 * times.length });
    return {
      happened: `${times.length} streams lost their place; the sweep found what was written meanwhile`,
      healedMs,
    };
  },
});

/** @returns milliseconds until everything was published */
async function streamEnds(lab: Lab, errorCode: number): Promise<number> {
  const appName = `${lab.prefix}-relay`;
  const data = { failCommands: ["getMore", "aggregate"], errorCode, appName };
  const since = performance.now();
  await withFailCommand(lab.client, { times: 2 }, data, async () => {
    for (let n = 0; n < 50; n++) await lab.facts.write();
  });
  await until("everything published", 20_000, async () => (await unpublished(lab)) === 0, 20);
  return performance.now() - since;
}

async function tokenIsDamaged(lab: Lab, relay: FaultNode): Promise<number> {
  await relay.kill();
  await lab.facts.writeMany(100);
  await lab
    .database("relay")
    .collection<{ _id: string }>("leases")
    .updateOne({ _id: "relay" }, { $set: { token: { _data: "8265AAAA" } } });
  await relay.start("");
  const since = performance.now();
  await until("everything published", 20_000, async () => (await unpublished(lab)) === 0, 20);
  return performance.now() - since;
}
