/**
 * A run of random faults under load: REST writes, raw facts and residents' tickets; nodes of probes and of the whole
 * product that are killed and come back; then the checker.
 */
import { management } from "../../test/support/env.ts";
import { allServices, Rest } from "../../test/support/product.ts";
import { type ChaosKind, type ChaosStep, planOf } from "./chaos-plan.ts";
import { isClean, told } from "./checker.ts";
import type { FaultNode } from "./fault-node.ts";
import type { Lab } from "./lab.ts";
import type { ChaosResult } from "./report.ts";
import { settle } from "./resident.ts";

export interface ChaosOptions {
  seed: number;
  minutes: number;
  /** Mean time between two faults, milliseconds. */
  everyMs: number;
  /** Writes by REST, and raw facts, a second. */
  perSecond: number;
  onStep: (text: string) => void;
}

/** Every service of the product but the two that have processes of their own. */
const HOME = allServices.filter((name) => name !== "gateway" && name !== "relay");
const RESIDENTS = 4;
const HANG_MS = 4_000;
const QUIET_MS = 300_000;
/** So often it is said what still moves. */
const TELL_MS = 20_000;

export class Chaos {
  readonly #lab: Lab;
  readonly #options: ChaosOptions;
  readonly #done: Partial<Record<ChaosKind, number>> = {};
  #nodes: FaultNode[] = [];
  #kills = 0;
  #background: Promise<unknown>[] = [];
  #isServerDown = false;

  constructor(lab: Lab, options: ChaosOptions) {
    this.#lab = lab;
    this.#options = options;
  }

  /** How many of which so far, for an interrupted run too. */
  get faults(): Readonly<Partial<Record<ChaosKind, number>>> {
    return this.#done;
  }
  get kills(): number {
    return this.#kills;
  }

  async run(): Promise<ChaosResult> {
    const { seed, minutes, everyMs, perSecond } = this.#options;
    const fronts = await this.#startAll();
    let turn = 0;
    const urlOf = (): string => (fronts[turn++ % fronts.length] as FaultNode).url;
    const settled = await settle(new Rest(urlOf()));
    const residents = Array.from({ length: RESIDENTS }, () => this.#lab.addResident(settled, urlOf));
    const loads = [
      ...residents,
      this.#lab.load(perSecond, () => this.#lab.rest.write(urlOf())),
      this.#lab.load(perSecond, () => this.#lab.facts.write()),
    ];
    const since = performance.now();
    for (const step of planOf(seed, minutes * 60_000, everyMs)) {
      await sleepUntil(since + step.at);
      await this.#do(step).catch((error: unknown) => this.#options.onStep(`${step.kind}: ${String(error)}`));
    }
    await sleepUntil(since + minutes * 60_000);
    await Promise.all(loads.map((load) => load.stop()));
    await Promise.all(this.#background);
    const stopped = performance.now();
    const { onStep } = this.#options;
    // A server that does not answer yet is told as well.
    const tell = (): Promise<void> => this.#lab.moving().then(onStep, (error: unknown) => onStep(String(error)));
    const telling = setInterval(tell, TELL_MS);
    await this.#lab.quiet(QUIET_MS);
    clearInterval(telling);
    const healedMs = performance.now() - stopped;
    const verdict = await this.#lab.check(10_000);
    const { byStatus, answers } = this.#lab.rest;
    const unexpected = this.#nodes.flatMap(({ log }) => unexpectedIn(log));
    const times = answers.filter(({ status }) => status === 201).map(({ ms }) => ms);
    return {
      seed,
      minutes,
      faults: Object.fromEntries(Object.entries(this.#done)),
      kills: this.#kills,
      tickets: residents.map(({ told }) => told).join("; "),
      accepted: verdict.accepted,
      events: verdict.events,
      restP99Ms: percentile(times, 0.99),
      byStatus: Object.fromEntries(Object.entries(byStatus)),
      unexpected,
      healedMs,
      verdict: told(verdict, 5),
      passed: isClean(verdict) && unexpected.length === 0,
    };
  }

  /** @returns those with a gateway */
  async #startAll(): Promise<FaultNode[]> {
    const start = (name: string, services: string[]) => this.#lab.start(name, { services, restart: true });
    const fronts = await Promise.all(["front-1", "front-2"].map((name) => start(name, ["gateway", "probe"])));
    const others = await Promise.all([
      ...["relay-1", "relay-2"].map((name) => start(name, ["relay"])),
      ...["alpha-1", "alpha-2"].map((name) => start(name, ["alpha"])),
      ...["beta-1", "beta-2"].map((name) => start(name, ["beta"])),
      ...["home-1", "home-2"].map((name) => start(name, HOME)),
    ]);
    this.#nodes = [...fronts, ...others];
    return fronts;
  }

  async #do({ kind, victim }: ChaosStep): Promise<void> {
    const isServers = kind === "kill mongod" || kind === "kill RabbitMQ";
    // One server at a time: what comes back needs the other one.
    if (isServers && this.#isServerDown) return;
    this.#done[kind] = (this.#done[kind] ?? 0) + 1;
    if (kind === "kill a node") return this.#killNode(victim);
    if (kind === "hang a node") return this.#hangNode(victim);
    if (kind === "close connections") return this.#closeConnections(victim);
    return this.#killServer(kind === "kill mongod" ? this.#lab.servers.mongo : this.#lab.servers.rabbit, kind);
  }

  #pick(victim: number): FaultNode | undefined {
    const up = this.#nodes.filter(({ isUp }) => isUp);
    return up[Math.floor(victim * up.length)];
  }

  async #killNode(victim: number): Promise<void> {
    // Whoever is just starting is killed as well when nobody else is there.
    const node = this.#pick(victim) ?? this.#nodes[Math.floor(victim * this.#nodes.length)];
    await node?.kill();
    this.#kills++;
  }

  async #hangNode(victim: number): Promise<void> {
    const node = this.#pick(victim);
    node?.hang();
    this.#later(HANG_MS, async () => node?.wake());
  }

  /** Every connection of one node, closed by the broker. */
  async #closeConnections(victim: number): Promise<void> {
    const node = this.#pick(victim);
    if (!node) return;
    const mine = `${this.#lab.prefix}-${node.name}`;
    const all = (await management("GET", "/api/connections?columns=name,client_properties")) as Connection[];
    const names = all.filter(({ client_properties: tells }) => tells?.connection_name?.endsWith(mine));
    await Promise.allSettled(
      names.map(({ name }) => management("DELETE", `/api/connections/${encodeURIComponent(name)}`)),
    );
    this.#kills += names.length > 0 ? 1 : 0;
  }

  async #killServer(server: { kill(): Promise<void>; start(): Promise<void> }, what: string): Promise<void> {
    this.#isServerDown = true;
    this.#options.onStep(what);
    await server.kill();
    this.#kills++;
    this.#later(1_000, async () => {
      await server.start();
      this.#isServerDown = false;
    });
  }

  #later(ms: number, work: () => Promise<unknown>): void {
    this.#background.push(new Promise((resolve) => setTimeout(resolve, ms)).then(work));
  }
}

interface Connection {
  name: string;
  client_properties?: { connection_name?: string };
}

async function sleepUntil(at: number): Promise<void> {
  const ms = at - performance.now();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Nearest rank. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Each with the frames that follow it. */
const unexpectedIn = (log: string): string[] => log.match(/Unexpected .* answering .*(?:\n\s+at .*)*/g) ?? [];
