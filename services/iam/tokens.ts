/** Signed tokens: access, e-mail verification and password reset. One algorithm, one issuer, a type each (RFC 8725). */
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Env } from "../../mixins/kit/env.ts";
import {
  ResetExpiredError,
  ResetTokenError,
  TokenExpiredError,
  TokenInvalidError,
  VerificationExpiredError,
  VerificationTokenError,
} from "./errors.ts";
import type { Keyring } from "./keys.ts";

const ALGORITHM = "EdDSA";
const ACCESS_TYPE = "at+jwt";
const VERIFY_TYPE = "verify-email+jwt";
const RESET_TYPE = "reset-password+jwt";
const CLOCK_TOLERANCE_S = 5;
export const VERIFICATION_LIFE_S = 24 * 3600;
export const RESET_LIFE_S = 30 * 60;

export interface AccessClaims {
  userId: string;
  sessionId: string;
  sessionVersion: number;
}

export type TokenSettings = Pick<Env, "JWT_ISSUER" | "JWT_AUDIENCE" | "JWT_TTL_SECONDS">;

export class Tokens {
  readonly #keys: Keyring;
  readonly #settings: TokenSettings;
  constructor(keys: Keyring, settings: TokenSettings) {
    this.#keys = keys;
    this.#settings = settings;
  }

  /** Identity and session only: roles are looked up per request. */
  access({ userId, sessionId, sessionVersion }: AccessClaims, now: Date): Promise<string> {
    return this.#sign({ sid: sessionId, sv: sessionVersion }, ACCESS_TYPE, userId, this.#settings.JWT_TTL_SECONDS, now);
  }

  /** @throws TokenExpiredError, TokenInvalidError */
  async readAccess(token: string, now: Date): Promise<AccessClaims> {
    const { sub, sid, sv } = await this.#verify(token, ACCESS_TYPE, now, TokenExpiredError, TokenInvalidError);
    if (typeof sub !== "string" || typeof sid !== "string" || typeof sv !== "number") throw new TokenInvalidError();
    return { userId: sub, sessionId: sid, sessionVersion: sv };
  }

  verification(userId: string, email: string, now: Date): Promise<string> {
    return this.#sign({ email }, VERIFY_TYPE, userId, VERIFICATION_LIFE_S, now);
  }

  /** @throws VerificationExpiredError, VerificationTokenError */
  async readVerification(token: string, now: Date): Promise<{ userId: string; email: string }> {
    const { sub, email } = await this.#verify(
      token,
      VERIFY_TYPE,
      now,
      VerificationExpiredError,
      VerificationTokenError,
    );
    if (typeof sub !== "string" || typeof email !== "string") throw new VerificationTokenError();
    return { userId: sub, email };
  }

  /** `password`: fingerprint of the present one. With the next password the token is worth nothing: it works once. */
  reset(userId: string, password: string, now: Date): Promise<string> {
    return this.#sign({ pw: password }, RESET_TYPE, userId, RESET_LIFE_S, now);
  }

  /** @throws ResetExpiredError, ResetTokenError */
  async readReset(token: string, now: Date): Promise<{ userId: string; password: string }> {
    const { sub, pw } = await this.#verify(token, RESET_TYPE, now, ResetExpiredError, ResetTokenError);
    if (typeof sub !== "string" || typeof pw !== "string") throw new ResetTokenError();
    return { userId: sub, password: pw };
  }

  #sign(claims: JWTPayload, typ: string, subject: string, lifeS: number, now: Date): Promise<string> {
    const issuedAt = Math.floor(now.getTime() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ, kid: this.#keys.signing.kid })
      .setSubject(subject)
      .setIssuer(this.#settings.JWT_ISSUER)
      .setAudience(this.#settings.JWT_AUDIENCE)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifeS)
      .sign(this.#keys.signing.privateKey);
  }

  async #verify(
    token: string,
    typ: string,
    now: Date,
    Expired: new () => Error,
    Invalid: new () => Error,
  ): Promise<JWTPayload> {
    try {
      const key = async ({ kid }: { kid?: string }) => {
        const known = kid === undefined ? undefined : await this.#keys.verifying(kid, now);
        if (!known) throw new Invalid();
        return known;
      };
      const { payload } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        typ,
        issuer: this.#settings.JWT_ISSUER,
        audience: this.#settings.JWT_AUDIENCE,
        requiredClaims: ["exp", "iat", "sub"],
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: now,
      });
      return payload;
    } catch (error) {
      throw error instanceof errors.JWTExpired ? new Expired() : new Invalid();
    }
  }
}
