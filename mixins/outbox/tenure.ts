/** One tenure of the relay: from taking the lease to losing it or giving it up. */
import type { ResumeToken } from "mongodb";
import { ConfirmedPublisher, type Outcome } from "../amqp/publisher.ts";
import type { Backbone } from "../backbone.ts";
import { crashPoint } from "../kit/crash-point.ts";
import { messageOfError } from "../kit/failure.ts";
import type { Logger } from "../kit/implement.ts";
import { Fences } from "./fences.ts";
import type { Lease } from "./lease.ts";
import { type Insert, LivePath } from "./live-path.ts";
import { Marker } from "./marker.ts";
import { messageOf, type OutgoingMessage } from "./message.ts";
import { type Command, Pipeline } from "./pipeline.ts";
import type { OutboxRow } from "./row.ts";
import { SweepRun } from "./sweep-run.ts";

export interface TenureOptions {
  backbone: Backbone;
  logger: Logger;
  lease: Lease;
  databases: readonly string[];
  /** Saved by the last holder; undefined: begin now, and sweep all that is older. */
  token: ResumeToken | undefined;
}

export interface TenureStatus {
  /** Published without a confirm yet. */
  inFlight: number;
  /** Confirmed and not marked yet. */
  unmarked: number;
  /** Read from the change stream and not finished. */
  pending: number;
  published: number;
  returned: number;
  failed: number;
  swept: number;
  blocked: boolean;
}

/** How often the checkpoint follows the watermark. */
const SAVE_MS = 250;
/** At the end of a tenure: how long to wait for confirms and marks. Less than the lease. */
const FINISH_MS = 3_000;

