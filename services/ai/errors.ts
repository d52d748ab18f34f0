import { AppError, ConflictError } from "../../mixins/kit/errors.ts";

/** The provider is away, refuses, or has had its day's budget: the same work may succeed later. */
export class AiAwayError extends AppError {
  readonly code = "AI_AWAY";
  readonly status = 503;
  readonly retryMs: number;
  constructor(why: string, retryMs: number) {
    super(`AI does not answer at the moment: ${why}.`, { retryAfter: Math.ceil(retryMs / 1000) });
    this.retryMs = retryMs;
  }
}
/** What came back is no answer to what was asked. */
export class AiAnswerError extends AppError {
  readonly code = "AI_ANSWER_INVALID";
  readonly status = 503;
  constructor(why: string) {
    super(`AI gave an answer that can't be used: ${why}.`);
  }
}
export class NothingToSummariseError extends ConflictError {
  override readonly code = "NOTHING_TO_SUMMARISE";
  constructor() {
    super("This is short enough to be read as it is.");
  }
}
