/**
 * A service's consumer: decode -> contract -> upcast -> inbox claim + handler + own facts in one transaction -> ack.
 *
 *   duplicate        ack, nothing happens
 *   business failure attempt 2 at once, then the retry queues (1, 2, 4, 8 s), then the dead letters
 *   broken message   dead letter at once
 *   infrastructure   pause: give back what is held, retry the one that failed with back-off, consume again
 */

import { decode, type Refusal } from "../amqp/envelope.ts";
import { queueOf } from "../amqp/names.ts";
import { ConfirmedPublisher } from "../amqp/publisher.ts";
import { type Delivery, Subscription } from "../amqp/subscription.ts";
import type { Backbone } from "../backbone.ts";
import { isInfrastructureFailure, messageOfError } from "../kit/failure.ts";
import type { Logger } from "../kit/implement.ts";
import { withLogContext } from "../kit/log.ts";
import { metaOf } from "../outbox/message.ts";
import { Attempts } from "./attempts.ts";
import { type Limits, lingerOf, type Plan, takeNext } from "./buffer.ts";
import { Failures } from "./failures.ts";
import { type EventHandler, type HandlerTools, handlerFor } from "./handler.ts";
import { stateOf } from "./message.ts";
import { ConsumerMeter } from "./meter.ts";
import { type ConsumerState, Pausing } from "./pausing.ts";
import type { Work } from "./work.ts";

export interface ConsumerOptions {
  service: string;
  backbone: Backbone;
  logger: Logger;
  handlers: readonly EventHandler[];
  tools: HandlerTools;
}

const LIMITS: Limits = { batch: 64, shared: 2, beside: 32, singles: 32 };
/** Stop: wait this long for what is in flight, milliseconds. */
const DRAIN_MS = 10_000;

