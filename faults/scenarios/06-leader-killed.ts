/** Three brokers behind a load balancer; the one that leads the queues, and holds our connections, is killed. */
import { join } from "node:path";
import { effectTimes, longestGap, onlyStatuses, pause } from "../lib/measure.ts";
import { TcpProxy } from "../lib/proxy.ts";
import { RabbitCluster } from "../lib/rabbit-cluster.ts";
import { scenario } from "../lib/scenario.ts";
import { BIN_DIR } from "../lib/servers.ts";

const WATCH_MS = 20_000;
let cluster: RabbitCluster;

export default scenario({
  row: 6,
  name: "leader-killed",
  fault: "three brokers: SIGKILL of the one that leads every queue, under load",
  deadlineMs: 180_000,
  async own(dataDir) {
    cluster = await RabbitCluster.start({ dataDir: join(dataDir, "leader-killed"), binDir: BIN_DIR });
    const events = await TcpProxy.to(cluster.targets);
    const management = await TcpProxy.to(cluster.managementTargets);
    const stop = async (): Promise<void> =>
      void (await Promise.all([events.close(), management.close(), cluster.stop()]));
    return { amqpUrl: events.through(cluster.url), managementUrl: `http://127.0.0.1:${management.port}`, stop };
  },
  async run(lab) {
    const node = await lab.start("all", { services: ["gateway", "probe", "relay", "alpha", "beta"] });
    const load = lab.load(50, () => lab.rest.write(node.url));
    await pause(3_000);
    const vhost = new URL(lab.world.env.AMQP_URL).pathname.slice(1);
    const leader = await cluster.leaderOf(vhost, "alpha.q");
    const killedAt = Date.now();
    await leader.kill();
    // As long as a transporter that does not come back would need to end its process.
    await pause(WATCH_MS);
    await load.stop();
    onlyStatuses(lab.rest.answers, [201]);
    const gaps = await Promise.all(
      ["alpha", "beta"].map(async (name) => longestGap(await effectTimes(lab, name), killedAt, killedAt + WATCH_MS)),
    );
    const healedMs = Math.max(...gaps);
    lab.promise("longest time without an effect", healedMs / 1_000, "s", { atMost: 5 });
    lab.promise("exits of the process", node.exits.length, "", { atMost: 0 });
    await leader.start();
    await cluster.healthy();
    return { happened: `the leader of all queues died at 50 writes/s; every write was answered 201`, healedMs };
  },
});
