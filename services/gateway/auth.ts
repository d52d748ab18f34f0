/** Who is calling? The token is iam's matter; the gateway only asks. */
import type { IncomingHttpHeaders } from "node:http";
import type { Actor } from "../../mixins/kit/actor.ts";
import { isAppError } from "../../mixins/kit/app-error-regenerator.ts";
import type { Access } from "../../mixins/kit/contracts.ts";
import { bearerOf } from "./request.ts";

export type AskIam = (token: string) => Promise<Actor>;

/**
 * The caller, or undefined without a token. A public action takes a stale token for none: who logs in anew may still
 * send the old one.
 * @throws UnauthenticatedError, UnavailableError (iam is away)
 */
export async function authenticate(
  headers: IncomingHttpHeaders,
  access: Access,
  ask: AskIam,
): Promise<Actor | undefined> {
  try {
    const token = bearerOf(headers);
    return token === undefined ? undefined : await ask(token);
  } catch (error) {
    if (access === "public" && isAppError(error) && error.status === 401) return undefined;
    throw error;
  }
}
