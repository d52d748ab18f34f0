import { codeOf } from "../../mixins/kit/failure.ts";
import type { Logger } from "../../mixins/kit/implement.ts";

/** A 500: found again by its request id. Not the message: it may quote what the client sent. */
export function logUnexpected(logger: Logger, requestId: string, method: string, error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .join("\n");
  logger.error(`Unexpected ${codeOf(error)} answering ${method}, request ${requestId}.\n${frames}`);
}
