/** Carries the sweep's steps out on MongoDB. */
import type { Filter, FindCursor, MongoClient, WithId } from "mongodb";
import type { Outcome } from "../amqp/publisher.ts";
import { newId } from "../kit/ids.ts";
import { OUTBOX, type OutboxRow } from "./row.ts";
import { type FenceRow, type SweepStep, type SweepView, type Swept, sweep } from "./sweep.ts";

export interface SweepRunOptions extends SweepView {
  client: MongoClient;
  /** `{prefix}_relay`. */
  relayDatabase: string;
  publishing: (on: boolean) => void;
  /** Waits for room and hands the row over; undefined when it is somebody else's business by now. */
  publish: (database: string, row: OutboxRow) => Promise<{ outcome: Promise<Outcome> } | undefined>;
  /** Resolves when the live path has read the fence; rejects when it can't in time. */
  fencePassed: (id: string) => Promise<void>;
}

export class SweepRun {
  readonly #options: SweepRunOptions;
  #cursor: FindCursor<WithId<OutboxRow>> | undefined;
  #cursorOf: Filter<OutboxRow> | undefined;

  constructor(options: SweepRunOptions) {
    this.#options = options;
  }

  async run(): Promise<Swept> {
    const steps = sweep(this.#options);
    try {
      let next = steps.next();
      while (!next.done) next = steps.next(await this.#carryOut(next.value));
      return next.value;
    } finally {
      this.#options.publishing(false);
      await this.#closeCursor();
    }
  }

  async #carryOut(step: SweepStep): Promise<unknown> {
    const { publishing, publish } = this.#options;
    switch (step.do) {
      case "ids": {
        const found = this.#outbox(step.database).find(step.filter, { projection: { _id: 1 } });
        return (await found.limit(step.limit).toArray()).map((row) => row._id);
      }
      case "rows":
        return this.#outbox(step.database).find(step.filter).sort({ _id: 1 }).toArray();
      case "types":
        return this.#outbox(step.database).distinct("eventType", step.filter);
      case "fence":
        return this.#fence();
      case "publishing":
        return publishing(step.on);
      case "publish":
        return { sent: (await publish(step.database, step.row)) !== undefined };
      case "probe": {
        const sent = await publish(step.database, step.row);
        return { sent: sent !== undefined, outcome: await sent?.outcome };
      }
      case "next":
        return this.#next(step.database, step.filter);
    }
  }

  async #fence(): Promise<void> {
    const { client, relayDatabase, fencePassed } = this.#options;
    const id = newId();
    const passed = fencePassed(id);
    // Where the insert fails nobody waits for it any more.
    passed.catch(() => {});
    // publishedAt: the TTL index removes it, and no sweep ever takes it for a fact.
    await client
      .db(relayDatabase)
      .collection<FenceRow>(OUTBOX)
      .insertOne({ _id: id, fence: true, publishedAt: new Date() });
    await passed;
  }

  /** One cursor at a time: the sweep reads a filter to its end, or leaves it for another one. */
  async #next(database: string, filter: Filter<OutboxRow>): Promise<OutboxRow | undefined> {
    if (filter !== this.#cursorOf) {
      await this.#closeCursor();
      this.#cursor = this.#outbox(database).find(filter);
      this.#cursorOf = filter;
    }
    return (await this.#cursor?.next()) ?? undefined;
  }

  async #closeCursor(): Promise<void> {
    await this.#cursor?.close().catch(() => {});
    this.#cursor = undefined;
    this.#cursorOf = undefined;
  }

  #outbox(database: string) {
    return this.#options.client.db(database).collection<OutboxRow>(OUTBOX);
  }
}
