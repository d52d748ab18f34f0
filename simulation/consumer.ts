/** A consumer process: it carries out what the real `takeNext`, `handling` and `Pausing` decide. */
import { deadLetterQueueOf, HEADER, queueOf, retryQueueOf } from "../mixins/amqp/names.ts";
import { type Candidate, type Plan, takeNext } from "../mixins/consumer/buffer.ts";
import type { Handling, HandlingStep } from "../mixins/consumer/handling.ts";
import { stateOf } from "../mixins/consumer/message.ts";
import { Pausing } from "../mixins/consumer/pausing.ts";
import type { OutgoingMessage } from "../mixins/outbox/message.ts";
import type { Stored } from "./broker.ts";
import { kindOf } from "./facts.ts";
import type { Action, Caller } from "./network.ts";
import { Publishing } from "./publishing.ts";
import type { Committed, Delivered } from "./services.ts";
import type { World } from "./world.ts";

const PREFETCH = 3;
const LIMITS = { batch: 2, shared: 2, beside: 1, singles: 2 };

/** A delivery at work. */
interface Item extends Candidate {
  stored: Stored;
  channel: object;
  work: Delivered;
  state: ReturnType<typeof stateOf>;
  /** A copy of it waits in a queue. */
  isRetried: boolean;
}

/** MongoDB did not answer. */
const AWAY = Symbol("away");

export function deliveredOf({ options }: OutgoingMessage): Delivered {
  const headers = (options.headers ?? {}) as Record<string, unknown>;
  return {
    eventId: String(options.messageId),
    kind: kindOf(String(options.type)),
    episode: (headers[HEADER.episode] as number | undefined) ?? 1,
    attempts: (headers[HEADER.attempt] as number | undefined) ?? 0,
    firstFailedAt: headers[HEADER.firstFailedAt] as string | undefined,
    deadLetter: headers[HEADER.deadLetter] as string | undefined,
  };
}

function copyOf({ stored }: Item, queue: string, failure: Record<string, unknown> = {}): OutgoingMessage {
  const { content, options } = stored.message;
  const headers = { ...options.headers, ...failure };
  return { exchange: "", routingKey: queue, content, options: { ...options, mandatory: true, headers } };
}

export class SimConsumer implements Caller {
  life = 0;
  up = true;
  asleep = false;
  readonly #world: World;
  readonly #service: string;
  #publishing: Publishing;
  #pausing = new Pausing<Item>();
  #channel: object | undefined;
  /** Consuming: 0 while paused. */
  #prefetch = PREFETCH;
  #held: Item[] = [];
  #buffer: Item[] = [];
  #running: readonly Plan<Item>[] = [];
  #isProbing = false;

  constructor(world: World, service: string) {
    this.#world = world;
    this.#service = service;
    this.#publishing = this.#newPublishing();
    this.#pausing.start();
  }

