/** Records failed attempts and moves a message on: to a retry queue, or to the dead letters. Copy, confirm, then ack. */
import type { ConsumeMessage } from "amqplib";
import type { Db } from "mongodb";
import type { Refusal } from "../amqp/envelope.ts";
import { deadLetterQueueOf, queueOf, retryQueueOf } from "../amqp/names.ts";
import type { ConfirmedPublisher } from "../amqp/publisher.ts";
import { inboxKey } from "../idempotency/inbox.ts";
import { crashPoint } from "../kit/crash-point.ts";
import { codeOf, messageOfError } from "../kit/failure.ts";
import { ATTEMPTS, type AttemptsEntry, type FailedAttempt } from "../retry/dead-letter.ts";
import type { NextStep } from "../retry/policy.ts";
import type { Recorded } from "./handling.ts";
import { copyTo, type Failure } from "./message.ts";
import type { Work } from "./work.ts";

const REPAIR_MS = 1_000;

export class Failures {
  readonly #service: string;
  readonly #db: Db;
  readonly #publisher: ConfirmedPublisher;
  readonly #repair: () => Promise<void>;
  constructor(service: string, db: Db, publisher: ConfirmedPublisher, repair: () => Promise<void>) {
    this.#service = service;
    this.#db = db;
    this.#publisher = publisher;
    this.#repair = repair;
  }

  /** Attempts that are on record for this episode: a process that died between attempt and ack has made them. */
  async recorded({ event, state }: Work): Promise<Recorded> {
    const entry = await this.#attempts().findOne({ _id: inboxKey(this.#service, event.eventId) });
    const failures = ofEpisode(entry, state.episode);
    const last = failures.at(-1);
    return { attempts: failures.length, error: last && new RecordedFailure(last) };
  }

  /**
   * Kept for the event's biography, and counted: a second copy of the event on the wire burns no attempts of its own.
   * @returns failures on record for this episode, this one included
   */
  async record({ event, state }: Work, attempt: number, error: unknown, at: Date): Promise<number> {
    const failure = {
      attempt,
      episode: state.episode,
      at,
      code: codeOf(error),
      message: messageOfError(error).slice(0, 500),
    };
    const entry = await this.#attempts().findOneAndUpdate(
      { _id: inboxKey(this.#service, event.eventId) },
      {
        $set: { consumer: this.#service, eventId: event.eventId, eventType: event.eventType, at },
        $push: { failures: failure },
      },
      { upsert: true, returnDocument: "after", projection: { "failures.episode": 1 } },
    );
    return ofEpisode(entry, state.episode).length;
  }

  /** Sends the copy on and waits for its confirm. */
  async moveOn(
    work: Work,
    step: Exclude<NextStep, { kind: "again" }>,
    attempt: number,
    error: unknown,
    at: Date,
  ): Promise<void> {
    const failure: Failure = {
      consumer: this.#service,
      attempt,
      firstFailedAt: work.state.firstFailedAt ?? at.toISOString(),
      code: codeOf(error),
      message: messageOfError(error),
    };
    const queue = step.kind === "delay" ? retryQueueOf(this.#service, step.seconds) : deadLetterQueueOf(this.#service);
    await this.#send(queue, work.delivery.message, failure);
    crashPoint(step.kind === "delay" ? "consumer.after-retry-confirm" : "consumer.after-dead-letter-confirm");
  }

  /** A message that can't be read: dead letter at once. */
  async refuse(message: ConsumeMessage, refusal: Refusal, at: Date): Promise<void> {
    const { code, message: text } = refusal;
    const failure = { consumer: this.#service, attempt: 1, firstFailedAt: at.toISOString(), code, message: text };
    await this.#send(deadLetterQueueOf(this.#service), message, failure);
    crashPoint("consumer.after-dead-letter-confirm");
  }

  /** Back to the end of the own queue with a fresh delivery count; no attempt is burnt. */
  async requeueAtEnd(message: ConsumeMessage): Promise<void> {
    await this.#send(queueOf(this.#service), message);
  }

  async #send(queue: string, message: ConsumeMessage, failure?: Failure): Promise<void> {
    const copy = copyTo(queue, message, failure);
    for (;;) {
      const outcome = await this.#publisher.published(copy);
      if (outcome.kind === "routed") return;
      if (outcome.kind === "failed") throw new Error(`No copy for ${queue} could be made: ${outcome.reason}`);
      // The queue has been deleted: declare it again, and send again.
      await this.#repair();
      await new Promise((resolve) => setTimeout(resolve, REPAIR_MS));
    }
  }

  #attempts() {
    return this.#db.collection<AttemptsEntry>(ATTEMPTS);
  }
}

/** What a process that has died since has put on record. */
class RecordedFailure extends Error {
  readonly code: string;
  constructor({ code, message }: Pick<FailedAttempt, "code" | "message">) {
    super(message);
    this.code = code;
  }
}

const ofEpisode = (entry: AttemptsEntry | null, episode: number): FailedAttempt[] =>
  entry?.failures.filter((failure) => failure.episode === episode) ?? [];
