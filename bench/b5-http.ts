import autocannon from "autocannon";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import { startProduct } from "../test/support/product.ts";
import type { Bench, Figures, Variant } from "./lib/bench.ts";
import { figure } from "./lib/summary.ts";
import { openWorld } from "./lib/world.ts";

const SECONDS = 4;
const CONNECTIONS = 20;

export const b5: Bench = {
  id: "B5",
  title: "GET one ticket through gateway, authentication, service and MongoDB",
  units: { rate: "requests/s", p99: "ms" },
  goals: [
    {
      name: "of a bare moleculer-web with the same read and no authentication",
      value: (r) => figure(r, "product", "rate") / figure(r, "bare moleculer-web", "rate"),
      atLeast: 0.7,
    },
  ],
  async open() {
    // A limit that is counted and never reached.
    const world = await openWorld({ RATE_LIMIT_PER_MINUTE: 10_000_000 });
    const { rest } = await startProduct(world);
    const admin = await rest.admin();
    const { unitId, manager } = await rest.newBuilding(admin, "Bench");
    const resident = await rest.newPerson(admin, "Benita");
    await rest.moveIn(resident, manager, unitId);
    const ticket = { unitId, category: "plumbing", title: "Leaking tap", description: "It drips." };
    const { body } = await rest.ok(201, rest.as(resident).post("/tickets", ticket));
    const bare = await startBare(world.client.db(`${world.env.DB_PREFIX}_tickets`).collection("tickets"));
    const authorization = `Bearer ${resident.token}`;
    const variants: Variant[] = [
      { name: "product", measure: () => load(`${rest.url}/api/v1/tickets/${body.id}`, { authorization }) },
      { name: "bare moleculer-web", measure: () => load(`${bare.url}/tickets/${body.id}`, {}) },
    ];
    const close = async (): Promise<void> => {
      await bare.broker.stop();
      await world.dispose();
    };
    return { variants, close };
  },
};

async function load(url: string, headers: Record<string, string>): Promise<Figures> {
  const run = () => autocannon({ url, headers, connections: CONNECTIONS, duration: SECONDS, workers: 1 });
  const { requests, latency, non2xx, errors } = await run();
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} answers were no 2xx, ${errors} failed.`);
  return { rate: requests.average, p99: latency.p99 };
}

interface Readable {
  findOne(filter: object): Promise<object | null>;
}

async function startBare(tickets: Readable): Promise<{ broker: ServiceBroker; url: string }> {
  const broker = new ServiceBroker({ logger: false, transporter: null });
  broker.createService({
    name: "bare",
    actions: { get: (ctx: { params: { id: string } }) => tickets.findOne({ _id: ctx.params.id }) },
  } as object as ServiceSchema);
  broker.createService({
    name: "api",
    mixins: [ApiGateway],
    settings: { port: 0, ip: "127.0.0.1", routes: [{ aliases: { "GET /tickets/:id": "bare.get" } }] },
  } as object as ServiceSchema);
  await broker.start();
  const { server } = broker.getLocalService("api") as unknown as { server: { address(): { port: number } } };
  return { broker, url: `http://127.0.0.1:${server.address().port}` };
}
