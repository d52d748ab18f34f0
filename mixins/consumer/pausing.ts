/**
 * Running, or paused because something that the consumer depends on is away. Paused, it holds one delivery (the probe)
 * and tries that again and again; everything else is given back once. Pure: it decides, the consumer acts.
 */
import { pauseMs } from "../retry/policy.ts";

export type ConsumerState = "stopped" | "running" | "paused";

/** RabbitMQ closes a channel that holds a message for 30 min: hand the probe over well before. */
export const MAX_HOLD_MS = 15 * 60_000;

/** `W`: a delivery at work. */
export class Pausing<W> {
  #state: ConsumerState = "stopped";
  #probe: W | undefined;
  #heldSince = 0;
  #tries = 0;

  get state(): ConsumerState {
    return this.#state;
  }
  get probe(): W | undefined {
    return this.#probe;
  }

  start(): void {
    this.#state = "running";
  }
  stop(): void {
    this.#state = "stopped";
  }

  /** A delivery came in. Paused, one at a time does, as the next probe. */
  receive(work: W): "work on" | "probe" | "give back" {
    if (this.#state === "running") return "work on";
    if (this.#state === "stopped" || this.#probe) return "give back";
    this.#probe = work;
    return "probe";
  }

  /** Infrastructure failed under this delivery. @returns false when it has to be given back like all others */
  fail(work: W, now: number): boolean {
    if (this.#state !== "running") return false;
    this.#state = "paused";
    this.#probe = work;
    this.#heldSince = now;
    this.#tries = 0;
    return true;
  }

  /** How long to wait before the next try, milliseconds. */
  waitMs(): number {
    return pauseMs(this.#tries++);
  }

  /** After the wait. `isLive`: may the probe still be acked? `fetch`: its channel went, take one new delivery. */
  next(isLive: (probe: W) => boolean, now: number): "try" | "fetch" | "leave" {
    if (this.#state !== "paused") return "leave";
    if (this.#probe && isLive(this.#probe)) return "try";
    this.#probe = undefined;
    this.#heldSince = now;
    return "fetch";
  }

  /** The probe has failed once more. @returns true when it is to be sent to the end of its queue, and another one held */
  isHeldTooLong(now: number): boolean {
    return now - this.#heldSince > MAX_HOLD_MS;
  }

  /** The probe is nobody's any more. */
  letGo(): W | undefined {
    const probe = this.#probe;
    this.#probe = undefined;
    return probe;
  }

  /** The probe got through. @returns true when consuming goes on */
  recover(): boolean {
    this.#probe = undefined;
    if (this.#state !== "paused") return false;
    this.#state = "running";
    return true;
  }
}
