/** Moleculer's transporter: a channel closed while its connection stands, a node killed, the broker restarted. */
import type { FaultNode } from "../lib/fault-node.ts";
import type { Lab } from "../lib/lab.ts";
import { onlyStatuses, pause, retryAfterOn503, statusText } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const LIMIT_S = 15;
/** REQUEST_TIMEOUT_MS, and a second to answer. */
const LONGEST_ANSWER_S = 11;

export default scenario({
  row: 25,
  name: "transporter",
  fault: "transporter: channel closed, a node killed, broker restarted; every request crosses it",
  deadlineMs: 240_000,
  async run(lab) {
    const front = await lab.start("front", { services: ["gateway"], restart: true });
    const back = await Promise.all(
      ["one", "two"].map((name) => lab.start(name, { services: ["probe", "relay", "alpha", "beta"], restart: true })),
    );
    const load = lab.load(20, () => lab.rest.write(front.url));
    await pause(2_000);
    const closed = await channelClosed(lab, front);
    const killed = await nodeKilled(lab, front, back[1] as FaultNode);
    const restarted = await brokerRestarted(lab, front);
    await load.stop();
    const answered = lab.rest.answers.filter(({ status }) => status !== 0);
    onlyStatuses(answered, [201, 503]);
    retryAfterOn503(answered);
    const longest = Math.max(...lab.rest.answers.map(({ ms }) => ms));
    lab.promise("longest answer", longest / 1_000, "s", { atMost: LONGEST_ANSWER_S });
    lab.promise("dead channel ended its process", closed / 1_000, "s", { atMost: LIMIT_S });
    lab.promise("healed after a node was killed", killed / 1_000, "s", { atMost: LIMIT_S });
    lab.promise("healed after the broker was back", restarted / 1_000, "s", { atMost: LIMIT_S });
    return { happened: statusText(lab.rest.answers), healedMs: Math.max(closed, killed, restarted) };
  },
});

/** Its heartbeat has no exchange any more: 404, which closes the channel and not the connection. */
async function channelClosed(lab: Lab, front: FaultNode): Promise<number> {
  const vhost = encodeURIComponent(new URL(lab.world.env.AMQP_URL).pathname.slice(1));
  await lab.management("DELETE", `/api/exchanges/${vhost}/MOL-${lab.prefix}.HEARTBEAT`);
  await until("the closed channel", 10_000, () => front.log.includes("AMQP channel is closed"), 20);
  const since = performance.now();
  const { at } = await front.exited;
  await until("writes again", 60_000, () => works(lab, front), 200);
  await Promise.all(lab.nodes.map((node) => node.ready.catch(() => {})));
  return at - since;
}

async function nodeKilled(lab: Lab, front: FaultNode, victim: FaultNode): Promise<number> {
  await until("writes through both", 60_000, () => works(lab, front), 200);
  const { at } = await victim.kill();
  await until("writes again", 60_000, () => works(lab, front), 200);
  return performance.now() - at;
}

async function brokerRestarted(lab: Lab, front: FaultNode): Promise<number> {
  await lab.servers.rabbit.kill();
  await pause(2_000);
  await lab.servers.rabbit.start();
  const since = performance.now();
  await until("writes again", 60_000, () => works(lab, front), 200);
  return performance.now() - since;
}

/** Ten in a row, so that every node has had its turn. */
async function works(lab: Lab, front: FaultNode): Promise<boolean> {
  for (let n = 0; n < 10; n++) {
    const { status } = await lab.rest.write(front.url);
    if (status !== 201) return false;
  }
  return true;
}
