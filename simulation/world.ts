/**
 * Two relays, two services (one of them with two consumer processes), a store, a broker and a clock. A tape of numbers
 * chooses what happens next; then the faults stop, and the system has to come to rest.
 */
import { RETRY_DELAYS_S, retryQueueOf } from "../mixins/amqp/names.ts";
import { SimArchiver } from "./archiver.ts";
import { Broker } from "./broker.ts";
import { SimConsumer } from "./consumer.ts";
import { type Kind, rowOf } from "./facts.ts";
import { Ledger, Violation } from "./ledger.ts";
import { type Action, Network } from "./network.ts";
import type { Parts } from "./parts.ts";
import { SimRelay } from "./relay.ts";
import { Services } from "./services.ts";
import { Store } from "./store.ts";
import { LEASE_MS } from "./tenure.ts";

const KINDS: readonly Kind[] = ["fine", "poison", "flaky", "chain"];
const MAX_FACTS = 4;
const MAX_REPLAYS = 2;
const JUMP_MS = 3600_000;
/** Rounds in which each part does one thing. */
const MAX_ROUNDS = 3_000;
const QUIET_ROUNDS = 30;

/** Work gets done between the faults: one step in ten or so goes wrong. */
const weightOf = ({ weight, fault }: Action): number => (fault ? weight : weight * 8);

export class World {
  readonly serviceNames = ["ai", "search"] as const;
  readonly parts: Parts;
  readonly ledger = new Ledger();
  readonly network = new Network();
  readonly store: Store;
  readonly broker: Broker;
  readonly services: Services;
  /** Milliseconds; never jumps. */
  monotonic = 0;
  readonly #tape: readonly number[];
  #at = 0;
  #facts = 0;
  #replays = 0;
  readonly #relays: SimRelay[];
  readonly #consumers: SimConsumer[];
  readonly #archivers: SimArchiver[];
  readonly #actors: readonly { actions: () => Action[] }[];
  /** What happened, by name: for the report of a failure. */
  readonly log: string[] = [];

  constructor(parts: Parts, tape: readonly number[]) {
    this.parts = parts;
    this.#tape = tape;
    this.store = new Store({
      onCheckpoint: (token) => this.ledger.checkpoint(this, token),
      onMark: (row) => this.ledger.marked(row),
    });
    this.broker = new Broker(this.serviceNames, {
      onArrival: (queue, message) => this.ledger.arrived(queue, message),
      onConfirmed: (message) => this.ledger.confirmed(message),
    });
    this.services = new Services(parts, this.store);
    this.#relays = [new SimRelay(this, "one"), new SimRelay(this, "two")];
    this.#consumers = [new SimConsumer(this, "ai"), new SimConsumer(this, "search"), new SimConsumer(this, "search")];
    this.#archivers = this.serviceNames.map((service) => new SimArchiver(this, service));
    this.#actors = [...this.#relays, ...this.#consumers, ...this.#archivers];
  }

  /** A small random number, from the tape; 0 when it has run out. */
  roll(sides: number): number {
    return (this.#tape[this.#at++] ?? 0) % sides;
  }

  /** Does another transaction hold what this one writes? */
  isContested(): boolean {
    const isContested = this.roll(16) === 15;
    if (isContested) this.log.push("contested");
    return isContested;
  }

  /** @throws Violation */
  run(): void {
    while (this.#at < this.#tape.length) this.#step();
    this.#rest();
    this.ledger.atRest(this);
  }

  #step(): void {
    const actions = this.#actions();
    let left = this.roll(actions.reduce((sum, action) => sum + weightOf(action), 0));
    for (const action of actions) {
      left -= weightOf(action);
      if (left < 0) return this.#do(action);
    }
  }

  #do({ name, run }: Action): void {
    this.log.push(name);
    run();
  }