  /** What it is busy with; undefined: nothing. */
  get busy(): string | undefined {
    if (this.#held.length > 0) return `${this.#service} holds ${this.#held.length}`;
    if (this.#running.length > 0) return `${this.#service} is at work`;
    // Paused without a probe it waits for the next message: nothing is left undone.
    return this.#pausing.probe ? `${this.#service} is paused` : undefined;
  }

  #newPublishing(): Publishing {
    return new Publishing(this.#world.broker, this.#world.parts.unconfirmed(), 100);
  }

  actions(): Action[] {
    if (!this.up) return [{ name: "start consumer", weight: 3, run: () => this.#start() }];
    if (this.asleep) return [{ name: "wake consumer", weight: 3, run: () => this.#sleep(false) }];
    const found: Action[] = [
      { name: "kill consumer", weight: 1, fault: true, run: () => this.crash() },
      { name: "stop consumer", weight: 1, fault: true, run: () => this.#sleep(true) },
      ...this.#publishing.actions(),
    ];
    if (!this.#channel) found.push({ name: "subscribe", weight: 4, run: () => this.#subscribe() });
    else found.push({ name: "consumer's channel lost", weight: 1, fault: true, run: () => this.#lose() });
    if (this.#canReceive) found.push({ name: "deliver", weight: 6, run: () => this.#receive() });
    if (this.#canPump) found.push({ name: "pump", weight: 6, run: () => this.#pump() });
    if (this.#pausing.state === "paused" && !this.#isProbing)
      found.push({ name: "probe", weight: 4, run: () => this.#probeNext() });
    return found;
  }

  crash(): void {
    this.#publishing.stop(this.#world.roll(3));
    this.#requeue();
    this.life++;
    this.up = false;
    this.asleep = false;
    this.#channel = undefined;
    this.#held = [];
    this.#buffer = [];
    this.#running = [];
    this.#isProbing = false;
  }

  #start(): void {
    this.up = true;
    this.#publishing = this.#newPublishing();
    this.#pausing = new Pausing<Item>();
    this.#pausing.start();
    this.#prefetch = PREFETCH;
  }
  #sleep(asleep: boolean): void {
    this.asleep = asleep;
  }
  #subscribe(): void {
    this.#channel = {};
  }
  /** What is at work goes on, or has a write under way to the database, while somebody else gets the same delivery. */
  #requeue(): void {
    if (!this.#channel) return;
    const atWork = this.#held.filter((item) => !this.#buffer.includes(item));
    for (const { work } of atWork) this.#world.ledger.overlapped(this.#service, work.eventId, work.episode);
    this.#world.broker.requeue(this.#channel);
  }
  #lose(): void {
    this.#requeue();
    this.#channel = undefined;
    this.#held = [];
    this.#buffer = [];
  }

  get #ready(): Stored | undefined {
    return this.#world.broker.queue(queueOf(this.#service)).find(({ heldBy }) => heldBy === undefined);
  }
  get #canReceive(): boolean {
    return this.#channel !== undefined && this.#held.length < this.#prefetch && this.#ready !== undefined;
  }

  #receive(): void {
    const stored = this.#ready as Stored;
    const channel = this.#channel as object;
    stored.heldBy = channel;
    const work = deliveredOf(stored.message);
    const headers = { ...stored.message.options.headers, [HEADER.deliveryCount]: stored.deliveryCount };
    const state = stateOf({ properties: { headers } } as never);
    const decides = { event: { meta: {} }, handler: { batch: work.kind !== "chain" }, state };
    const item: Item = { ...decides, stored, channel, work, isRetried: false };
    this.#held.push(item);
    const place = this.#pausing.receive(item);
    if (place === "give back") this.#giveBack(item);
    else if (place === "probe") this.#prefetch = 0;
    else this.#buffer.push(item);
  }

  get #canPump(): boolean {
    return this.#pausing.state === "running" && takeNext([...this.#buffer], this.#running, LIMITS) !== undefined;
  }

  #pump(): void {
    const plan = takeNext(this.#buffer, this.#running, LIMITS, { random: () => this.#world.roll(100) / 100 });
    if (!plan) return;
    this.#running = [...this.#running, plan];
    const chunk = plan.chunk.filter((item) => this.#isLive(item));
    const done = (): void => {
      this.#running = this.#running.filter((one) => one !== plan);
    };
    if (chunk.length > 1) this.#together(chunk, done);
    else this.#oneByOne(chunk, done);
  }

  #together(chunk: Item[], done: () => void): void {
    this.#transaction(chunk, (result) => {
      if (result === AWAY) {
        this.#pause(chunk);
        return done();
      }
      if (result !== "done") return this.#oneByOne(chunk, done);
      for (const item of chunk) this.#ack(item);
      done();
    });
  }

  #oneByOne([first, ...rest]: Item[], done: () => void): void {
    if (!first) return done();
    if (this.#pausing.state === "paused") {
      this.#giveBack(first);
      return this.#oneByOne(rest, done);
    }
    this.#handle(first, (isAway) => {
      if (isAway) this.#pause([first]);
      this.#oneByOne(rest, done);
    });
  }

  #transaction(items: readonly Item[], answer: (result: Committed | typeof AWAY) => void): void {
    const { network, services } = this.#world;
    const works = items.map(({ work }) => work);
    network.request<Committed>(
      this,
      () => services.transaction(this.#service, works),
      answer,
      () => answer(AWAY),
    );
  }

  #handle(item: Item, end: (isAway: boolean) => void, isAgain = false): void {
    this.#follow(item, this.#world.parts.handling(item.state, isAgain), undefined, end);
  }

  #follow(item: Item, steps: Handling, answer: unknown, end: (isAway: boolean) => void): void {
    const next = steps.next(answer);
    if (next.done) return end(false);
    this.#carryOut(item, next.value, (result) =>
      result === AWAY ? end(true) : this.#follow(item, steps, result, end),
    );
  }

  #carryOut(item: Item, step: HandlingStep, answer: (result: unknown) => void): void {
    const { network, services } = this.#world;
    const { work } = item;
    const away = (): void => answer(AWAY);
    switch (step.do) {
      case "look up":
        return network.request(
          this,
          () => ({ attempts: services.recorded(this.#service, work.eventId, work.episode), error: undefined }),
          answer,
          away,
        );
      case "attempt":
        if (this.#world.isContested()) return answer({ kind: "busy" });
        return this.#transaction([item], (result) => answer(result === AWAY ? AWAY : { kind: result }));
      case "record":
        return network.request(this, () => services.record(this.#service, work), answer, away);
      case "move on":
        return this.#moveOn(item, step, answer);
      case "put back":
        item.isRetried = true;
        return this.#publishing.publish(copyOf(item, queueOf(this.#service)), answer);
      case "ack":
        this.#ack(item);
        return answer(undefined);
    }
  }

  #moveOn(
    item: Item,
    { step, attempt }: Extract<HandlingStep, { do: "move on" }>,
    answer: (result: unknown) => void,
  ): void {
    const isRetry = step.kind === "delay";
    const queue = isRetry ? retryQueueOf(this.#service, step.seconds) : deadLetterQueueOf(this.#service);
    item.isRetried = isRetry;
    const failure = { [HEADER.attempt]: attempt, [HEADER.firstFailedAt]: new Date(0).toISOString() };
    this.#publishing.publish(copyOf(item, queue, failure), answer);
  }

  /** One delivery stays, all others go back. */
  #pause([first, ...rest]: Item[]): void {
    for (const item of rest) this.#giveBack(item);
    if (!first) return;
    if (!this.#pausing.fail(first, this.#world.monotonic)) return this.#giveBack(first);
    this.#prefetch = 0;
    for (const item of this.#buffer.splice(0)) this.#giveBack(item);
  }

  #probeNext(): void {
    this.#pausing.waitMs();
    const next = this.#pausing.next((item) => this.#isLive(item), this.#world.monotonic);
    if (next === "fetch") this.#prefetch = 1;
    if (next !== "try") return;
    const probe = this.#pausing.probe as Item;
    this.#isProbing = true;
    const end = (isAway: boolean): void => {
      this.#isProbing = false;
      if (!isAway && this.#pausing.recover()) this.#prefetch = PREFETCH;
    };
    this.#handle(probe, end, true);
  }

  #isLive({ channel }: Item): boolean {
    return channel === this.#channel;
  }

  #ack(item: Item): void {
    if (!this.#isLive(item)) return;
    this.#held = this.#held.filter((other) => other !== item);
    this.#world.broker.remove(queueOf(this.#service), item.stored);
    const { eventId, episode } = item.work;
    if (item.isRetried) this.#world.ledger.retried(this.#service, eventId, episode);
  }

  #giveBack(item: Item): void {
    if (!this.#isLive(item)) return;
    this.#held = this.#held.filter((other) => other !== item);
    this.#world.broker.giveBack(queueOf(this.#service), item.stored);
  }
}
