/** What a scenario works with: a world of its own on the run's servers, real processes in it, ledger and checker. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import amqp from "amqplib";
import type { ServiceBroker } from "moleculer";
import type { Db, MongoClient } from "mongodb";
import { topologyOf } from "../../mixins/amqp/topology.ts";
import { brokerOptions } from "../../mixins/broker-options.ts";
import { JOBS } from "../../mixins/jobs/job.ts";
import type { Contract } from "../../mixins/kit/contracts.ts";
import { createRegistry, type Registry } from "../../mixins/kit/registry.ts";
import { createWorld, type World } from "../../test/support/cluster.ts";
import { management, type TestServers, testServers } from "../../test/support/env.ts";
import { allServices, Rest } from "../../test/support/product.ts";
import { SHARED } from "../probe/documents.ts";
import { contractsOf, type Domain } from "../probe/domains.ts";
import { type ConsumerFacts, check, type Finding, type RowFacts, type Snapshot, type Verdict } from "./checker.ts";
import { Facts, Load } from "./facts.ts";
import { FaultNode, type NodeOptions } from "./fault-node.ts";
import { Ledger } from "./ledger.ts";
import { Resident, type Settled, settle } from "./resident.ts";
import { RestWrites } from "./rest-writes.ts";
import type { KeptPromise, OwnServers } from "./scenario.ts";
import type { FaultServers } from "./servers.ts";
import { type DatabaseOf, openFor, readConsumer, readRows } from "./snapshot.ts";
import { tokenFindings } from "./token.ts";
import { until } from "./wait.ts";
import { Wire } from "./wire.ts";

export const ADMIN_PASSWORD = "correct horse battery";

/** Short lease and sweep: what has to hold does not depend on them, the run's length does. */
const SETTINGS = {
  NODE_ENV: "test",
  ADMIN_PASSWORD,
  RATE_LIMIT_PER_MINUTE: "0",
  RATE_LIMIT_AUTH_PER_MINUTE: "0",
  RELAY_LEASE_MS: "1000",
  RELAY_SWEEP_MS: "2000",
  SEED_DEMO: "false",
};

export interface LabOptions {
  domain: Domain;
  /** Consumers with one database. */
  sharedDatabase: readonly string[];
  /** Servers that take the place of the run's; they end with the lab. */
  own: OwnServers | undefined;
}

/** One after the other, without anything that moves. */
const STILL_LOOKS = 4;
const LOOK_MS = 300;
/** RabbitMQ samples a queue's messages every 5 s, whatever its settings: a figure tells of up to 6 s ago (measured). */
const FIGURES_AGE_MS = 6_000;

const areEmpty = (queues: readonly { messages: number }[]): boolean => queues.every(({ messages }) => messages === 0);

export class Lab {
  readonly world: World;
  readonly servers: FaultServers;
  readonly contracts: readonly Contract[];
  readonly registry: Registry;
  readonly ledger: Ledger;
  readonly facts: Facts;
  readonly rest: RestWrites;
  readonly promises: KeptPromise[] = [];
  readonly #options: LabOptions;
  readonly #addresses: TestServers;
  readonly #nodes: FaultNode[] = [];
  readonly #tokens: Finding[] = [];
  readonly #loads: Load[] = [];
  readonly #residents: Resident[] = [];
  #wire: Wire | undefined;
  /** Was published before there was one. */
  #beforeWire: [eventId: string, copies: number][] = [];

  private constructor(world: World, servers: FaultServers, addresses: TestServers, options: LabOptions) {
    this.world = world;
    this.servers = servers;
    this.#addresses = addresses;
    this.#options = options;
    this.contracts = contractsOf(options.domain);
    this.registry = createRegistry(this.contracts);
    this.ledger = new Ledger(join(servers.dataDir, `${this.prefix}-ledger.jsonl`));
    this.facts = new Facts(world.client, this.prefix, this.registry, this.ledger);
    this.rest = new RestWrites(this.ledger);
  }

  static async open(servers: FaultServers, options: LabOptions): Promise<Lab> {
    const { own } = options;
    try {
      const { stop: _, ...urls } = own ?? { stop: undefined };
      const addresses = { ...testServers(), ...urls };
      return new Lab(await createWorld({}, addresses), servers, addresses, options);
    } catch (error) {
      await own?.stop();
      throw error;
    }
  }

  get prefix(): string {
    return this.world.env.DB_PREFIX;
  }
  get client(): MongoClient {
    return this.world.client;
  }
  readonly database: DatabaseOf = (service): Db =>
    this.client.db(`${this.prefix}_${this.#options.sharedDatabase.includes(service) ? SHARED : service}`);

