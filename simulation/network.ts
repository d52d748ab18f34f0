/** Requests to the store: each is executed some time after it was sent, and answered some time after that, if at all. */

export interface Action {
  name: string;
  weight: number;
  /** Something that goes wrong; none of these happens while the system comes to rest. */
  fault?: boolean;
  run: () => void;
}

/** A process that sends requests. Asleep (SIGSTOP) it hears nothing; a new life does not hear the old one's answers. */
export interface Caller {
  life: number;
  up: boolean;
  asleep: boolean;
}

interface Pending {
  caller: Caller;
  life: number;
  execute: () => unknown;
  answer: (result: unknown) => void;
  fail: (() => void) | undefined;
  result: unknown;
  isExecuted: boolean;
}

const isHeard = ({ caller, life }: Pending): boolean => caller.up && !caller.asleep && caller.life === life;

export class Network {
  #pending: Pending[] = [];

  get size(): number {
    return this.#pending.length;
  }

  /** `fail`: nobody knows whether it was done. Without it a request is tried until it is answered. */
  request<R>(caller: Caller, execute: () => R, answer: (result: R) => void, fail?: () => void): void {
    this.#pending.push({
      caller,
      life: caller.life,
      execute,
      answer: answer as (result: unknown) => void,
      fail,
      result: undefined,
      isExecuted: false,
    });
  }

  actions(): Action[] {
    return this.#pending.flatMap((one) => {
      const isGone = one.caller.life !== one.life || !one.caller.up;
      const found: Action[] = [];
      if (!one.isExecuted) found.push({ name: "execute", weight: 6, run: () => this.#execute(one) });
      if (isGone) found.push({ name: "drop", weight: 2, run: () => this.#remove(one) });
      if (one.isExecuted && isHeard(one)) found.push({ name: "answer", weight: 6, run: () => this.#answer(one) });
      if (one.fail && isHeard(one)) found.push({ name: "lose", weight: 1, fault: true, run: () => this.#lose(one) });
      return found;
    });
  }

  /** Without faults: all that is on the way is done and answered, in the order of sending. */
  flow(): void {
    for (const one of this.#pending.splice(0)) {
      if (!one.isExecuted) this.#execute(one);
      if (isHeard(one)) one.answer(one.result);
      // Nobody is left to hear it, or nobody yet.
      else if (one.caller.asleep && one.caller.life === one.life) this.#pending.push(one);
    }
  }

  #execute(one: Pending): void {
    one.result = one.execute();
    one.isExecuted = true;
  }

  #answer(one: Pending): void {
    this.#remove(one);
    one.answer(one.result);
  }

  #lose(one: Pending): void {
    this.#remove(one);
    one.fail?.();
  }

  #remove(one: Pending): void {
    this.#pending = this.#pending.filter((other) => other !== one);
  }
}
