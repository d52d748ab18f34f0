/** The decisions under test: the real ones, and mutants of them that the invariants have to catch. */
import { type BrokerAnswer, type InFlight, Unconfirmed } from "../mixins/amqp/unconfirmed.ts";
import { type Handling, type HandlingStep, handling } from "../mixins/consumer/handling.ts";
import { inboxKey } from "../mixins/idempotency/inbox.ts";
import { messageOf } from "../mixins/outbox/message.ts";
import { type Command, Pipeline } from "../mixins/outbox/pipeline.ts";
import { publishedMark, unpublishedMark } from "../mixins/outbox/queries.ts";
import { type Sweep, sweep } from "../mixins/outbox/sweep.ts";

/** Position in the change stream: what a resume token is here. */
export type Position = number;

export interface Parts {
  pipeline: () => Pipeline<Position>;
  unconfirmed: () => Unconfirmed<object>;
  messageOf: typeof messageOf;
  publishedMark: typeof publishedMark;
  unpublishedMark: typeof unpublishedMark;
  sweep: typeof sweep;
  handling: typeof handling;
  inboxKey: typeof inboxKey;
  /** The claim of the inbox rolls back with the handler's effects. */
  inboxInTransaction: boolean;
}

export const realParts: Parts = {
  pipeline: () => new Pipeline<Position>(),
  unconfirmed: () => new Unconfirmed<object>(),
  messageOf,
  publishedMark,
  unpublishedMark,
  sweep,
  handling,
  inboxKey,
  inboxInTransaction: true,
};

class TokenBeforeConfirm extends Pipeline<Position> {
  override safeToken(idle: Position | undefined): Position | undefined {
    return idle;
  }
}

class MarkBeforeConfirm extends Pipeline<Position> {
  override read(token: Position, id: string): readonly Command[] {
    return super
      .read(token, id)
      .flatMap((command) => [command, { do: "mark" as const, outcome: { kind: "routed" as const } }]);
  }
}

class NackTakenForAck extends Unconfirmed<object> {
  override answered(entry: InFlight, channel: object, answer: BrokerAnswer) {
    return super.answered(entry, channel, answer === "nack" ? "ack" : answer);
  }
}

class NothingSentAgain extends Unconfirmed<object> {
  override opened(channel: object): InFlight[] {
    super.opened(channel);
    return [];
  }
}

class ReturnUnheard extends Unconfirmed<object> {
  override returned(): void {}
}

/** Acks, and does the rest afterwards. */
function* ackFirst(...given: Parameters<typeof handling>): Handling {
  const ack: HandlingStep = { do: "ack", result: "handled" };
  yield ack;
  const steps = handling(...given);
  for (let next = steps.next(); !next.done; ) next = steps.next(next.value.do === "ack" ? undefined : yield next.value);
}

/** Acks before the copy for the retry queue or the dead letters is confirmed. */
function* ackBeforeCopy(...given: Parameters<typeof handling>): Handling {
  const steps = handling(...given);
  for (let next = steps.next(); !next.done; ) {
    if (next.value.do === "move on") yield { do: "ack", result: "moved on" };
    next = steps.next(yield next.value);
  }
}

/** Never gives up. */
function* forEver(...given: Parameters<typeof handling>): Handling {
  const steps = handling(...given);
  for (let next = steps.next(); !next.done; ) {
    const step = next.value;
    const again = step.do === "move on" && step.step.kind === "dead-letter";
    next = steps.next(yield again ? { ...step, step: { kind: "delay", seconds: 8 } } : step);
  }
}

// biome-ignore lint/correctness/useYield: a sweep that finds nothing
function* blindSweep(): Sweep {
  return { sent: 0, isComplete: true };
}

const withoutMandatory: typeof messageOf = (row) => {
  const message = messageOf(row);
  return { ...message, options: { ...message.options, mandatory: false } };
};

/** Name -> what is different. The first six are those of the reliability page. */
export const mutants: Readonly<Record<string, Partial<Parts>>> = {
  "ack before commit": { handling: ackFirst },
  "mark before confirm": { pipeline: () => new MarkBeforeConfirm() },
  "no mandatory": { messageOf: withoutMandatory },
  "inbox outside the transaction": { inboxInTransaction: false },
  "key without consumer": { inboxKey: (_consumer, eventId) => eventId },
  "token before confirm": { pipeline: () => new TokenBeforeConfirm() },
  "nack taken for an ack": { unconfirmed: () => new NackTakenForAck() },
  "nothing sent again on a new channel": { unconfirmed: () => new NothingSentAgain() },
  "a return that nobody hears": { unconfirmed: () => new ReturnUnheard() },
  "ack before the copy is confirmed": { handling: ackBeforeCopy },
  "retries without an end": { handling: forEver },
  "a sweep that finds nothing": { sweep: blindSweep },
  "a mark without its fence": {
    unpublishedMark: (...args) => ({ ...unpublishedMark(...args), filter: { _id: args[0] } }),
  },
};
