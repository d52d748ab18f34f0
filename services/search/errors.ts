import { ConflictError } from "../../mixins/kit/errors.ts";

export class RebuildRunningError extends ConflictError {
  override readonly code = "REBUILD_RUNNING";
  constructor() {
    super("The index is being rebuilt already.");
  }
}
