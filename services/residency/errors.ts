import { ConflictError, type FieldError, InvalidInputError, RateLimitedError } from "../../mixins/kit/errors.ts";
import type { ResidencyStatus } from "./model.ts";

export class CodeInvalidError extends InvalidInputError {
  override readonly code = "CODE_INVALID";
  constructor() {
    super("This code does not belong to the unit, or it was revoked.", {
      errors: [{ path: "/code", message: "is not valid" }],
    });
  }
}
export class CodeExpiredError extends InvalidInputError {
  override readonly code = "CODE_EXPIRED";
  constructor() {
    super("This code has expired; ask the manager for a new one.", {
      errors: [{ path: "/code", message: "has expired" }],
    });
  }
}
export class CodeUsedUpError extends InvalidInputError {
  override readonly code = "CODE_USED_UP";
  constructor() {
    super("This code was used as often as it may be; ask the manager for a new one.", {
      errors: [{ path: "/code", message: "is used up" }],
    });
  }
}
export class TooManyCodesError extends RateLimitedError {
  override readonly code = "TOO_MANY_CODES";
  constructor(retryAfter: number) {
    super(`Too many wrong codes; try again in ${retryAfter} s.`, { retryAfter });
  }
}
export class UnitNameTakenError extends ConflictError {
  override readonly code = "UNIT_NAME_TAKEN";
  constructor(name: string) {
    super(`The building has a unit ${name} already.`);
  }
}
export class AlreadyClaimedError extends ConflictError {
  override readonly code = "RESIDENCY_EXISTS";
  constructor() {
    super("There is a pending or verified residency of this user and unit already.");
  }
}
export class IllegalResidencyStepError extends ConflictError {
  override readonly code = "ILLEGAL_RESIDENCY_STEP";
  constructor(from: ResidencyStatus, to: ResidencyStatus, legal: readonly ResidencyStatus[]) {
    super(`A ${from} residency can't become ${to}; it can become: ${legal.join(", ") || "nothing, this is final"}.`, {
      legal: [...legal],
    });
  }
}
export class ManagerUnknownError extends InvalidInputError {
  override readonly code = "MANAGER_UNKNOWN";
  constructor() {
    super("There is no account with this managerId.", {
      errors: [{ path: "/managerId", message: "is not an account" }],
    });
  }
}
export class HoursEmptyError extends InvalidInputError {
  override readonly code = "BUSINESS_HOURS_EMPTY";
  constructor() {
    super("Business hours have to end after they begin, on the same day.", {
      errors: [{ path: "/businessHours/to", message: "must be later than from" }],
    });
  }
}
export class ContactsInvalidError extends InvalidInputError {
  override readonly code = "CONTACTS_INVALID";
  /** `faults`: the first ones of `total`. */
  constructor(faults: FieldError[], total: number) {
    super(`${total} faults in the contacts; nothing was imported. With ?partial=true the good rows are taken.`, {
      errors: faults,
    });
  }
}
