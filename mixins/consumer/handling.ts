/**
 * The order of things for one delivery: attempt, commit, and only then the ack; or record, copy, confirm, and only then
 * the ack. Pure: a generator of steps that the consumer carries out and reports back on.
 */
import { MAX_ATTEMPTS, type NextStep, nextStep } from "../retry/policy.ts";
import type { DeliveryState } from "./message.ts";

export type HandlingStep =
  /** Failed attempts on record for this episode. Answers `Recorded`. */
  | { do: "look up" }
  /** Inbox claim, handler and facts in one transaction. Answers an `AttemptResult`. */
  | { do: "attempt"; attempt: number }
  /** Puts the failed attempt on record. Answers how many are on record now for this episode. */
  | { do: "record"; attempt: number; error: unknown }
  /** Sends a copy to a retry queue or the dead letters, and waits for its confirm. */
  | { do: "move on"; step: Exclude<NextStep, { kind: "again" }>; attempt: number; error: unknown }
  /** Sends a copy to the end of the own queue, and waits for its confirm. */
  | { do: "put back" }
  | { do: "ack"; result: "handled" | "duplicate" | "moved on" };

export interface Recorded {
  attempts: number;
  /** Of the last one; undefined where there is none. */
  error: unknown;
}

export type AttemptResult =
  | { kind: "done" }
  | { kind: "duplicate" }
  /** Another transaction holds its inbox entry, or what it writes, all the time: no failure of the handler. */
  | { kind: "busy" }
  | { kind: "failed"; error: unknown };

export type Handling = Generator<HandlingStep, void, unknown>;

/**
 * Infrastructure failures are thrown by whoever carries the step out: they end it without an ack.
 * @param isAgain this very delivery has been at this before, and was ended that way
 */
export function* handling(
  { attempts, deliveryCount }: Pick<DeliveryState, "attempts" | "deliveryCount">,
  isAgain = false,
): Handling {
  // Whoever died or was cut off between an attempt and its ack has made more than the message says; whoever died
  // between the copy and the ack has left two messages, and what one of them fails counts for both.
  const mayBeMore = attempts > 0 || deliveryCount > 0 || isAgain;
  const known = mayBeMore ? ((yield { do: "look up" }) as Recorded) : undefined;
  const made = Math.max(attempts, known?.attempts ?? 0);
  if (made >= MAX_ATTEMPTS) return yield* movedOn({ kind: "dead-letter" }, made, known?.error);
  for (let attempt = made + 1; ; attempt++) {
    const result = (yield { do: "attempt", attempt }) as AttemptResult;
    if (result.kind === "done") return void (yield { do: "ack", result: "handled" });
    if (result.kind === "duplicate") return void (yield { do: "ack", result: "duplicate" });
    if (result.kind === "busy") {
      yield { do: "put back" };
      return void (yield { do: "ack", result: "moved on" });
    }
    const { error } = result;
    // Another copy of the event may have failed meanwhile: its attempts count too.
    attempt = Math.max(attempt, (yield { do: "record", attempt, error }) as number);
    const step = nextStep(attempt);
    if (step.kind !== "again") return yield* movedOn(step, attempt, error);
  }
}

function* movedOn(step: Exclude<NextStep, { kind: "again" }>, attempt: number, error: unknown): Handling {
  yield { do: "move on", step, attempt, error };
  yield { do: "ack", result: "moved on" };
}