  /** A process; resolves when its broker has started. Its log: `{dataDir}/{prefix}-{name}.log`. */
  async start(name: string, options: NodeOptions): Promise<FaultNode> {
    const { AMQP_URL, MONGO_URL } = this.world.env;
    const env = {
      ...SETTINGS,
      FAULT_DOMAIN: this.#options.domain,
      FAULT_SHARED_DATABASE: this.#options.sharedDatabase.join(","),
      DB_PREFIX: this.prefix,
      MONGO_URL,
      AMQP_URL,
      TRANSPORTER_URL: AMQP_URL,
    };
    const node = new FaultNode(name, options, env, join(this.servers.dataDir, `${this.prefix}-${name}.log`));
    this.#nodes.push(node);
    await node.start();
    return node;
  }

  /** The runner as a node without services in the cluster, as the operators' shell is. Ends with the lab. */
  operator(): Promise<ServiceBroker> {
    const { transporter } = brokerOptions(this.world.env, this.contracts);
    return this.world.startBroker({ contracts: this.contracts, services: [], broker: { transporter } });
  }

  get nodes(): readonly FaultNode[] {
    return this.#nodes;
  }

  /** Runs `write` so many times a second, until it is stopped or the lab closes. */
  load(perSecond: number, write: () => Promise<unknown>): Load {
    const load = new Load(perSecond, write);
    this.#loads.push(load);
    return load;
  }

  /** A limit that the design promises; kept or not, it is told. The scenario fails when it is not. */
  promise(what: string, value: number, unit: string, limit: { atMost?: number; atLeast?: number }): void {
    const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = limit;
    this.promises.push({ what, value, unit, ...limit, kept: value <= atMost && value >= atLeast });
  }

  /** An independent queue that gets a copy of every event from now on; counted by `check`. Not for unroutable events. */
  async tapWire(): Promise<Wire> {
    this.#wire = await Wire.open(this.world.env.AMQP_URL);
    this.#beforeWire = (await this.rows()).filter(({ published }) => published).map(({ eventId }) => [eventId, 1]);
    return this.#wire;
  }

  /**
   * The whole product joins: a process with all of its services, started again when it dies, and a resident of it who
   * writes tickets until the lab closes.
   */
  async addProduct(): Promise<Resident> {
    const services = allServices.filter((name) => name !== "relay");
    const [home, relay] = await Promise.all([
      this.start("home", { services, restart: true }),
      this.start("settling", { services: ["relay"] }),
    ]);
    const resident = this.addResident(await settle(new Rest(home.url)), () => home.url);
    await relay.stop();
    return resident;
  }

  addResident(settled: Settled, urlOf: () => string): Resident {
    const resident = new Resident(this.ledger, settled, urlOf);
    this.#residents.push(resident);
    return resident;
  }

  /** I5, at this moment: everything that is not published lies behind the saved resume token. */
  async checkToken(): Promise<void> {
    this.#tokens.push(...(await tokenFindings(this.client, this.database, this.contracts)));
  }

  async rows(): Promise<RowFacts[]> {
    const rows = await readRows(this.database, this.contracts);
    // Two owners with one database have one outbox.
    return [...new Map(rows.map((row) => [row.id, row])).values()];
  }
  async consumers(rows: readonly RowFacts[]): Promise<ConsumerFacts[]> {
    const consuming = this.contracts.filter(({ consumes }) => consumes.length > 0);
    return Promise.all(consuming.map((contract) => readConsumer(this.database, contract, rows)));
  }

