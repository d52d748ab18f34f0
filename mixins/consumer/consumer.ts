/**
 * A service's consumer: decode -> contract -> upcast -> inbox claim + handler + own facts in one transaction -> ack.
 *
 *   duplicate        ack, nothing happens
 *   business failure attempt 2 at once, then the retry queues (1, 2, 4, 8 s), then the dead letters
 *   broken message   dead letter at once
 *   infrastructure   pause: give back what is held, retry the one that failed with back-off, consume again
 */

import { decode } from "../amqp/envelope.ts";
import { queueOf } from "../amqp/names.ts";
import { ConfirmedPublisher } from "../amqp/publisher.ts";
import { type Delivery, Subscription } from "../amqp/subscription.ts";
import type { Backbone } from "../backbone.ts";
import { isAlreadyDone } from "../idempotency/inbox.ts";
import { codeOf, isInfrastructureFailure, messageOfError } from "../kit/failure.ts";
import type { Logger } from "../kit/implement.ts";
import { withLogContext } from "../kit/log.ts";
import { metaOf } from "../outbox/message.ts";
import { nextStep, pauseMs } from "../retry/policy.ts";
import { takeNext } from "./buffer.ts";
import { Failures } from "./failures.ts";
import { type EventHandler, type HandlerTools, handlerFor } from "./handler.ts";
import { stateOf } from "./message.ts";
import { runTransaction, type Work, type WorkContext } from "./work.ts";

export interface ConsumerOptions {
  service: string;
  backbone: Backbone;
  logger: Logger;
  handlers: readonly EventHandler[];
  tools: HandlerTools;
}

/** Most messages in one transaction, and most transactions at a time for handlers that run alone. */
const LIMITS = { batch: 64, singles: 32 };
/** Stop: wait this long for what is in flight, milliseconds. */
const DRAIN_MS = 10_000;
/** RabbitMQ closes a channel that holds a message for 30 min: hand the probe over well before. */
const MAX_HOLD_MS = 15 * 60_000;

export type ConsumerState = "stopped" | "running" | "paused";