  #actions(): Action[] {
    return [
      ...this.#outside(),
      ...this.network.actions(),
      ...this.#actors.flatMap((one) => one.actions()),
      ...this.#retryQueues(),
    ];
  }

  /** Writers, operators, time, and what befalls the servers. */
  #outside(): Action[] {
    const found: Action[] = [
      { name: "time passes", weight: 2, run: () => this.#pass(1 + this.roll(LEASE_MS / 4)) },
      { name: "clock jumps", weight: 1, fault: true, run: () => this.#jump() },
      { name: "history lost", weight: 1, fault: true, run: () => this.#loseHistory() },
      { name: "bindings gone", weight: 1, fault: true, run: () => this.#bind(false) },
    ];
    if (this.#facts < MAX_FACTS) found.push({ name: "commit", weight: 25, fault: true, run: () => this.#commit() });
    if (!this.broker.bound) found.push({ name: "bindings back", weight: 3, run: () => this.#bind(true) });
    const letter = [...this.services.letters.values()].find(({ status }) => status === "open");
    if (letter && this.#replays < MAX_REPLAYS)
      found.push({ name: "replay", weight: 16, fault: true, run: () => this.#replay() });
    return found;
  }

  #pass(ms: number): void {
    this.monotonic += ms;
    this.store.now += ms;
  }
  #jump(): void {
    this.store.now += this.roll(2) === 0 ? JUMP_MS : -JUMP_MS;
  }
  #loseHistory(): void {
    this.store.truncatedTo = this.store.oplog.length;
  }
  #bind(bound: boolean): void {
    this.broker.bound = bound;
  }
  #commit(): void {
    const kind = KINDS[this.roll(KINDS.length)] as Kind;
    this.store.insert(rowOf(`fact ${this.#facts++}`, kind));
  }
  #replay(): void {
    const letter = [...this.services.letters.values()].find(({ status }) => status === "open");
    this.#replays++;
    if (letter) this.services.replay(letter);
  }

  #retryQueues(): Action[] {
    const names = this.serviceNames.flatMap((service) => RETRY_DELAYS_S.map((s) => retryQueueOf(service, s)));
    return names
      .filter((name) => this.broker.queue(name).length > 0)
      .map((name) => ({ name: `${name} is due`, weight: 3, run: () => this.broker.expire(name) }));
  }

  /** No more faults: each part does one thing after the other, until nothing is left to do. */
  #rest(): void {
    this.log.push("-- rest --");
    // A clock that has jumped back keeps a dead holder's lease alive for that long.
    this.store.now = Math.max(this.store.now, this.store.lease.expiresAt.getTime()) + LEASE_MS;
    for (let round = 0, still = 0; round < MAX_ROUNDS; round++) {
      for (const actor of this.#actors) {
        this.#takeTurn(actor.actions(), round);
        this.network.flow();
      }
      this.#takeTurn(this.#retryQueues(), round);
      this.#bind(true);
      this.#pass(1);
      this.services.settle();
      still = this.#isQuiet() ? still + 1 : 0;
      // Long enough for a sweep that finds nothing.
      if (still > QUIET_ROUNDS) return;
    }
    throw new Violation(`I10: still pending: ${this.#pending().join(", ")}`);
  }

  /** One of the actions that are no fault, in turn. */
  #takeTurn(actions: Action[], round: number): void {
    const possible = actions.filter(({ fault }) => !fault);
    possible[round % Math.max(1, possible.length)]?.run();
  }

  #pending(): string[] {
    const rows = [...this.store.outbox.values()].filter(({ publishedAt, failed }) => publishedAt === null && !failed);
    const queues = [...this.broker.queues].filter(([, messages]) => messages.length > 0);
    const replaying = [...this.services.letters.values()].filter(({ status }) => status === "replaying");
    return [
      ...rows.map(({ _id }) => `row ${_id}`),
      ...queues.map(([name, messages]) => `${messages.length} in ${name}`),
      ...replaying.map(({ _id }) => `replay of ${_id}`),
      ...[...this.#consumers, ...this.#archivers].flatMap(({ busy }) => busy ?? []),
    ];
  }

  #isQuiet(): boolean {
    return this.#pending().length === 0;
  }
}
