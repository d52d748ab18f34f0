/** The broker is killed under load, the relay is killed while it is away, and both come back. */
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const PER_SECOND = 25;

export default scenario({
  row: 5,
  name: "broker-restart",
  fault: "RabbitMQ killed (SIGKILL) under load and started again; the relay killed meanwhile",
  short: "beside",
  async run(lab) {
    const front = await lab.start("front", { services: ["gateway", "probe"] });
    const relay = await lab.start("relay", { services: ["relay"] });
    await lab.start("work", { services: ["alpha", "beta"] });
    const load = lab.load(PER_SECOND, () => lab.rest.write(front.url));
    await until("the first effects", 20_000, () => lab.rest.answers.length > PER_SECOND);
    await lab.servers.rabbit.kill();
    const downAt = performance.now();
    await until("writes without a broker", 20_000, () => performance.now() - downAt > 2_000);
    await lab.checkToken();
    await relay.kill();
    const up = Promise.all([lab.servers.rabbit.start(), relay.start("")]);
    await up;
    const upAt = performance.now();
    await load.stop();
    await until("the outbox to drain", 60_000, async () => (await lab.rows()).every(({ published }) => published));
    if (!(await lab.quiet(30_000))) throw new Error("It was not quiet 30 s later.");
    const healedMs = performance.now() - upAt;
    const refused = lab.rest.answers.filter(({ status }) => status !== 201).length;
    lab.promise("answers other than 201", refused, "requests", { atMost: 0 });
    lab.promise("drained", healedMs / 1_000, "s", { atMost: 30 });
    const away = ((upAt - downAt) / 1_000).toFixed(1);
    return { happened: `${away} s without a broker, ${lab.rest.answers.length} requests, all of them 201`, healedMs };
  },
});