export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #context: WorkContext;
  readonly #subscription: Subscription;
  readonly #publisher: ConfirmedPublisher;
  readonly #failures: Failures;
  readonly #handlers = new Map<string, EventHandler | undefined>();
  #buffer: Work[] = [];
  #active = 0;
  #alone = false;
  #state: ConsumerState = "stopped";
  /** The failed delivery that is tried again and again while paused. */
  #probe: Work | undefined;
  #idle: (() => void)[] = [];
  #wakeProbe: (() => void) | undefined;
  /** Counters since the start, for metrics. */
  #endSamples: (() => void) | undefined;
  readonly counts = { handled: 0, duplicates: 0, retried: 0, deadLettered: 0, refused: 0, pauses: 0, fallbacks: 0 };

  constructor(options: ConsumerOptions) {
    const { service, backbone, logger, tools } = options;
    const { connection } = backbone;
    const db = backbone.database(service);
    this.#options = options;
    this.#context = { service, backbone, db, tools };
    this.#publisher = new ConfirmedPublisher({ connection, logger });
    this.#failures = new Failures(service, db, this.#publisher, () => connection.repair());
    this.#subscription = new Subscription({
      connection,
      queue: queueOf(service),
      logger,
      onDelivery: (delivery) => this.#receive(delivery),
      onLost: () => this.#onLost(),
    });
  }

  get state(): ConsumerState {
    return this.#state;
  }

  async start(): Promise<void> {
    if (this.#state !== "stopped") return;
    this.#state = "running";
    this.#endSamples = this.#options.backbone.metrics.sample(() => this.#sample());
    this.#publisher.start();
    this.#subscription.resume(this.#prefetch());
  }

  /** Stops consuming, waits for what is in flight, gives back the rest. */
  async stop(): Promise<void> {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
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
    if (this.#state === "stopped") return this.#subscription.giveBack(delivery);
    const { registry } = this.#options.backbone;
    const decoded = decode(delivery.message.content, metaOf(delivery.message), registry);
    if (!decoded.ok) return void this.#track(() => this.#refuse(delivery, decoded.refusal));
    const { event } = decoded;
    const work = { delivery, event, handler: this.#handlerOf(event.eventType), state: stateOf(delivery.message) };
    // While paused one message at a time comes in, as the next probe.
    if (this.#state === "paused") return this.#receivePaused(work);
    this.#buffer.push(work);
    // Everything that arrived in the same read of the socket may share a transaction.
    if (this.#buffer.length === 1) setImmediate(() => this.#pump());
  }

  #handlerOf(eventType: string): EventHandler | undefined {
    if (!this.#handlers.has(eventType)) this.#handlers.set(eventType, handlerFor(this.#options.handlers, eventType));
    return this.#handlers.get(eventType);
  }

  #pump(): void {
    while (this.#state === "running" && !this.#alone && this.#buffer.length > 0) {
      const plan = takeNext(this.#buffer, this.#active, LIMITS);
      if (!plan) return;
      this.#alone = plan.alone;
      void this.#track(async () => {
        await this.#runChunk(plan.chunk);
        if (plan.alone) this.#alone = false;
      });
    }
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

  async #runChunk(chunk: Work[]): Promise<void> {
    const live = chunk.filter((work) => this.#subscription.isLive(work.delivery));
    if (live.length > 1) {
      try {
        await this.#transaction(live, (work) => work.state.attempts + 1);
        this.counts.handled += live.length;
        for (const work of live) this.#subscription.ack(work.delivery);
        return;
      } catch (error) {
        if (isInfrastructureFailure(error)) return this.#pause(live, error);
        this.counts.fallbacks++;
      }
    }
    for (const work of live) await this.#runOne(work);
  }

  /** Attempts until the message is settled here, moved on, or infrastructure fails. */
  async #runOne(work: Work): Promise<void> {
    if (this.#state === "paused") return this.#subscription.giveBack(work.delivery);
    const { eventId, meta } = work.event;
    try {
      await withLogContext({ eventId, requestId: meta.correlationId }, () => this.#attempts(work));
    } catch (error) {
      if (isInfrastructureFailure(error)) return this.#pause([work], error);
      // The failure could not be dealt with; the delivery limit bounds how often this happens.
      this.#subscription.giveBack(work.delivery);
      throw error;
    }
  }

  /** @throws infrastructure failures; everything else ends in an ack. */
  async #attempts(work: Work): Promise<void> {
    const { state } = work;
    const made =
      state.deliveryCount > 0 ? Math.max(state.attempts, await this.#failures.recorded(work)) : state.attempts;
    for (let attempt = made + 1; ; attempt++) {
      try {
        await this.#transaction([work], () => attempt);
        this.counts.handled++;
        return this.#subscription.ack(work.delivery);
      } catch (error) {
        if (isAlreadyDone(error, this.#context.db)) return this.#duplicate(work);
        if (isInfrastructureFailure(error)) throw error;
        if (await this.#failed(work, attempt, error)) return;
      }
    }
  }

  /** One transaction, timed. */
  async #transaction(works: readonly Work[], attempt: (work: Work) => number): Promise<void> {
    const { metrics, clock } = this.#options.backbone;
    const consumer = this.#options.service;
    const since = performance.now();
    await runTransaction(this.#context, works, attempt);
    metrics.observe("residents.consumer.transaction.time", performance.now() - since, { consumer });
    const now = clock().getTime();
    for (const { event } of works)
      metrics.observe("residents.consumer.lag.time", Math.max(0, now - event.timestamp.getTime()), { consumer });
    this.#count("handled", works.length);
  }

  #count(result: string, by = 1): void {
    const labels = { consumer: this.#options.service, result };
    this.#options.backbone.metrics.increment("residents.consumer.messages.total", labels, by);
  }

  #sample(): void {
    const { metrics, clock } = this.#options.backbone;
    const consumer = this.#options.service;
    const times = this.#buffer.map(({ event }) => event.timestamp.getTime());
    const age = times.length === 0 ? 0 : (clock().getTime() - Math.min(...times)) / 1000;
    metrics.set("residents.consumer.oldest.seconds", Math.max(0, age), { consumer });
    metrics.set("residents.consumer.paused", this.#state === "paused" ? 1 : 0, { consumer });
  }

  #duplicate(work: Work): void {
    this.counts.duplicates++;
    this.#count("duplicate");
    this.#subscription.ack(work.delivery);
  }

  /** @returns true when the message has been moved on and acked, false for "again at once" */
  async #failed(work: Work, attempt: number, error: unknown): Promise<boolean> {
    const { backbone, logger, service } = this.#options;
    const at = backbone.clock();
    await this.#failures.record(work, attempt, error, at);
    const labels = { consumer: service, eventType: work.event.eventType };
    backbone.metrics.increment("residents.consumer.attempts.failed.total", labels);
    const step = nextStep(attempt);
    logger.warn(
      `${service}: ${work.event.eventType} ${work.event.eventId} failed at attempt ${attempt} (${codeOf(error)}); next: ${describe(step)}.`,
    );
    if (step.kind === "again") return false;
    await this.#failures.moveOn(work, step, attempt, error, at);
    if (step.kind === "delay") this.counts.retried++;
    else this.counts.deadLettered++;
    this.#count(step.kind === "delay" ? "retried" : "dead_lettered");
    this.#subscription.ack(work.delivery);
    return true;
  }

  async #refuse(delivery: Delivery, refusal: Parameters<Failures["refuse"]>[1]): Promise<void> {
    const { logger, service, backbone } = this.#options;
    logger.warn(
      `${service}: refused ${refusal.eventType ?? "a message"} ${refusal.eventId ?? ""} (${refusal.code}); dead letter.`,
    );
    await this.#failures.refuse(delivery.message, refusal, backbone.clock());
    this.counts.refused++;
    this.#count("refused");
    this.#subscription.ack(delivery);
  }

  /**
   * Something that we depend on is away. One delivery stays here and is tried again with back-off; all others go back
   * to the queue once, so an outage costs one delivery count and no attempt.
   */
  async #pause(failed: Work[], error: unknown): Promise<void> {
    const [first, ...rest] = failed;
    for (const work of rest) this.#subscription.giveBack(work.delivery);
    if (!first) return;
    if (this.#state !== "running") return this.#subscription.giveBack(first.delivery);
    this.#state = "paused";
    this.#probe = first;
    this.counts.pauses++;
    this.#options.logger.warn(`${this.#options.service}: paused, ${messageOfError(error)}`);
    await this.#subscription.pause();
    for (const work of this.#buffer.splice(0)) this.#subscription.giveBack(work.delivery);
    void this.#track(() => this.#probing());
  }

  async #probing(): Promise<void> {
    let heldSince = performance.now();
    for (let tries = 0; this.#state === "paused"; tries++) {
      await this.#waitToProbe(pauseMs(tries));
      const probe = this.#probe;
      if (this.#state !== "paused") break;
      if (!probe || !this.#subscription.isLive(probe.delivery)) {
        // The channel went with it: take one message, and only one, as the next probe.
        this.#probe = undefined;
        this.#subscription.resume(1);
        heldSince = performance.now();
        continue;
      }
      try {
        await this.#attempts(probe);
        return this.#unpause();
      } catch (error) {
        if (!isInfrastructureFailure(error)) throw error;
        if (performance.now() - heldSince > MAX_HOLD_MS) await this.#handOver(probe);
      }
    }
    if (this.#probe) this.#subscription.giveBack(this.#probe.delivery);
    this.#probe = undefined;
  }

  #unpause(): void {
    this.#probe = undefined;
    if (this.#state !== "paused") return;
    this.#state = "running";
    this.#options.logger.info(`${this.#options.service}: consuming again.`);
    this.#subscription.resume(this.#prefetch());
  }

  /** Sends the probe to the end of its queue (fresh delivery count), so that another one is held from now on. */
  async #handOver(probe: Work): Promise<void> {
    await this.#failures.requeueAtEnd(probe.delivery.message);
    this.#subscription.ack(probe.delivery);
    this.#probe = undefined;
  }

  #receivePaused(work: Work): void {
    if (this.#probe) return this.#subscription.giveBack(work.delivery);
    this.#probe = work;
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

const describe = (step: ReturnType<typeof nextStep>): string =>
  step.kind === "again" ? "again at once" : step.kind === "delay" ? `in ${step.seconds} s` : "dead letter";
