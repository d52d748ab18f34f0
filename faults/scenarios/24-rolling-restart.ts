/** A new release, node by node, under load: its event has a version that the nodes of the old release do not know. */
import { request } from "node:http";
import type { ServiceBroker } from "moleculer";
import type { FaultNode } from "../lib/fault-node.ts";
import type { Lab } from "../lib/lab.ts";
import { deadLetterCodes, pause, statusText } from "../lib/measure.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";
import { HAPPENED } from "../probe/contracts.ts";

const SERVICES = ["gateway", "probe", "relay", "alpha", "beta"];
const NAMES = ["a", "b", "c"];
const PER_SECOND = 50;
/** The balancer looks four times a second, and waits so long for an answer, milliseconds. */
const LOOK_MS = 250;
const ANSWER_MS = 2_000;
/** Longer than the balancer may need to notice. */
const NOTICE = { DRAIN_NOTICE_MS: String(ANSWER_MS + 4 * LOOK_MS) };
const OPERATOR = { userId: "ann", sessionId: "s", roles: [{ role: "admin", buildingId: null }], memberships: [] };

export default scenario({
  row: 24,
  name: "rolling-restart",
  fault: "rolling restart of three nodes under 50 requests/s, old and new version of an event side by side",
  deadlineMs: 180_000,
  async run(lab) {
    const old = await Promise.all(NAMES.map((name) => lab.start(name, { services: SERVICES, env: NOTICE })));
    const balancer = new Balancer(old);
    const answers: Answer[] = [];
    const load = lab.load(PER_SECOND, async () => void answers.push(await write(lab, balancer)));
    await pause(3_000);
    const unclean: string[] = [];
    for (const [at, node] of old.entries()) {
      const { code, signal } = await node.stop();
      if (code !== 0) unclean.push(`${node.name} ended with ${signal ?? code}`);
      const name = `${NAMES[at]}2`;
      balancer.replace(node, await lab.start(name, { services: SERVICES, env: { ...NOTICE, PROBE_RELEASE: "2" } }));
      await pause(1_500);
    }
    await pause(1_000);
    await load.stop();
    balancer.stop();
    const bad = answers.filter(({ status }) => status !== 201);
    lab.promise("answers other than 201", bad.length, "requests", { atMost: 0 });
    lab.promise("exits other than 0", unclean.length, "", { atMost: 0 });
    const kept = await replayKept(lab);
    const wrong = new Set([...unclean, ...bad.map(({ body }) => body)]);
    return {
      happened: `${[...wrong].map((one) => `${one}; `).join("")}${statusText(answers)}; ${kept} events of the new version that reached an old consumer were kept as dead letters, and handled by replay`,
      healedMs: null,
    };
  },
});

/**
 * Asks who is ready and takes turns among them; whoever refuses a connection is passed over. Whose answer is late stays
 * what it was: on a machine that is busy with the start of another one, that may be all of them.
 */
class Balancer {
  #nodes: FaultNode[];
  readonly #ready = new Set<FaultNode>();
  readonly #timer = setInterval(() => this.#look(), LOOK_MS);
  #turn = 0;

  constructor(nodes: readonly FaultNode[]) {
    this.#nodes = [...nodes];
    for (const node of nodes) this.#ready.add(node);
  }

  replace(old: FaultNode, fresh: FaultNode): void {
    this.#nodes = this.#nodes.map((node) => (node === old ? fresh : node));
    this.#ready.delete(old);
  }
  stop(): void {
    clearInterval(this.#timer);
  }

  /** In the order in which they are tried. */
  next(): FaultNode[] {
    const ready = this.#nodes.filter((node) => this.#ready.has(node));
    const start = this.#turn++ % Math.max(1, ready.length);
    return [...ready.slice(start), ...ready.slice(0, start)];
  }

  #look(): void {
    for (const node of this.#nodes)
      void fetch(`${node.url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MS) })
        .then(({ status }) => status === 200)
        .catch(({ name }: Error) => name === "TimeoutError" && this.#ready.has(node))
        .then((ready) => void (ready ? this.#ready.add(node) : this.#ready.delete(node)));
  }
}

/** Status 0: an answer that did not come or did not end; `body` says why. */
interface Answer {
  status: number;
  body: string;
}

async function write(lab: Lab, balancer: Balancer): Promise<Answer> {
  const n = lab.ledger.nextNumber();
  for (const node of balancer.next()) {
    const { status, body } = await post(`${node.url}/api/v1/probes`, JSON.stringify({ n }));
    if (status === "refused") continue;
    const accepted = status === 201 && { eventId: (JSON.parse(body) as { id: string }).id };
    lab.ledger.record({
      owner: "probe",
      eventType: HAPPENED,
      n,
      state: accepted ? "accepted" : "uncertain",
      ...accepted,
    });
    return { status, body };
  }
  lab.ledger.record({ owner: "probe", eventType: HAPPENED, n, state: "refused" });
  return { status: 0, body: "nobody was ready" };
}

/** A connection of its own. `refused`: nobody listens, so nothing has been sent. */
function post(url: string, body: string): Promise<Answer | { status: "refused"; body: string }> {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const sent = request(url, { method: "POST", headers, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => {
        text += chunk;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: text }));
      answer.on("error", ({ message }) => resolve({ status: 0, body: message }));
    });
    sent.on("error", ({ code, message }: NodeJS.ErrnoException) =>
      resolve({ status: code === "ECONNREFUSED" ? "refused" : 0, body: message }),
    );
    sent.end(body);
  });
}

/** What old consumers could not read: an operator sends it again after the upgrade. @returns how many */
async function replayKept(lab: Lab): Promise<number> {
  await lab.quiet(30_000);
  const others = (await deadLetterCodes(lab)).filter((code) => code !== "UNKNOWN_VERSION");
  if (others.length > 0) throw new Error(`Dead letters for other reasons: ${others.join(", ")}`);
  const operator = await lab.operator();
  let replayed = 0;
  for (const consumer of ["alpha", "beta"]) replayed += await replayAll(lab, operator, consumer);
  await until("the replays to be handled", 30_000, () => lab.quiet(5_000));
  return replayed;
}

async function replayAll(lab: Lab, operator: ServiceBroker, consumer: string): Promise<number> {
  const letters = await lab.database(consumer).collection<{ _id: string }>("dead_letters").find().toArray();
  await operator.waitForServices([consumer], 20_000);
  let replayed = 0;
  for (const { _id: id } of letters) {
    const replay = operator.call(`${consumer}.deadLetters.replay`, { id }, { meta: { actor: OPERATOR } });
    replayed += await replay.then(() => 1, unlessResolved);
  }
  return replayed;
}

/** Another copy on the wire has reached a new consumer: nothing is left to be replayed. */
function unlessResolved(error: { data?: { status?: string } }): 0 {
  if (error.data?.status === "resolved") return 0;
  throw error;
}
