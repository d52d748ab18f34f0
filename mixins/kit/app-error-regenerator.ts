/**
 * Keeps our errors whole on their way through the transporter: status, code and data arrive as they left. Code that
 * maps errors looks at `status` and `code`, never at the class, which is another one on the other side.
 */
import { Errors } from "moleculer";
import { AppError, type ErrorData } from "./errors.ts";
import { isInfrastructureFailure } from "./failure.ts";

/** Plain data on the wire: a Moleculer error's fields, and the status of ours. */
type PlainError = ReturnType<Errors.Regenerator["extractPlainError"]>;

/** True for an AppError, also for one that comes from another node or another copy of the module. */
export function isAppError(error: unknown): error is AppError {
  const { status, code } = (error ?? {}) as { status?: unknown; code?: unknown };
  return typeof status === "number" && status >= 400 && status < 600 && typeof code === "string" && code !== "";
}

/** An AppError as it arrives from another node. */
export class RemoteAppError extends AppError {
  readonly code: string;
  readonly status: number;
  constructor(name: string, message: string, status: number, code: string, data: ErrorData) {
    super(message, data);
    this.name = name;
    this.status = status;
    this.code = code;
  }
}

export class AppErrorRegenerator extends Errors.Regenerator {
  override extractPlainError(error: object): PlainError {
    const plain = super.extractPlainError(error);
    if (isAppError(error)) return { ...plain, status: error.status } as object as PlainError;
    // The driver's classes are lost on the way; what they mean is not.
    if (!isMoleculerError(error) && isInfrastructureFailure(error)) {
      const message = "The database does not answer at the moment.";
      return {
        ...plain,
        name: "UnavailableError",
        status: 503,
        code: "UNAVAILABLE",
        message,
        data: {},
      } as object as PlainError;
    }
    return plain;
  }

  override restoreCustomError(plain: object): Error {
    // Moleculer goes on to its own ways of restoring on undefined; its declaration does not say so.
    if (!isAppError(plain)) return undefined as unknown as Error;
    const { name, message, status, code, data } = plain as AppError;
    return new RemoteAppError(name, message, status, code, data ?? {});
  }
}

const isMoleculerError = (error: unknown): boolean => error instanceof Errors.MoleculerError;
