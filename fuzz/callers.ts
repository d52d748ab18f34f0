/** The people who send the requests, with tokens that work: whoever has ended the session logs in anew. */
import { ACTORS, type ActorName, furnish, type House } from "../test/support/matrix.ts";
import type { Person, Rest } from "../test/support/product.ts";

const GARBAGE = "eyJhbGciOiJub25lIn0.e30.";

const [, ...ROLES] = ACTORS;
const MOST_TRIES = 3;

/** The log-ins that the fuzz has failed count against its own people too: they come from one address. */
export type ForgetTries = () => Promise<unknown>;

export class Callers {
  readonly house: House;
  readonly #rest: Rest;
  readonly #people = new Map<string, Person>();
  readonly #renewing = new Map<string, Promise<void>>();

  readonly #forgetTries: ForgetTries;

  private constructor(rest: Rest, house: House, forgetTries: ForgetTries) {
    this.#rest = rest;
    this.house = house;
    this.#forgetTries = forgetTries;
  }

  static async moveIn(rest: Rest, forgetTries: ForgetTries): Promise<Callers> {
    const house = await furnish(rest, await rest.admin());
    const callers = new Callers(rest, house, forgetTries);
    // People of their own: what the house was furnished with stays as it is.
    await Promise.all(ROLES.map((role) => callers.#replace(role)));
    return callers;
  }

  tokenOf = (caller: string): string | undefined => (caller === "garbage" ? GARBAGE : this.#people.get(caller)?.token);

  /** Until nobody is logging this caller in: what is sent meanwhile would only be told that its session has ended. */
  ready = (caller: string): Promise<void> => this.#renewing.get(caller) ?? Promise.resolve();

  /** After a 401 with a token that once worked. */
  renewed(caller: string, token: string | undefined): Promise<void> {
    if (caller === "garbage" || token === undefined || this.tokenOf(caller) !== token) return Promise.resolve();
    const running = this.#renewing.get(caller) ?? this.#renew(caller).finally(() => this.#renewing.delete(caller));
    this.#renewing.set(caller, running);
    return running;
  }

  /** Logs in again; who has gone, or has another password now, is replaced. */
  async #renew(caller: string): Promise<void> {
    const { email, password } = this.#people.get(caller) as Person;
    await this.#forgetTries();
    try {
      this.#people.set(caller, await this.#rest.login(email, password));
    } catch {
      await this.#replace(caller as Exclude<ActorName, "anonymous">);
    }
  }

  async #replace(role: Exclude<ActorName, "anonymous">): Promise<void> {
    for (let tries = 1; ; tries++)
      try {
        await this.#forgetTries();
        // A request of somebody else may end the session by which people are made, also in the middle of it.
        Object.assign(this.house.admin, await this.#rest.admin());
        this.#people.set(role, await this.house.another(role));
        return;
      } catch (error) {
        if (tries === MOST_TRIES) throw error;
      }
  }
}
