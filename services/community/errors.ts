import { ConflictError, ForbiddenError, InvalidInputError } from "../../mixins/kit/errors.ts";

export class AudienceUnnamedError extends InvalidInputError {
  override readonly code = "AUDIENCE_UNNAMED";
  constructor(field: "unitIds" | "roles") {
    super(`This audience needs ${field}.`, { errors: [{ path: `/audience/${field}`, message: "is required" }] });
  }
}
export class AudienceNotForKindError extends InvalidInputError {
  override readonly code = "EMERGENCY_FOR_ALL";
  constructor() {
    super("An emergency is for the whole building.", {
      errors: [{ path: "/audience/type", message: "must be building" }],
    });
  }
}
export class PublicNotForAllError extends InvalidInputError {
  override readonly code = "NOT_PUBLIC";
  constructor() {
    super("Only announcements and emergencies for the whole building can be public.", {
      errors: [{ path: "/public", message: "must be false" }],
    });
  }
}
export class BuildingUnnamedError extends InvalidInputError {
  override readonly code = "BUILDING_UNNAMED";
  constructor() {
    super("Name the building: you belong to none, or to more than one.", {
      errors: [{ path: "/buildingId", message: "is required" }],
    });
  }
}
export class MentionUnknownError extends InvalidInputError {
  override readonly code = "MENTION_UNKNOWN";
  constructor(index: number) {
    super("Only people who may see it can be mentioned.", {
      errors: [{ path: `/mentions/${index}`, message: "is nobody who may see it" }],
    });
  }
}
export class ManagersOnlyError extends ForbiddenError {
  override readonly code = "MANAGERS_ONLY";
  constructor(what: string) {
    super(`Only managers of the building may ${what}.`);
  }
}
export class MembersOnlyError extends ForbiddenError {
  override readonly code = "MEMBERS_ONLY";
  constructor(what: string) {
    super(`Only verified members of the building may ${what}.`);
  }
}
export class ContentRemovedError extends ConflictError {
  override readonly code = "CONTENT_REMOVED";
  constructor() {
    super("This was removed.");
  }
}
export class UnitUnknownError extends InvalidInputError {
  override readonly code = "UNIT_UNKNOWN";
  constructor(index: number) {
    super("The audience names a unit that the building does not have.", {
      errors: [{ path: `/audience/unitIds/${index}`, message: "is not a unit of the building" }],
    });
  }
}
export class NotAuthorError extends ForbiddenError {
  override readonly code = "AUTHOR_ONLY";
  constructor(what: string) {
    super(`Only the author may ${what}.`);
  }
}
export class IllegalContentStepError extends ConflictError {
  override readonly code = "ILLEGAL_CONTENT_STEP";
  constructor(from: string, to: string, legal: readonly string[]) {
    super(`This is ${from} and can't become ${to}.`, { legal: [...legal] });
  }
}
export class OwnContentError extends ConflictError {
  override readonly code = "OWN_CONTENT";
  constructor() {
    super("This is your own: edit it, or remove it.");
  }
}
export class AlreadyFlaggedError extends ConflictError {
  override readonly code = "ALREADY_FLAGGED";
  constructor() {
    super("You have reported this already; a moderator will look at it.");
  }
}
export class CaseDecidedError extends ConflictError {
  override readonly code = "CASE_DECIDED";
  constructor(status: string) {
    super(`This case has been decided: ${status}.`, { legal: [] });
  }
}
export class PersonUnknownError extends InvalidInputError {
  override readonly code = "PERSON_UNKNOWN";
  constructor(index: number) {
    super("Conversations are with people of the same building.", {
      errors: [{ path: `/participantIds/${index}`, message: "does not belong to the building" }],
    });
  }
}
export class OwnSelfError extends InvalidInputError {
  override readonly code = "OWN_SELF";
  constructor(path: string) {
    super("This is yourself; name somebody else.", { errors: [{ path, message: "is the caller" }] });
  }
}
export class MessageBlockedError extends ForbiddenError {
  override readonly code = "MESSAGE_BLOCKED";
  /** The same sentence in both directions: nobody is told that they were blocked. */
  constructor() {
    super("The two of you can't exchange messages.");
  }
}
export class NobodyLeftError extends ConflictError {
  override readonly code = "NOBODY_LEFT";
  constructor() {
    super("Everybody else has left this conversation.");
  }
}
