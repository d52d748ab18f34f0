import {
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  RateLimitedError,
  UnauthenticatedError,
} from "../../mixins/kit/errors.ts";

export class EmailTakenError extends ConflictError {
  override readonly code = "EMAIL_TAKEN";
  constructor() {
    super("There is an account with this e-mail address already.");
  }
}
export class AlreadyVerifiedError extends ConflictError {
  override readonly code = "EMAIL_ALREADY_VERIFIED";
  constructor() {
    super("This e-mail address is verified already; log in.");
  }
}
export class VerificationTokenError extends InvalidInputError {
  override readonly code = "VERIFICATION_TOKEN_INVALID";
  constructor() {
    super("The verification token is not valid. Use the one of the latest e-mail.");
  }
}
export class VerificationExpiredError extends InvalidInputError {
  override readonly code = "VERIFICATION_TOKEN_EXPIRED";
  constructor() {
    super(
      'The verification token has expired. Setting a new password by "forgot password" verifies the address as well.',
    );
  }
}
export class ResetTokenError extends InvalidInputError {
  override readonly code = "RESET_TOKEN_INVALID";
  constructor() {
    super("The reset token is not valid, or was used already. Ask for a new e-mail.");
  }
}
export class ResetExpiredError extends InvalidInputError {
  override readonly code = "RESET_TOKEN_EXPIRED";
  constructor() {
    super("The reset token has expired. Ask for a new e-mail.");
  }
}
export class WeakPasswordError extends InvalidInputError {
  override readonly code = "WEAK_PASSWORD";
  /** `field`: the body's; `why`: a sentence. */
  constructor(field: string, why: string) {
    super(`This password is easily guessed: ${why}`, { errors: [{ path: `/${field}`, message: "is easily guessed" }] });
  }
}
export class WrongPasswordError extends InvalidInputError {
  override readonly code = "WRONG_PASSWORD";
  constructor() {
    super("The current password is not this one.", { errors: [{ path: "/currentPassword", message: "is wrong" }] });
  }
}
export class TooManyTriesError extends RateLimitedError {
  override readonly code = "TOO_MANY_TRIES";
  constructor(retryAfter: number) {
    super(`Too many failed tries; try again in ${retryAfter} s, or reset the password.`, { retryAfter });
  }
}
export class WrongCredentialsError extends UnauthenticatedError {
  override readonly code = "WRONG_CREDENTIALS";
  constructor() {
    super("E-mail address or password is wrong.");
  }
}
export class EmailNotVerifiedError extends ForbiddenError {
  override readonly code = "EMAIL_NOT_VERIFIED";
  constructor() {
    super(
      'Verify the e-mail address first, with the token that was mailed; or set a new password by "forgot password", which verifies it as well.',
    );
  }
}
export class TokenInvalidError extends UnauthenticatedError {
  override readonly code = "TOKEN_INVALID";
  constructor() {
    super("The access token is not valid.");
  }
}
export class TokenExpiredError extends UnauthenticatedError {
  override readonly code = "TOKEN_EXPIRED";
  constructor() {
    super("The access token has expired; trade the refresh token for a new one.");
  }
}
export class SessionEndedError extends UnauthenticatedError {
  override readonly code = "SESSION_ENDED";
  constructor() {
    super("The session has ended; log in again.");
  }
}
export class RefreshReusedError extends UnauthenticatedError {
  override readonly code = "REFRESH_TOKEN_REUSED";
  constructor() {
    super("This refresh token was used before; the session has been ended for safety. Log in again.");
  }
}
export class RoleScopeError extends InvalidInputError {
  override readonly code = "ROLE_SCOPE";
}
export class OwnRoleError extends ForbiddenError {
  override readonly code = "OWN_ROLE";
  constructor() {
    super("Nobody changes their own roles; ask another administrator.");
  }
}
export class LastAdminError extends ConflictError {
  override readonly code = "LAST_ADMIN";
  constructor() {
    super("The last administrator stays one.");
  }
}
