/** One tenure of a simulated relay: what it reads, publishes, marks, sweeps and saves while it holds the lease. */
import type { Outcome } from "../mixins/amqp/unconfirmed.ts";
import { FORGOTTEN_TOKEN, heldBy, RELEASED, renewed, type Tenancy } from "../mixins/outbox/lease-rules.ts";
import type { Command, Pipeline } from "../mixins/outbox/pipeline.ts";
import type { OutboxRow } from "../mixins/outbox/row.ts";
import type { Sweep, SweepStep, Swept } from "../mixins/outbox/sweep.ts";
import type { Action, Caller } from "./network.ts";
import type { Position } from "./parts.ts";
import { Publishing } from "./publishing.ts";
import type { World } from "./world.ts";

export const LEASE_MS = 100;
const WINDOW = 3;
const MARK_BATCH = 2;

interface Mark {
  id: string;
  outcome: Outcome;
}

interface TenureOptions {
  world: World;
  caller: Caller;
  holder: string;
  tenancy: Tenancy;
  token: Position | undefined;
  onEnd: () => void;
}

export class Tenure {
  readonly publishing: Publishing;
  readonly #options: TenureOptions;
  readonly #pipeline: Pipeline<Position>;
  /** The next position to read; undefined: to be asked of the server first. */
  #next: Position | undefined;
  #isBegun = false;
  #marks: Mark[] = [];
  #isMarking = false;
  #isRenewing = false;
  #isAskingTime = false;
  #ended = false;
  #sweep: Sweep | undefined;
  #gaps: ReturnType<Pipeline<Position>["sweepBegins"]> = [];
  /** What the sweep wants done; undefined while it waits for an answer. */
  #step: SweepStep | undefined;
  #isStepSent = false;
  #fence: string | undefined;
  #probe: string | undefined;
  #iterators = new Map<object, OutboxRow[]>();
  #fences = 0;

  constructor(options: TenureOptions) {
    this.#options = options;
    const { world, token } = options;
    this.#pipeline = world.parts.pipeline();
    this.publishing = new Publishing(world.broker, world.parts.unconfirmed(), WINDOW);
    if (token === undefined) this.#pipeline.beginAnew();
    else this.#begin(token + 1);
  }