export class Tenure {
  readonly #options: TenureOptions;
  readonly #publisher: ConfirmedPublisher;
  readonly #marker: Marker;
  readonly #sweep: SweepRun;
  readonly #pipeline = new Pipeline<ResumeToken>();
  /** Rows whose outcome the sweep waits for. */
  readonly #probes = new Map<string, PromiseWithResolvers<Outcome>>();
  readonly #fences = new Fences();
  /** Wait until more is marked. */
  #markWaiters: (() => void)[] = [];
  readonly #live: LivePath;
  readonly #counts = { published: 0, returned: 0, failed: 0, swept: 0 };
  #ended = false;
  readonly #end = Promise.withResolvers<void>();
  /** Watermark at the last save. */
  #savedAt: ResumeToken | undefined;
  #isSweeping = false;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: TenureOptions) {
    const { backbone, logger, lease, databases, token } = options;
    const { client, connection, env } = backbone;
    this.#options = options;
    this.#publisher = new ConfirmedPublisher({ connection, logger, window: env.RELAY_WINDOW });
    const mayGoOn = (): boolean => this.#mayGoOn;
    this.#marker = new Marker({
      client,
      epoch: () => lease.epoch,
      // Also while finishing: what is confirmed shall be marked.
      mayWrite: () => lease.valid,
      onError: (error) => logger.warn(`Relay: marks are tried again (${messageOfError(error)}).`),
    });
    const relayDatabase = backbone.database("relay").databaseName;
    this.#live = new LivePath({
      client,
      logger,
      databases: [...databases, relayDatabase],
      token,
      mayGoOn,
      room: () => (this.#hasRoom ? undefined : this.#room()),
      onInsert: (change) => this.#onInsert(change),
      onLost: () => this.#onLost(),
    });
    this.#sweep = new SweepRun({
      client,
      databases,
      relayDatabase,
      isKnown: (id) => this.#pipeline.isKnown(id),
      publishing: (on) => this.#pipeline.sweepPublishes(on),
      publish: (database, row) => this.#publishSwept(database, row),
      fencePassed: (id) => this.#fences.wait(id),
      mayGoOn,
    });
  }

  /** Works until `end` is called or the lease is gone. */
  async run(): Promise<void> {
    const { env } = this.#options.backbone;
    this.#publisher.start();
    const timers = [
      setInterval(() => void this.#renew(), env.RELAY_LEASE_MS / 3),
      setInterval(() => void this.#save(), SAVE_MS),
      setInterval(() => void this.#runSweep(), env.RELAY_SWEEP_MS),
    ];
    if (this.#options.token === undefined) this.#pipeline.beginAnew();
    try {
      await this.#live.begin();
      // Not before the stream has its starting point: what the sweep does not see, the live path has to.
      void this.#runSweep();
      // A read on a server that hangs is left behind, not waited for.
      await Promise.race([this.#live.read(), this.#end.promise]);
    } finally {
      for (const timer of timers) clearInterval(timer);
      this.#live.close();
      await this.#finish();
    }
  }

  end(): void {
    this.#ended = true;
    this.#end.resolve();
    this.#fences.close("the tenure ended");
    this.#live.close();
    this.#publisher.wake();
    this.#wake();
  }

  sweepNow(): void {
    void this.#runSweep();
  }

  status(): TenureStatus {
    return {
      inFlight: this.#publisher.inFlight,
      unmarked: this.#marker.pending,
      pending: this.#pipeline.pending,
      ...this.#counts,
      blocked: this.#options.backbone.connection.blocked,
    };
  }

  /**
   * A lapse is final, also when a late renewal finds the lease free: some parts of the tenure have seen it and stopped,
   * others have not.
   */
  get #mayGoOn(): boolean {
    if (!this.#ended && !this.#options.lease.valid) this.end();
    return !this.#ended;
  }

  /** A window of unconfirmed ones, and as many confirmed ones without a mark: both are sent again after a death. */
  get #hasRoom(): boolean {
    const unmarked = this.#pipeline.size - this.#publisher.inFlight;
    return this.#publisher.hasRoom && unmarked < this.#options.backbone.env.RELAY_WINDOW;
  }

  /** Resolves when there may be room, or at the end: whoever waited looks again. */
  #room(): Promise<void> {
    if (this.#hasRoom || this.#ended) return Promise.resolve();
    if (!this.#publisher.hasRoom) return this.#publisher.room();
    return new Promise((resolve) => this.#markWaiters.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#markWaiters.splice(0)) resolve();
  }

  #onInsert({ _id: token, fullDocument: row, ns }: Insert): void {
    if (row.fence) {
      this.#fences.passed(row._id);
      return this.#pipeline.passed(token);
    }
    // A restored backup inserts such rows: the broker has had them.
    if (row.publishedAt) return this.#pipeline.passed(token);
    this.#carryOut(this.#pipeline.read(token, row._id), ns.db, row);
  }

  async #publishSwept(database: string, row: OutboxRow): Promise<{ outcome: Promise<Outcome> } | undefined> {
    await this.#room();
    const commands = this.#pipeline.swept(row._id);
    if (commands.length === 0) return undefined;
    const probe = Promise.withResolvers<Outcome>();
    this.#probes.set(row._id, probe);
    this.#carryOut(commands, database, row);
    return { outcome: probe.promise };
  }

  #carryOut(commands: readonly Command[], database: string, row: OutboxRow): void {
    for (const command of commands) {
      if (command.do === "publish") this.#publish(database, row);
      else this.#mark(database, row._id, command.outcome);
    }
  }

  #publish(database: string, row: OutboxRow): void {
    // Not the row: its body is in the message already, and there are windows full of them.
    const { _id: id, eventType, eventId } = row;
    const onSettled = (outcome: Outcome): void => {
      crashPoint("relay.after-confirm");
      this.#count({ eventType, eventId }, outcome);
      for (const command of this.#pipeline.settled(id, outcome)) this.#mark(database, id, command.outcome);
    };
    let message: OutgoingMessage;
    try {
      message = messageOf(row);
    } catch (error) {
      return onSettled({ kind: "failed", reason: messageOfError(error) });
    }
    crashPoint("relay.before-publish");
    this.#publisher.publish(message, onSettled);
  }

  #mark(database: string, id: string, outcome: Outcome): void {
    const onMarked = (): void => {
      this.#pipeline.marked(id);
      if (this.#markWaiters.length > 0 && this.#hasRoom) this.#wake();
      this.#probes.get(id)?.resolve(outcome);
      this.#probes.delete(id);
    };
    this.#marker.add({ database, id, outcome, onMarked });
  }

  #count({ eventType, eventId }: Pick<OutboxRow, "eventType" | "eventId">, outcome: Outcome): void {
    if (outcome.kind === "routed") this.#counts.published++;
    else if (outcome.kind === "unroutable") this.#counts.returned++;
    else this.#counts.failed++;
    if (outcome.kind === "routed") return;
    const reason = outcome.kind === "failed" ? ` (${outcome.reason})` : "";
    this.#options.logger.warn(`Relay: ${eventType} ${eventId} is ${outcome.kind}${reason}.`);
  }

  async #onLost(): Promise<void> {
    this.#pipeline.beginAnew();
    await this.#options.lease.forgetToken();
    // What waits for a fence from before this moment would wait in vain.
    this.#fences.cut("the change stream begins anew");
    void this.#sweeping.then(() => this.#runSweep());
  }

  #runSweep(): Promise<void> {
    if (!this.#isSweeping && this.#mayGoOn) this.#sweeping = this.#sweepOnce();
    return this.#sweeping;
  }

  async #sweepOnce(): Promise<void> {
    this.#isSweeping = true;
    try {
      const gaps = this.#pipeline.sweepBegins();
      const { sent: swept, isComplete } = await this.#sweep.run();
      if (isComplete) this.#pipeline.sweepEnds(gaps);
      this.#counts.swept += swept;
      if (swept > 0) this.#options.logger.info(`Relay: the sweep published ${swept} rows.`);
    } catch (error) {
      if (this.#mayGoOn) this.#options.logger.warn(`Relay: sweep not finished (${messageOfError(error)}).`);
    } finally {
      this.#isSweeping = false;
    }
  }

  async #renew(): Promise<void> {
    const { lease, logger } = this.#options;
    const token = this.#pipeline.safeToken(this.#live.idleToken);
    try {
      if (await lease.renew(token)) return;
      logger.warn("Relay: another replica holds the lease now.");
    } catch (error) {
      if (lease.valid) return;
      logger.warn(`Relay: the lease could not be renewed in time (${messageOfError(error)}).`);
    }
    this.end();
  }

  /** Between the renewals: only when events have passed since. */
  async #save(): Promise<void> {
    const passed = this.#pipeline.passedToken;
    if (!passed || passed === this.#savedAt || !this.#mayGoOn) return;
    this.#savedAt = passed;
    await this.#renew();
  }

  /** Orderly end: what was published gets a moment to be confirmed and marked, then the token is saved. */
  async #finish(): Promise<void> {
    const { lease } = this.#options;
    const deadline = performance.now() + FINISH_MS;
    while (this.#pipeline.size > 0 && lease.valid && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const passed = this.#pipeline.passedToken;
    if (lease.valid && passed) await lease.renew(passed).catch(() => {});
    await this.#publisher.stop();
    this.#marker.clear();
  }
}
