/** Decisions about dead letters: status x verb -> new status, or an error that names the legal verbs. Pure. */
import type { DeadLetter, DeadLetterStatus } from "./dead-letter.ts";
import { DeadLetterStateError, InboxExpiredError, NotReplayableError, ReplayUnderWayError } from "./errors.ts";

export type Verb = "edit" | "replay" | "discard" | "restore";

const NEXT: Record<DeadLetterStatus, Partial<Record<Verb, DeadLetterStatus>>> = {
  open: { edit: "open", replay: "replaying", discard: "discarded" },
  // Its copy is on the way: whatever is done now could meet its effect.
  replaying: {},
  discarded: { restore: "open" },
  resolved: {},
};

export const legalVerbs = (status: DeadLetterStatus): Verb[] => Object.keys(NEXT[status]) as Verb[];

/** @throws DeadLetterStateError */
export function next(status: DeadLetterStatus, verb: Verb): DeadLetterStatus {
  const to = NEXT[status][verb];
  if (!to) throw new DeadLetterStateError(verb, status, legalVerbs(status));
  return to;
}

export type Verdict = { ok: true; code: null; message: null } | { ok: false; code: string; message: string };

export interface ReplayCircumstances {
  /** Would the consumer take these bytes? */
  contract: Verdict;
  inboxRetentionDays: number;
  /** The operator has checked what the inbox can't know any more, or knows that a replay under way is lost. */
  force: boolean;
  newEventId: boolean;
  now: Date;
}

const DAY_MS = 24 * 3600_000;

/**
 * Forced, a replay that never came back (its queue was purged) may be sent again: same eventId, so the inbox still
 * stops a second effect.
 * @throws DeadLetterStateError, ReplayUnderWayError, NotReplayableError, InboxExpiredError
 */
export function decideReplay(
  letter: DeadLetter,
  { contract, inboxRetentionDays, force, newEventId, now }: ReplayCircumstances,
): DeadLetterStatus {
  if (force && newEventId && letter.status === "replaying") throw new ReplayUnderWayError();
  const status = force && letter.status === "replaying" ? letter.status : next(letter.status, "replay");
  if (!contract.ok) throw new NotReplayableError(contract.code, contract.message);
  if (!force && !isWithinRetention(letter, inboxRetentionDays, now))
    throw new InboxExpiredError(letter.firstFailedAt, inboxRetentionDays);
  return status;
}

/** Does the inbox still know whether the event was handled? */
export const isWithinRetention = (
  { firstFailedAt }: Pick<DeadLetter, "firstFailedAt">,
  days: number,
  now: Date,
): boolean => now.getTime() - firstFailedAt.getTime() <= days * DAY_MS;
