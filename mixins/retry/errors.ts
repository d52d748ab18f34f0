/** What can go wrong with a step on a dead letter. */
import { ConflictError, InvalidInputError, NotFoundError } from "../kit/errors.ts";
import type { DeadLetterStatus } from "./dead-letter.ts";

export class DeadLetterNotFoundError extends NotFoundError {
  override readonly code = "DEAD_LETTER_NOT_FOUND";
  constructor(id: string) {
    super(`The dead letter ${id}`);
  }
}

/** 409: the status does not allow the step. */
export class DeadLetterStateError extends ConflictError {
  override readonly code = "DEAD_LETTER_STATE";
  constructor(verb: string, status: DeadLetterStatus, legal: readonly string[]) {
    const may = legal.length > 0 ? `It allows: ${legal.join(", ")}.` : (NOTHING[status] ?? "");
    super(`A dead letter that is ${STATUS_TEXT[status]} can't be ${PAST[verb] ?? verb}. ${may}`, { status, legal });
  }
}

const NOTHING: Partial<Record<DeadLetterStatus, string>> = {
  replaying: "Wait for its outcome; if its copy is known to be lost, replay with force.",
  resolved: "Nothing can be done with it any more.",
};
const PAST: Record<string, string> = {
  edit: "edited",
  replay: "replayed",
  discard: "discarded",
  restore: "restored",
};
const STATUS_TEXT: Record<DeadLetterStatus, string> = {
  open: "open",
  replaying: "being replayed (its outcome is not known yet)",
  resolved: "resolved (the consumer has handled the event)",
  discarded: "discarded",
};

/** 409: the inbox entry that would stop a second effect may have expired. */
export class InboxExpiredError extends ConflictError {
  override readonly code = "DEAD_LETTER_TOO_OLD";
  constructor(firstFailedAt: Date, days: number) {
    super(
      `It failed first at ${firstFailedAt.toISOString()}, more than ${days} days ago: the inbox does not reach back that far, so it can't tell ` +
        "whether the event was handled meanwhile. Check that yourself, then replay with force.",
      { firstFailedAt, inboxRetentionDays: days },
    );
  }
}

/** 422: a replay would come straight back. */
export class NotReplayableError extends InvalidInputError {
  override readonly code = "DEAD_LETTER_NOT_REPLAYABLE";
  constructor(code: string, message: string) {
    super(`The consumer would refuse it again (${code}: ${message}). Edit it first.`, { verdict: { code, message } });
  }
}

/** 422: the change breaks the contract, or touches what can't be edited. */
export class EditRefusedError extends InvalidInputError {
  override readonly code = "DEAD_LETTER_EDIT_REFUSED";
  constructor(message: string, path = "/payload") {
    super(message, { errors: [{ path, message }] });
  }
}

/** 409: the copy that is under way may still have its effect, so another one must carry the same id. */
export class ReplayUnderWayError extends ConflictError {
  override readonly code = "DEAD_LETTER_REPLAYING";
  constructor() {
    super(
      "It is being replayed. Forced, it can be sent again with the same eventId, but not with a new one: both could take effect.",
    );
  }
}