  /** RabbitMQ's management API. */
  management(method: string, path: string, body?: object): Promise<unknown> {
    return management(method, path, body, this.#addresses);
  }

  /** Messages (ready and unacked) in every queue of the world. */
  async queues(): Promise<{ name: string; messages: number }[]> {
    const vhost = encodeURIComponent(new URL(this.world.env.AMQP_URL).pathname.slice(1));
    const known = topologyOf(this.registry).queues.map(({ name }) => name);
    const found = (await this.management("GET", `/api/queues/${vhost}?columns=name,messages`)) as {
      name: string;
      messages?: number;
    }[];
    return found
      .filter(({ name }) => known.includes(name))
      .map(({ name, messages = Number.NaN }) => ({ name, messages }));
  }

  async dueJobs(): Promise<{ service: string; id: string }[]> {
    const all = await Promise.all(
      this.contracts.map(async ({ service }) => {
        const due = await this.database(service)
          .collection(JOBS)
          .find({ dueAt: { $lte: new Date() } })
          .toArray();
        return due.map(({ _id }) => ({ service, id: String(_id) }));
      }),
    );
    return all.flat();
  }

  /**
   * Waits until nothing moves any more: no row unpublished, every event at its end for every consumer, queues empty,
   * no job due. Residents rest meanwhile. @returns false when the deadline came first; the checker then names what is pending
   */
  async quiet(deadlineMs: number): Promise<boolean> {
    const deadline = performance.now() + deadlineMs;
    const left = (): number => Math.max(0, deadline - performance.now());
    for (const resident of this.#residents) resident.hold();
    try {
      await until("the residents' answers", left(), () => this.#residents.every(({ isWriting }) => !isWriting));
      await until("all events at their end", left(), () => this.#isEnded(), 200);
      let looks = 0;
      const still = async (): Promise<boolean> => {
        looks = (await this.#isEmpty()) ? looks + 1 : 0;
        return looks === STILL_LOOKS;
      };
      await until("empty queues and no job", left(), still, LOOK_MS);
      return true;
    } catch {
      return false;
    } finally {
      for (const resident of this.#residents) resident.goOn();
    }
  }

  async #isEnded(): Promise<boolean> {
    const open = await Promise.all(
      this.contracts.map(({ service }) =>
        this.database(service)
          .collection("outbox")
          .countDocuments({ publishedAt: null, failed: { $exists: false } }, { limit: 1 }),
      ),
    );
    if (open.some((count) => count > 0)) return false;
    const rows = await this.rows();
    return (await this.consumers(rows)).every((consumer) => openFor(consumer, rows) === 0);
  }

  async #isEmpty(): Promise<boolean> {
    const [queues, jobs] = await Promise.all([this.queues(), this.dueJobs()]);
    return jobs.length === 0 && areEmpty(queues) && (await this.#isEnded());
  }

  /** What still moves, in a line: whoever waits for quiet can see what it waits for. */
  async moving(): Promise<string> {
    const [queues, jobs, rows] = await Promise.all([this.queues(), this.dueJobs(), this.rows()]);
    return this.#movingIn({ queues, jobs, rows, consumers: await this.consumers(rows) });
  }

  #movingIn({ queues, jobs, rows, consumers }: Pick<Snapshot, "queues" | "jobs" | "rows" | "consumers">): string {
    const unpublished = rows.filter(({ published }) => !published).length;
    const open = consumers.map((one) => `${one.name} ${openFor(one, rows)}`);
    const full = queues.filter(({ messages }) => messages > 0).map(({ name, messages }) => `${name} ${messages}`);
    const writing = this.#residents.filter(({ isWriting }) => isWriting).length;
    const waiting = Object.entries(Object.groupBy(jobs, ({ service, id }) => `${service} ${id.split("/", 1)[0]}`));
    const due = waiting.map(([kind, some]) => `${kind} ${some?.length}`);
    const list = (things: readonly string[]): string => things.join(", ") || "none";
    return `${writing} residents write, ${unpublished} rows unpublished; open: ${list(open)}; queues: ${list(full)}; jobs: ${list(due)}`;
  }

  /** Waits for quiet, then compares everything with the ledger. */
  async check(deadlineMs = 60_000): Promise<Verdict> {
    await Promise.all([...this.#loads, ...this.#residents].map((one) => one.stop()));
    const deadline = performance.now() + deadlineMs;
    const quiet = await this.quiet(deadlineMs);
    const queues = await this.#queuesAtLast(deadline);
    const rows = await this.rows();
    const [consumers, jobs] = await Promise.all([this.consumers(rows), this.dueJobs()]);
    const wire = this.#wire ? new Map([...this.#beforeWire, ...(await this.#wire.counts())]) : null;
    const snapshot = { writes: this.ledger.writes, rows, consumers, queues, jobs, wire, tokens: this.#tokens };
    return quiet ? check(snapshot) : { ...check(snapshot), moving: this.#movingIn(snapshot) };
  }

  /** What is in them after the quiet, and to the end: no figure from before it counts, neither an empty nor a full one. */
  async #queuesAtLast(deadline: number): Promise<{ name: string; messages: number }[]> {
    await sleep(FIGURES_AGE_MS);
    for (;;) {
      const queues = await this.queues();
      if (areEmpty(queues) || performance.now() > deadline) return queues;
      await sleep(LOOK_MS);
    }
  }

  /** A bare channel, for messages that no relay sends; close the connection when done. */
  async channel(): Promise<{ channel: amqp.ConfirmChannel; close: () => Promise<void> }> {
    const connection = await amqp.connect(this.world.env.AMQP_URL, { noDelay: true });
    return { channel: await connection.createConfirmChannel(), close: () => connection.close() };
  }

  /** Ends every process and deletes vhost and databases. */
  async close(): Promise<void> {
    const leaving = this.#residents.map((resident) => resident.stop(0));
    await Promise.all(this.#loads.map((load) => load.stop()));
    await Promise.all(this.#nodes.map((node) => node.end()));
    await Promise.all(leaving);
    await this.#wire?.close();
    await this.world.dispose().finally(() => this.#options.own?.stop());
  }
}
