/** A relay process on the simulated store and broker: it carries out what the real decisions say, and nothing of its own. */
import { grantable, granted, Tenancy } from "../mixins/outbox/lease-rules.ts";
import type { Action, Caller } from "./network.ts";
import { LEASE_MS, Tenure } from "./tenure.ts";
import type { World } from "./world.ts";

export class SimRelay implements Caller {
  life = 0;
  up = true;
  asleep = false;
  readonly #world: World;
  readonly #name: string;
  #tenancy = new Tenancy();
  #isAsking = false;
  /** When it asks for the lease again. */
  #nextTry = 0;
  #tenure: Tenure | undefined;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
  }

  /** Another life is another holder. */
  get #holder(): string {
    return `${this.#name}/${this.life}`;
  }

  crash(): void {
    this.#tenure?.publishing.stop(this.#world.roll(3));
    this.life++;
    this.up = false;
    this.asleep = false;
    this.#tenancy = new Tenancy();
    this.#tenure = undefined;
    this.#isAsking = false;
    this.#nextTry = 0;
  }

  actions(): Action[] {
    if (!this.up) return [{ name: `start ${this.#name}`, weight: 3, run: () => this.#start() }];
    // A stopped process is not gone: what it had on the wire is.
    if (this.asleep) return [{ name: `wake ${this.#name}`, weight: 3, run: () => this.#wake() }];
    const faults: Action[] = [
      { name: `kill ${this.#name}`, weight: 1, fault: true, run: () => this.crash() },
      { name: `stop ${this.#name}`, weight: 1, fault: true, run: () => this.#sleep() },
    ];
    const own = this.#tenure
      ? this.#tenure.actions()
      : this.#isAsking || this.#world.monotonic < this.#nextTry
        ? []
        : [{ name: "acquire", weight: 3, run: () => this.#acquire() }];
    return [...faults, ...own];
  }

  #start(): void {
    this.up = true;
  }
  #sleep(): void {
    this.asleep = true;
  }
  #wake(): void {
    this.asleep = false;
  }

  #acquire(): void {
    this.#isAsking = true;
    const asked = this.#world.monotonic;
    this.#nextTry = asked + LEASE_MS / 4;
    const holder = this.#holder;
    const { store, network } = this.#world;
    network.request(
      this,
      () => structuredClone(store.changeLease(grantable(holder), granted(holder, LEASE_MS))),
      (lease) => {
        this.#isAsking = false;
        if (!lease) return;
        this.#tenancy.granted(lease.epoch, asked, LEASE_MS);
        const onEnd = (): void => {
          this.#tenure = undefined;
        };
        this.#tenure = new Tenure({
          world: this.#world,
          caller: this,
          holder,
          tenancy: this.#tenancy,
          token: lease.token,
          onEnd,
        });
      },
      () => {
        this.#isAsking = false;
      },
    );
  }
}
