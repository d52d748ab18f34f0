/** What a network does to a link: to the events', the transporter's and MongoDB's, each of another process. */

import type { FaultNode } from "../lib/fault-node.ts";
import type { Lab } from "../lib/lab.ts";
import { effectTimes, noDeadLetters, pause } from "../lib/measure.ts";
import { TcpProxy } from "../lib/proxy.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const LIMIT_S = 20;
const proxies: TcpProxy[] = [];

interface Link {
  name: string;
  proxy: TcpProxy;
  node: FaultNode;
  /** Works again, by something that has happened since then (performance.now(), Date.now()). */
  isWell: (since: number, date: number) => Promise<boolean>;
}

interface Fault {
  name: string;
  begin: (proxy: TcpProxy) => void;
  /** How long it lasts; healing is measured from its end. 0: over at once. */
  lastsMs: number;
}

const FAULTS: readonly Fault[] = [
  { name: "200 ms latency", begin: (proxy) => proxy.slow({ latencyMs: 200 }), lastsMs: 6_000 },
  { name: "64 kB/s", begin: (proxy) => proxy.slow({ bytesPerSecond: 64 * 1024 }), lastsMs: 6_000 },
  { name: "reset", begin: (proxy) => proxy.reset(), lastsMs: 0 },
  { name: "black hole", begin: (proxy) => proxy.swallow(), lastsMs: 14_000 },
  { name: "half-open", begin: (proxy) => proxy.halfOpen(), lastsMs: 0 },
];

export default scenario({
  row: 9,
  name: "links",
  fault: "200 ms latency, 64 kB/s, reset, black hole, half-open on each link (events, transporter, MongoDB)",
  deadlineMs: 240_000,
  // The proxies stay until the lab closes: its processes are checked at work.
  own: async () => ({ stop: async () => void (await Promise.all(proxies.map((proxy) => proxy.close()))) }),
  async run(lab) {
    const links = await openLinks(lab);
    const load = lab.load(10, () => lab.facts.write());
    const healed: string[] = [];
    let longest = 0;
    try {
      for (const fault of FAULTS) {
        const times = await Promise.all(links.map((link) => suffer(link, fault)));
        const most = Math.max(...times);
        longest = Math.max(longest, most);
        healed.push(
          `${fault.name} ${links.map(({ name }, at) => `${name} ${((times[at] ?? 0) / 1_000).toFixed(1)}`).join(", ")} s`,
        );
        lab.promise(`healed after ${fault.name}`, most / 1_000, "s", { atMost: LIMIT_S });
      }
    } finally {
      await load.stop();
      await Promise.all(links.map(({ node }) => node.ready.catch(() => {})));
    }
    await noDeadLetters(lab);
    return { happened: healed.join("; "), healedMs: longest };
  },
});

async function suffer({ proxy, isWell }: Link, { begin, lastsMs }: Fault): Promise<number> {
  begin(proxy);
  await pause(lastsMs);
  proxy.restore();
  const since = performance.now();
  const date = Date.now();
  await until("a link that works", 60_000, () => isWell(since, date), 100);
  return performance.now() - since;
}

async function openLinks(lab: Lab): Promise<Link[]> {
  const { AMQP_URL, MONGO_URL } = lab.world.env;
  const [events, transporter, mongo] = await Promise.all([
    TcpProxy.to(AMQP_URL, 5672),
    TcpProxy.to(AMQP_URL, 5672),
    TcpProxy.to(MONGO_URL, 27017),
  ]);
  proxies.push(events, transporter, mongo);
  // The set would tell the driver its own address, past the proxy.
  const direct = new URL(mongo.through(MONGO_URL));
  direct.search = "?directConnection=true";
  const all = ["gateway", "probe", "relay", "alpha", "beta"];
  const [onEvents, onTransporter, onMongo] = await Promise.all([
    lab.start("events", { services: all, restart: true, env: { AMQP_URL: events.through(AMQP_URL) } }),
    lab.start("transporter", {
      services: ["gateway"],
      restart: true,
      env: { TRANSPORTER_URL: transporter.through(AMQP_URL) },
    }),
    lab.start("mongo", { services: all, restart: true, env: { MONGO_URL: direct.href } }),
  ]);
  const consumes = (node: FaultNode) => async (_: number, date: number) =>
    (await effectTimes(lab, "beta", node.pid)).some((at) => at > date);
  const writes = (node: FaultNode) => async () => node.isUp && (await lab.rest.write(node.url)).status === 201;
  return [
    { name: "events", proxy: events, node: onEvents, isWell: consumes(onEvents) },
    // Its gateway has no probe of its own: every write goes through the transporter.
    { name: "transporter", proxy: transporter, node: onTransporter, isWell: writes(onTransporter) },
    {
      name: "MongoDB",
      proxy: mongo,
      node: onMongo,
      isWell: async (since, date) => (await writes(onMongo)()) && (await consumes(onMongo)(since, date)),
    },
  ];
}
