/** Bodies that no handler may ever see go to the dead letters at once; the process stays, and so do its neighbours. */
import { MAX_BODY_BYTES } from "../../mixins/amqp/envelope.ts";
import { newId } from "../../mixins/kit/ids.ts";
import { DEAD_LETTERS, type DeadLetter } from "../../mixins/retry/dead-letter.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";
import { HAPPENED } from "../probe/contracts.ts";

const envelope = (fields: object) =>
  Buffer.from(
    JSON.stringify({
      eventId: newId(),
      version: "v1",
      eventType: HAPPENED,
      timestamp: new Date().toISOString(),
      payload: { n: 1 },
      ...fields,
    }),
  );

const BROKEN: readonly [string, Buffer][] = [
  ["NOT_JSON", Buffer.from([0xff, 0x00, 0x7b, 0x22])],
  ["NOT_JSON", Buffer.alloc(0)],
  ["NO_ENVELOPE", Buffer.from('{"hello":"world"}')],
  ["NO_ENVELOPE", Buffer.from("[]")],
  ["NO_ENVELOPE", envelope({ eventId: "7" })],
  ["UNKNOWN_TYPE", envelope({ eventType: "nobody.knows" })],
  ["UNKNOWN_VERSION", envelope({ version: "v99" })],
  ["UNKNOWN_VERSION", envelope({ version: "__proto__" })],
  ["CONTRACT_VIOLATED", envelope({ payload: { n: "one" } })],
  ["TOO_LARGE", Buffer.alloc(MAX_BODY_BYTES + 1, " ")],
];

export default scenario({
  row: 15,
  name: "broken-messages",
  fault: "not JSON, no envelope, unknown type or version, contract violated, too large",
  short: "alone",
  async run(lab) {
    await lab.start("relay", { services: ["relay"] });
    const node = await lab.start("work", { services: ["alpha", "beta"] });
    const { channel, close } = await lab.channel();
    const since = performance.now();
    for (const [, body] of BROKEN) {
      channel.publish("", "alpha.q", body, { deliveryMode: 2 });
      await lab.facts.write();
    }
    await channel.waitForConfirms();
    await close();
    const letters = lab.database("alpha").collection<DeadLetter>(DEAD_LETTERS);
    const all = async () => (await letters.countDocuments()) === BROKEN.length;
    await until("a dead letter for each of them", 10_000, all);
    const healedMs = performance.now() - since;
    const codes = (await letters.find().toArray()).map(({ code }) => code).sort();
    const expected = BROKEN.map(([code]) => code).sort();
    if (String(codes) !== String(expected)) throw new Error(`${codes} instead of ${expected}`);
    if (node.exits.length > 0) throw new Error("The process ended.");
    return {
      happened: `${BROKEN.length} broken bodies between good ones: each a dead letter with its reason`,
      healedMs,
    };
  },
});