export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #attempts: Attempts;
  readonly #subscription: Subscription;
  readonly #publisher: ConfirmedPublisher;
  readonly #failures: Failures;
  readonly #handlers = new Map<string, EventHandler | undefined>();
  #buffer: Work[] = [];
  /** Everything that has to end before a stop: the plans, refusals, the probe. */
  #active = 0;
  #running: readonly Plan<Work>[] = [];
  #lingering: NodeJS.Timeout | undefined;
  readonly #pumpInTurn = (overdue: boolean): void => this.#pump(overdue);
  readonly #pausing = new Pausing<Work>();
  #idle: (() => void)[] = [];
  #wakeProbe: (() => void) | undefined;
  #endSamples: (() => void) | undefined;
  readonly #meter: ConsumerMeter;

  constructor(options: ConsumerOptions) {
    const { service, backbone, logger, tools } = options;
    const { connection, consuming } = backbone;
    const db = backbone.database(service);
    this.#options = options;
    this.#meter = new ConsumerMeter(backbone, service);
    this.#publisher = new ConfirmedPublisher({ connection, logger });
    this.#failures = new Failures(service, db, this.#publisher, () => connection.repair());
    this.#attempts = new Attempts({
      context: { service, backbone, db, tools },
      logger,
      failures: this.#failures,
      meter: this.#meter,
      ack: (delivery) => this.#subscription.ack(delivery),
    });
    this.#subscription = new Subscription({
      connection: consuming,
      repair: () => connection.repair(),
      queue: queueOf(service),
      logger,
      onDelivery: (delivery) => this.#receive(delivery),
      onLost: () => this.#onLost(),
    });
  }

  get state(): ConsumerState {
    return this.#pausing.state;
  }

  /** Since the start. */
  get counts(): Readonly<ConsumerMeter["counts"]> {
    return this.#meter.counts;
  }

  async start(): Promise<void> {
    if (this.state !== "stopped") return;
    this.#pausing.start();
    this.#endSamples = this.#options.backbone.metrics.sample(() =>
      this.#meter.sample(this.#buffer, this.state === "paused"),
    );
    this.#publisher.start();
    this.#subscription.resume(this.#prefetch());
  }

  /** Stops consuming, waits for what is in flight, gives back the rest. */
  async stop(): Promise<void> {
    if (this.state === "stopped") return;
    this.#pausing.stop();
    clearTimeout(this.#lingering);
    this.#endSamples?.();
    this.#wakeProbe?.();
    await this.#subscription.pause();
    for (const work of this.#buffer.splice(0)) this.#subscription.giveBack(work.delivery);
    await this.#drained();
    await this.#subscription.close();
    await this.#publisher.stop();
  }

  #prefetch(): number {
    return this.#options.backbone.env.CONSUMER_PREFETCH;
  }

  #receive(delivery: Delivery): void {
    if (this.state === "stopped") return this.#subscription.giveBack(delivery);
    const { registry } = this.#options.backbone;
    const decoded = decode(delivery.message.content, metaOf(delivery.message), registry);
    if (!decoded.ok) return void this.#track(() => this.#refuse(delivery, decoded.refusal));
    const { event } = decoded;
    const since = performance.now();
    const work = {
      delivery,
      event,
      handler: this.#handlerOf(event.eventType),
      state: stateOf(delivery.message),
      since,
    };
    const place = this.#pausing.receive(work);
    if (place === "give back") return this.#subscription.giveBack(delivery);
    if (place === "probe") return this.#takeProbe();
    this.#buffer.push(work);
    // Everything that arrived in the same read of the socket may share a transaction.
    if (this.#buffer.length === 1) setImmediate(() => this.#pump());
  }

  #handlerOf(eventType: string): EventHandler | undefined {
    if (!this.#handlers.has(eventType)) this.#handlers.set(eventType, handlerFor(this.#options.handlers, eventType));
    return this.#handlers.get(eventType);
  }

  /** `outOfTurn`: the first one does not wait for others of the node. */
  #pump(outOfTurn = false): void {
    const { turns } = this.#options.backbone;
    while (this.state === "running" && this.#buffer.length > 0) {
      const lingerMs = lingerOf(this.#buffer, LIMITS.batch, performance.now());
      if (lingerMs > 0) return this.#pumpAfter(lingerMs);
      const taken = turns.taken && !outOfTurn;
      const plan = takeNext(this.#buffer, this.#running, LIMITS, { taken });
      if (!plan) {
        // What waits for one of its own is looked at again when that one ends.
        if (taken) turns.wait(this.#pumpInTurn);
        return;
      }
      outOfTurn = false;
      this.#running = [...this.#running, plan];
      void this.#track(() => this.#runPlan(plan));
    }
  }

  #pumpAfter(ms: number): void {
    clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => this.#pump(), ms);
  }

  async #track(run: () => Promise<void>): Promise<void> {
    this.#active++;
    try {
      await run();
    } catch (error) {
      this.#options.logger.error(`${this.#options.service}: consumer fault, ${messageOfError(error)}`);
    } finally {
      this.#active--;
      if (this.#active === 0) for (const done of this.#idle.splice(0)) done();
      this.#pump();
    }
  }

  async #runPlan(plan: Plan<Work>): Promise<void> {
    const endTurn = plan.kind === "shared" ? this.#options.backbone.turns.begin() : () => {};
    try {
      await this.#runChunk(plan.chunk);
    } finally {
      this.#running = this.#running.filter((one) => one !== plan);
      endTurn();
    }
  }

  async #runChunk(chunk: readonly Work[]): Promise<void> {
    let left: readonly Work[] = chunk.filter((work) => this.#subscription.isLive(work.delivery));
    try {
      while (left.length > 1) left = await this.#attempts.together(left);
    } catch (error) {
      if (isInfrastructureFailure(error)) return this.#pause(left, error);
      this.#meter.counts.fallbacks++;
    }
    for (const work of left) await this.#runOne(work);
  }

  /** Attempts until the message is settled here, moved on, or infrastructure fails. */
  async #runOne(work: Work): Promise<void> {
    if (this.state === "paused") return this.#subscription.giveBack(work.delivery);
    const { eventId, meta } = work.event;
    try {
      await withLogContext({ eventId, requestId: meta.correlationId }, () => this.#attempts.run(work));
    } catch (error) {
      if (isInfrastructureFailure(error)) return this.#pause([work], error);
      this.#giveUp(work, error);
    }
  }

  async #refuse(delivery: Delivery, refusal: Refusal): Promise<void> {
    try {
      await this.#attempts.refuse(delivery, refusal);
    } catch (error) {
      this.#subscription.giveBack(delivery);
      throw error;
    }
  }

  /**
   * Something that we depend on is away. One delivery stays here and is tried again with back-off; all others go back
   * to the queue once, so an outage costs one delivery count and no attempt.
   */
  async #pause(failed: readonly Work[], error: unknown): Promise<void> {
    const [first, ...rest] = failed;
    for (const work of rest) this.#subscription.giveBack(work.delivery);
    if (!first) return;
    if (!this.#pausing.fail(first, performance.now())) return this.#subscription.giveBack(first.delivery);
    this.#meter.counts.pauses++;
    this.#options.logger.warn(`${this.#options.service}: paused, ${messageOfError(error)}`);
    await this.#subscription.pause();
    for (const work of this.#buffer.splice(0)) this.#subscription.giveBack(work.delivery);
    void this.#track(() => this.#probing());
  }

  async #probing(): Promise<void> {
    while (this.state === "paused") {
      await this.#waitToProbe(this.#pausing.waitMs());
      const next = this.#pausing.next(({ delivery }) => this.#subscription.isLive(delivery), performance.now());
      if (next === "leave") break;
      // The channel went with the probe: take one message, and only one, as the next.
      if (next === "fetch") this.#subscription.resume(1);
      else if (await this.#gotThrough()) return this.#unpause();
    }
    const probe = this.#pausing.letGo();
    if (probe) this.#subscription.giveBack(probe.delivery);
  }

  /** @returns true when nothing is away any more, whatever became of the probe */
  async #gotThrough(): Promise<boolean> {
    const probe = this.#pausing.probe as Work;
    try {
      await this.#attempts.run(probe, true);
      return true;
    } catch (error) {
      if (!isInfrastructureFailure(error)) {
        this.#giveUp(probe, error);
        return true;
      }
      if (this.#pausing.isHeldTooLong(performance.now())) await this.#handOver(probe);
      return false;
    }
  }

  /** The failure could not be dealt with; the delivery limit bounds how often this happens. */
  #giveUp(work: Work, error: unknown): void {
    this.#subscription.giveBack(work.delivery);
    this.#options.logger.error(`${this.#options.service}: consumer fault, ${messageOfError(error)}`);
  }

  #unpause(): void {
    if (!this.#pausing.recover()) return;
    this.#options.logger.info(`${this.#options.service}: consuming again.`);
    this.#subscription.resume(this.#prefetch());
  }

  /** Sends the probe to the end of its queue (fresh delivery count), so that another one is held from now on. */
  async #handOver(probe: Work): Promise<void> {
    await this.#failures.requeueAtEnd(probe.delivery.message);
    this.#subscription.ack(probe.delivery);
    this.#pausing.letGo();
  }

  #takeProbe(): void {
    void this.#subscription.pause();
    this.#wakeProbe?.();
  }

  #onLost(): void {
    // The broker has given all of it back already.
    this.#buffer = [];
  }

  #waitToProbe(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakeProbe = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #drained(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, DRAIN_MS);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
