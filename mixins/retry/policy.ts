/** What follows a failed attempt. Pure. */
import { RETRY_DELAYS_S } from "../amqp/names.ts";

/** The first try and five retries: at once, 1, 2, 4, 8 s. */
export const MAX_ATTEMPTS = 2 + RETRY_DELAYS_S.length;

export type NextStep = { kind: "again" } | { kind: "delay"; seconds: number } | { kind: "dead-letter" };

/** `attempt`: number of the attempt that has just failed, from 1. */
export function nextStep(attempt: number): NextStep {
  if (attempt <= 1) return { kind: "again" };
  const seconds = RETRY_DELAYS_S[attempt - 2];
  return seconds === undefined ? { kind: "dead-letter" } : { kind: "delay", seconds };
}

/** Back-off while infrastructure is away, milliseconds: 250, 500, ... 10,000. `tries` from 0. */
export const pauseMs = (tries: number): number => Math.min(10_000, 250 * 2 ** Math.min(tries, 10));
