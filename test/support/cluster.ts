/** In-process brokers on real servers, each test file with a vhost and a database prefix of its own. */
import { type BrokerOptions, ServiceBroker, type ServiceSchema } from "moleculer";
import { MongoClient } from "mongodb";
import { backboneMiddleware } from "../../mixins/backbone.ts";
import { AppErrorRegenerator } from "../../mixins/kit/app-error-regenerator.ts";
import type { Clock } from "../../mixins/kit/clock.ts";
import type { Contract } from "../../mixins/kit/contracts.ts";
import { type Env, readEnv } from "../../mixins/kit/env.ts";
import { createRegistry } from "../../mixins/kit/registry.ts";
import { TypeBoxValidator } from "../../mixins/kit/validator.ts";
import { createVhost, testServers, uniquePrefix } from "./env.ts";

export interface World {
  env: Env;
  /** A client of the test's own. */
  client: MongoClient;
  /** A broker with these services, started; stopped by `dispose`. Any number of them share the world. */
  startBroker: (options: NodeOptions) => Promise<ServiceBroker>;
  /** Stops all brokers, drops every database of the prefix and the vhost. */
  dispose: () => Promise<void>;
}

export interface NodeOptions {
  contracts: readonly Contract[];
  /** A schema, or a function of the broker that makes one, as in a service file. */
  services: readonly (ServiceSchema | ((broker: ServiceBroker) => ServiceSchema))[];
  env?: Partial<Env>;
  clock?: Clock;
  broker?: BrokerOptions;
}

/** `overrides`: settings that differ from the defaults (short lease and sweep). */
export async function createWorld(overrides: Partial<Env> = {}, servers = testServers()): Promise<World> {
  const vhost = await createVhost(servers);
  const prefix = uniquePrefix();
  const { mongoUrl } = servers;
  const base = readEnv({
    NODE_ENV: "test",
    MONGO_URL: mongoUrl,
    AMQP_URL: vhost.amqpUrl,
    DB_PREFIX: prefix,
    PORT: "0",
    SEED_DEMO: "false",
  });
  const env: Env = {
    ...base,
    RELAY_LEASE_MS: 1_000,
    RELAY_SWEEP_MS: 2_000,
    RATE_LIMIT_PER_MINUTE: 0,
    ADMIN_PASSWORD: "correct horse battery",
    ...overrides,
  };
  // As the services read: what the test has seen, they see too.
  const client = new MongoClient(mongoUrl, { readConcernLevel: "majority" });
  const brokers: ServiceBroker[] = [];
  const startBroker = async (options: NodeOptions): Promise<ServiceBroker> => {
    const broker = makeBroker({ ...env, ...options.env, NODE_ID: `${prefix}-${brokers.length}` }, options);
    brokers.push(broker);
    await broker.start();
    return broker;
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.stop()));
    const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
    const ours = databases.filter(({ name }) => name.startsWith(`${prefix}_`));
    await Promise.all(ours.map(({ name }) => client.db(name).dropDatabase()));
    await client.close();
    await vhost.dispose();
  };
  return { env, client, startBroker, dispose };
}

function makeBroker(env: Env, { contracts, services, clock, broker: options }: NodeOptions): ServiceBroker {
  const broker = new ServiceBroker({
    nodeID: env.NODE_ID,
    namespace: env.DB_PREFIX,
    logger: { type: "Console", options: { level: (process.env.TEST_LOG_LEVEL ?? "error") as "error" } },
    validator: new TypeBoxValidator(),
    errorRegenerator: new AppErrorRegenerator(),
    requestTimeout: env.REQUEST_TIMEOUT_MS,
    skipProcessEventRegistration: true,
    registry: { stopDelay: 0 },
    middlewares: [backboneMiddleware({ env, registry: createRegistry(contracts), ...(clock && { clock }) })],
    ...options,
  } as BrokerOptions);
  for (const service of services) broker.createService(typeof service === "function" ? service(broker) : service);
  return broker;
}
