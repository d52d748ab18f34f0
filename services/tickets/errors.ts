import { AppError, ConflictError, ForbiddenError, InvalidInputError } from "../../mixins/kit/errors.ts";
import type { TicketStatus } from "./model.ts";

export class IllegalTransitionError extends ConflictError {
  override readonly code = "ILLEGAL_TRANSITION";
  constructor(from: TicketStatus, to: TicketStatus, legal: readonly TicketStatus[]) {
    const can = legal.length > 0 ? `it can become: ${legal.join(", ")}` : "this is final";
    super(`The ticket is ${from} and can't become ${to}; ${can}.`, { legal: [...legal] });
  }
}
export class NotYourStepError extends ForbiddenError {
  override readonly code = "STAFF_ONLY";
  constructor(what: string) {
    super(`Only the building's staff may ${what}.`);
  }
}
export class NotReporterError extends ForbiddenError {
  override readonly code = "REPORTER_ONLY";
  constructor() {
    super("Only who has reported a ticket may rate it.");
  }
}
export class StepDetailMissingError extends InvalidInputError {
  override readonly code = "STEP_DETAIL_MISSING";
  constructor(to: TicketStatus, field: "reason" | "resolution" | "deferUntil") {
    super(`To become ${to}, a ticket needs ${field}.`, { errors: [{ path: `/${field}`, message: "is required" }] });
  }
}
export class DeferInPastError extends InvalidInputError {
  override readonly code = "DEFER_IN_PAST";
  constructor() {
    super("deferUntil has to be in the future.", {
      errors: [{ path: "/deferUntil", message: "must be in the future" }],
    });
  }
}
export class AssigneeNotStaffError extends InvalidInputError {
  override readonly code = "ASSIGNEE_NOT_STAFF";
  constructor() {
    super("The assignee is not one of this building's staff.", {
      errors: [{ path: "/assigneeId", message: "is not staff of the building" }],
    });
  }
}
export class TicketFinalError extends ConflictError {
  override readonly code = "TICKET_FINAL";
  constructor(status: TicketStatus) {
    super(`The ticket is ${status}; nothing changes it any more.`);
  }
}
export class NotRateableError extends ConflictError {
  override readonly code = "NOT_RATEABLE";
  constructor(status: TicketStatus) {
    super(`The ticket is ${status}; it can be rated when it is resolved.`);
  }
}
export class AlreadyRatedError extends ConflictError {
  override readonly code = "ALREADY_RATED";
  constructor() {
    super("The ticket has been rated already.");
  }
}
export class AttachmentTypeError extends AppError {
  readonly code = "ATTACHMENT_TYPE";
  readonly status = 415;
  constructor(found: string | undefined) {
    super(`Attachments are pictures, films and PDF; this is ${found ?? "none of them"}.`);
  }
}
export class TooManyAttachmentsError extends ConflictError {
  override readonly code = "TOO_MANY_ATTACHMENTS";
  constructor(max: number) {
    super(`A ticket has at most ${max} attachments.`);
  }
}
