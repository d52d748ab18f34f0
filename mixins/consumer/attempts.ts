/** Carries out what `handling` decides for one delivery, on MongoDB and RabbitMQ. */
import type { Refusal } from "../amqp/envelope.ts";
import type { Delivery } from "../amqp/subscription.ts";
import { doneOf, isAlreadyDone } from "../idempotency/inbox.ts";
import { codeOf, isInfrastructureFailure, isWriteConflict } from "../kit/failure.ts";
import type { Logger } from "../kit/implement.ts";
import type { Failures } from "./failures.ts";
import { type AttemptResult, type HandlingStep, handling } from "./handling.ts";
import type { ConsumerMeter } from "./meter.ts";
import { runTransaction, type Work, type WorkContext } from "./work.ts";

export interface AttemptsOptions {
  context: WorkContext;
  logger: Logger;
  failures: Failures;
  meter: ConsumerMeter;
  ack: (delivery: Delivery) => void;
}

type Step<K extends HandlingStep["do"]> = Extract<HandlingStep, { do: K }>;

export class Attempts {
  readonly #options: AttemptsOptions;
  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** @throws infrastructure failures, and failures that could not be dealt with; everything else ends in an ack. */
  async run(work: Work, isAgain = false): Promise<void> {
    const steps = handling(work.state, isAgain);
    let next = steps.next();
    while (!next.done) next = steps.next(await this.#carryOut(next.value, work));
  }

  /**
   * Each event once, all in one transaction, then the acks. When some of them turn out to be done already, those are
   * acknowledged, and nothing else happens.
   * @returns what is left to do, less than before. @throws whatever a handler or MongoDB threw: nothing has happened then
   */
  async together(works: readonly Work[]): Promise<readonly Work[]> {
    const copies = Map.groupBy(works, ({ event }) => event.eventId);
    const firsts = new Set([...copies.values()].flatMap(([first]) => first ?? []));
    try {
      await this.#transaction([...firsts], (work) => work.state.attempts + 1);
    } catch (error) {
      if (!isAlreadyDone(error, this.#options.context.db)) throw error;
      const left = await this.#leaveOutDone(works);
      if (left.length === works.length) throw error;
      return left;
    }
    for (const work of works) this.#ack(work, firsts.has(work) ? "handled" : "duplicate");
    return [];
  }

  /** Acknowledges what has been done before. @returns the rest. @throws infrastructure failures, before any ack */
  async #leaveOutDone(works: readonly Work[]): Promise<readonly Work[]> {
    const { db, service } = this.#options.context;
    const eventIds = works.map(({ event }) => event.eventId);
    const done = await doneOf(db, service, eventIds);
    const isDone = ({ event }: Work): boolean => done.has(event.eventId);
    for (const work of works.filter(isDone)) this.#ack(work, "duplicate");
    return works.filter((work) => !isDone(work));
  }

  /** A message that can't be read: its copy to the dead letters, then the ack. */
  async refuse(delivery: Delivery, refusal: Refusal): Promise<void> {
    const { context, logger, failures, meter, ack } = this.#options;
    const { code, eventType = "a message", eventId = "" } = refusal;
    logger.warn(`${context.service}: refused ${eventType} ${eventId} (${code}); dead letter.`);
    await failures.refuse(delivery.message, refusal, context.backbone.clock());
    meter.refused();
    ack(delivery);
  }

  async #carryOut(step: HandlingStep, work: Work): Promise<unknown> {
    switch (step.do) {
      case "look up":
        return this.#options.failures.recorded(work);
      case "attempt":
        return this.#attempt(work, step);
      case "record":
        return this.#record(work, step);
      case "move on":
        return this.#moveOn(work, step);
      case "put back":
        return this.#putBack(work);
      case "ack":
        return this.#ack(work, step.result);
    }
  }

  #ack({ delivery }: Work, result: Step<"ack">["result"]): void {
    if (result === "duplicate") this.#options.meter.duplicate();
    this.#options.ack(delivery);
  }

  async #attempt(work: Work, { attempt }: Step<"attempt">): Promise<AttemptResult> {
    try {
      await this.#transaction([work], () => attempt);
      return { kind: "done" };
    } catch (error) {
      if (isAlreadyDone(error, this.#options.context.db)) return { kind: "duplicate" };
      if (isInfrastructureFailure(error)) throw error;
      return isWriteConflict(error) ? { kind: "busy" } : { kind: "failed", error };
    }
  }

  async #transaction(works: readonly Work[], attempt: (work: Work) => number): Promise<void> {
    const since = performance.now();
    await runTransaction(this.#options.context, works, attempt);
    this.#options.meter.handled(works, since);
  }

  #record(work: Work, { attempt, error }: Step<"record">): Promise<number> {
    const { context, logger, failures, meter } = this.#options;
    const { eventType, eventId } = work.event;
    meter.failed(eventType);
    logger.warn(`${context.service}: ${eventType} ${eventId} failed at attempt ${attempt} (${codeOf(error)}).`);
    return failures.record(work, attempt, error, context.backbone.clock());
  }

  #putBack({ event, delivery }: Work): Promise<void> {
    const { context, logger, failures } = this.#options;
    logger.warn(`${context.service}: ${event.eventType} ${event.eventId} is held by another transaction; put back.`);
    return failures.requeueAtEnd(delivery.message);
  }

  async #moveOn(work: Work, { step, attempt, error }: Step<"move on">): Promise<void> {
    const { context, logger, failures, meter } = this.#options;
    const next = step.kind === "delay" ? `again in ${step.seconds} s` : "dead letter";
    logger.warn(`${context.service}: ${work.event.eventType} ${work.event.eventId}, next: ${next}.`);
    await failures.moveOn(work, step, attempt, error, context.backbone.clock());
    meter.movedOn(step.kind);
  }
}
