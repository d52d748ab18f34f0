/** A resident of the whole product: writes one ticket after the other, each until it is answered, by one key. */
import { type Person, Rest } from "../../test/support/product.ts";
import type { Ledger } from "./ledger.ts";
import { pause } from "./measure.ts";
import { until, within } from "./wait.ts";

/** Between two tickets: what comes of one has ended by then. */
const PAUSE_MS = 1_000;
const AGAIN_MS = 400;
/** The last ticket may find the servers just coming back. */
const PATIENCE_MS = 30_000;
const ANSWER_MS = 15_000;

export interface Settled {
  person: Person;
  unitId: string;
}

/** A person with a unit, through the API; needs a relay. */
export async function settle(home: Rest): Promise<Settled> {
  const admin = await until("a log-in", 30_000, () => home.admin().catch(() => undefined));
  const { unitId, manager } = await home.newBuilding(admin, "Lime");
  const person = await home.newPerson(admin, "Ann");
  await home.moveIn(person, manager, unitId);
  return { person, unitId };
}

export class Resident {
  readonly #ledger: Ledger;
  readonly #settled: Settled;
  readonly #urlOf: () => string;
  readonly #living: Promise<void>;
  #leavesAt = Number.POSITIVE_INFINITY;
  #tickets = 0;
  #repeats = 0;
  #isHeld = false;
  #isWriting = false;

  /** `urlOf`: the gateway that the next request goes to. */
  constructor(ledger: Ledger, settled: Settled, urlOf: () => string) {
    this.#ledger = ledger;
    this.#settled = settled;
    this.#urlOf = urlOf;
    this.#living = this.#live();
  }

  /** No more tickets; asks for the one under way for so long. */
  async stop(patienceMs = PATIENCE_MS): Promise<void> {
    this.#leavesAt = Math.min(this.#leavesAt, performance.now() + patienceMs);
    await this.#living;
  }

  /** Begins no ticket until `goOn`. */
  hold(): void {
    this.#isHeld = true;
  }
  goOn(): void {
    this.#isHeld = false;
  }
  /** Waits for an answer. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  get told(): string {
    return `${this.#tickets} tickets, asked for again ${this.#repeats} times`;
  }

  get #isLeaving(): boolean {
    return this.#leavesAt < Number.POSITIVE_INFINITY;
  }

  async #live(): Promise<void> {
    while (!this.#isLeaving) {
      this.#isWriting = !this.#isHeld;
      if (this.#isWriting) await this.#write(this.#ledger.nextNumber());
      this.#isWriting = false;
      await pause(PAUSE_MS);
    }
  }

  async #write(n: number): Promise<void> {
    const write = { owner: "tickets", eventType: "ticket.created", n };
    for (;;) {
      const status = await this.#post(n);
      if (status === 201) {
        this.#tickets++;
        return this.#ledger.record({ ...write, state: "accepted" });
      }
      if (isRefusal(status)) return this.#ledger.record({ ...write, state: "refused" });
      if (performance.now() > this.#leavesAt) return this.#ledger.record({ ...write, state: "uncertain" });
      // A long run outlives the token.
      if (status === 401) await this.#logIn();
      this.#repeats++;
      await pause(AGAIN_MS);
    }
  }

  get #rest(): Rest {
    return new Rest(this.#urlOf());
  }

  async #logIn(): Promise<void> {
    const { person } = this.#settled;
    const { token } = await this.#rest.login(person.email, person.password).catch(() => person);
    person.token = token;
  }

  /** @returns the status; 0: no answer */
  async #post(n: number): Promise<number> {
    const { person, unitId } = this.#settled;
    const ticket = {
      unitId,
      category: "plumbing",
      title: `Leaking tap #${n}`,
      description: "It drips, day and night.",
    };
    const post = this.#rest.as(person).post("/tickets", ticket, { "idempotency-key": `ticket-${n}` });
    return within(ANSWER_MS, post).then(
      ({ status }) => status,
      () => 0,
    );
  }
}

/** A definite no. 401: the token is too old; 409: the same key is still at work; 429: later. */
const isRefusal = (status: number): boolean => status >= 400 && status < 500 && ![401, 409, 429].includes(status);