  get #isValid(): boolean {
    return this.#options.tenancy.isValid(this.#options.world.monotonic);
  }
  get #mayGoOn(): boolean {
    return !this.#ended && this.#isValid;
  }

  actions(): Action[] {
    const found = [...this.publishing.actions()];
    if (this.#marks.length > 0 && !this.#isMarking && this.#isValid)
      found.push({ name: "write marks", weight: 6, run: () => this.#writeMarks() });
    if (!this.#mayGoOn) return [...found, { name: "end tenure", weight: 3, run: () => this.#finish() }];
    if (!this.#isBegun) {
      if (!this.#isAskingTime) found.push({ name: "ask time", weight: 4, run: () => this.#askTime() });
      return found;
    }
    if (this.#canRead) found.push({ name: "read stream", weight: 8, run: () => this.#read() });
    if (!this.#isRenewing) found.push({ name: "renew", weight: 3, run: () => this.#renew() });
    if (!this.#sweep) found.push({ name: "sweep", weight: 1, run: () => this.#startSweep() });
    if (this.#step && !this.#isStepSent && this.#canStep)
      found.push({ name: `sweep ${this.#step.do}`, weight: 6, run: () => this.#takeStep() });
    return found;
  }

  #begin(position: Position): void {
    this.#next = position;
    this.#isBegun = true;
    this.#startSweep();
  }

  #askTime(): void {
    const { world, caller } = this.#options;
    this.#isAskingTime = true;
    const done = (): void => {
      this.#isAskingTime = false;
    };
    world.network.request(
      caller,
      () => world.store.oplog.length,
      (position) => {
        done();
        this.#begin(position);
      },
      done,
    );
  }

  get #canRead(): boolean {
    return this.#next !== undefined && this.#next < this.#options.world.store.oplog.length && this.publishing.hasRoom;
  }

  #read(): void {
    const { store } = this.#options.world;
    const position = this.#next as Position;
    if (position < store.truncatedTo) return this.#beginAnew();
    this.#next = position + 1;
    const entry = store.oplog[position] as (typeof store.oplog)[number];
    if ("fence" in entry) {
      this.#pipeline.passed(position);
      if (entry._id === this.#fence) this.#answerSweep(undefined);
      return;
    }
    this.#carryOut(this.#pipeline.read(position, entry._id), entry);
  }

  /** The change stream has lost its history. */
  #beginAnew(): void {
    const { world, caller, holder, tenancy } = this.#options;
    this.#pipeline.beginAnew();
    this.#isBegun = false;
    this.#next = undefined;
    world.network.request(
      caller,
      () => world.store.changeLease(heldBy(holder, tenancy.epoch), FORGOTTEN_TOKEN),
      () => {},
    );
    if (this.#fence !== undefined) this.#endSweep();
  }

  #carryOut(commands: readonly Command[], row: OutboxRow): void {
    for (const command of commands) {
      if (command.do === "mark") this.#marks.push({ id: row._id, outcome: command.outcome });
      else {
        const message = this.#options.world.parts.messageOf(row);
        this.publishing.publish(message, (outcome) => this.#carryOut(this.#pipeline.settled(row._id, outcome), row));
      }
    }
  }

  #writeMarks(): void {
    const { world, caller, tenancy } = this.#options;
    const { publishedMark, unpublishedMark } = world.parts;
    const batch = this.#marks.splice(0, MARK_BATCH);
    const { epoch } = tenancy;
    this.#isMarking = true;
    const execute = (): void => {
      const routed = batch.filter(({ outcome }) => outcome.kind === "routed").map(({ id }) => id);
      const { filter, update } = publishedMark(routed, epoch);
      if (routed.length > 0) world.store.mark(filter, update);
      for (const { id, outcome } of batch) {
        if (outcome.kind === "routed") continue;
        const other = unpublishedMark(id, outcome, epoch, new Date(world.store.now));
        world.store.mark(other.filter, other.update);
      }
    };
    const answer = (): void => {
      this.#isMarking = false;
      for (const { id, outcome } of batch) this.#marked(id, outcome);
    };
    const fail = (): void => {
      this.#isMarking = false;
      this.#marks.unshift(...batch);
    };
    world.network.request(caller, execute, answer, fail);
  }

  #marked(id: string, outcome: Outcome): void {
    this.#pipeline.marked(id);
    if (id === this.#probe) {
      this.#probe = undefined;
      this.#answerSweep({ sent: true, outcome });
    }
  }

  #renew(token = this.#pipeline.safeToken(this.#idleToken)): void {
    const { world, caller, holder, tenancy } = this.#options;
    const asked = world.monotonic;
    this.#isRenewing = true;
    world.network.request(
      caller,
      () => world.store.changeLease(heldBy(holder, tenancy.epoch), renewed(LEASE_MS, token as never)) !== undefined,
      (isOurs) => {
        this.#isRenewing = false;
        if (isOurs) return tenancy.renewed(asked, LEASE_MS);
        tenancy.lost();
        this.#ended = true;
      },
      () => {
        this.#isRenewing = false;
        if (!this.#isValid) this.#ended = true;
      },
    );
  }

  /** The stream's own position. */
  get #idleToken(): Position | undefined {
    return this.#next === undefined || this.#next === 0 ? undefined : this.#next - 1;
  }

  #finish(): void {
    const { world, caller, holder, tenancy, onEnd } = this.#options;
    const passed = this.#pipeline.passedToken;
    const filter = heldBy(holder, tenancy.epoch);
    if (this.#isValid && passed !== undefined)
      world.network.request(
        caller,
        () => world.store.changeLease(filter, renewed(LEASE_MS, passed as never)),
        () => {},
      );
    world.network.request(
      caller,
      () => world.store.changeLease(filter, RELEASED),
      () => {},
    );
    tenancy.lost();
    this.publishing.stop(world.roll(3));
    onEnd();
  }

  #startSweep(): void {
    if (this.#sweep) return;
    this.#gaps = this.#pipeline.sweepBegins();
    this.#sweep = this.#options.world.parts.sweep({
      databases: ["lab"],
      isKnown: (id) => this.#pipeline.isKnown(id),
      mayGoOn: () => this.#mayGoOn,
    });
    this.#advance(this.#sweep.next());
  }

  #advance(next: IteratorResult<SweepStep, Swept>): void {
    if (next.done) {
      if (next.value.isComplete) this.#pipeline.sweepEnds(this.#gaps);
      return this.#endSweep();
    }
    this.#step = next.value;
    this.#isStepSent = false;
  }

  #endSweep(): void {
    this.#sweep = undefined;
    this.#step = undefined;
    this.#isStepSent = false;
    this.#fence = undefined;
    this.#probe = undefined;
    this.#iterators.clear();
    this.#pipeline.sweepPublishes(false);
  }

  #answerSweep(answer: unknown): void {
    this.#fence = undefined;
    if (this.#sweep) this.#advance(this.#sweep.next(answer));
  }

  get #canStep(): boolean {
    const needsRoom = this.#step?.do === "publish" || this.#step?.do === "probe";
    return !needsRoom || this.publishing.hasRoom;
  }

  #takeStep(): void {
    const step = this.#step as SweepStep;
    const { store } = this.#options.world;
    this.#isStepSent = true;
    switch (step.do) {
      case "ids":
        return this.#ask(() =>
          store
            .find(step.filter)
            .slice(0, step.limit)
            .map(({ _id }) => _id),
        );
      case "rows":
        return this.#ask(() => structuredClone(store.find(step.filter)));
      case "types":
        return this.#ask(() => [...new Set(store.find(step.filter).map(({ eventType }) => eventType))]);
      case "fence":
        return this.#sendFence();
      case "publishing":
        this.#pipeline.sweepPublishes(step.on);
        return this.#answerSweep(undefined);
      case "publish":
      case "probe":
        return this.#publishSwept(step);
      case "next":
        return this.#readNext(step.filter);
    }
  }

  #ask(execute: () => unknown): void {
    const { world, caller } = this.#options;
    const sweep = this.#sweep;
    world.network.request(
      caller,
      execute,
      (answer) => {
        if (this.#sweep === sweep) this.#answerSweep(answer);
      },
      () => {
        if (this.#sweep === sweep) this.#endSweep();
      },
    );
  }

  #sendFence(): void {
    const { world, caller, holder } = this.#options;
    const id = `fence ${holder} ${this.#fences++}`;
    this.#fence = id;
    const sweep = this.#sweep;
    world.network.request(
      caller,
      () => world.store.insert({ _id: id, fence: true }),
      () => {},
      () => {
        if (this.#sweep === sweep && this.#fence === id) this.#endSweep();
      },
    );
  }

  #publishSwept({ do: what, row }: Extract<SweepStep, { do: "publish" | "probe" }>): void {
    const commands = this.#pipeline.swept(row._id);
    if (commands.length === 0) return this.#answerSweep({ sent: false });
    if (what === "probe") this.#probe = row._id;
    this.#carryOut(commands, row);
    if (what === "publish") this.#answerSweep({ sent: true });
  }

  /** As a cursor reads: one batch at its opening. */
  #readNext(filter: object): void {
    const { store } = this.#options.world;
    const known = this.#iterators.get(filter);
    if (known) return this.#answerSweep(known.shift());
    this.#ask(() => {
      const rows = structuredClone(store.find(filter));
      this.#iterators.set(filter, rows);
      return rows.shift();
    });
  }
}
