/**
 * Somebody who stays signed in: a benchmark may take longer than an access token lives. Renewed ahead of its end, because
 * a 401 and a log-in (argon2) would be among what is measured.
 */
import type { Person, Rest } from "../../test/support/product.ts";

/** A third of the life of a token, milliseconds. */
const RENEW_MS = 300_000;

export class SignedIn {
  readonly #rest: Rest;
  #refreshToken: string;
  #token: Promise<string>;
  #since = performance.now();

  constructor(rest: Rest, { token, refreshToken }: Person) {
    this.#rest = rest;
    this.#refreshToken = refreshToken;
    this.#token = Promise.resolve(token);
  }

  /** An access token that lives for minutes. */
  token(): Promise<string> {
    if (performance.now() - this.#since > RENEW_MS) {
      this.#since = performance.now();
      this.#token = this.#renewed();
    }
    return this.#token;
  }

  async #renewed(): Promise<string> {
    const { body } = await this.#rest.ok(200, this.#rest.post("/auth/refresh", { refreshToken: this.#refreshToken }));
    this.#refreshToken = body.refreshToken;
    return body.accessToken;
  }
}
