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
