/** Sessions: opened at login, rotated at refresh, cached for a moment at authentication. */
import { createHash, randomBytes } from "node:crypto";
import type { Actor } from "../../mixins/kit/actor.ts";
import { newId } from "../../mixins/kit/ids.ts";
import { SESSION_LIFE_MS, type SessionDoc, type UserDoc } from "./model.ts";

export const hashToken = (token: string): string => createHash("sha256").update(token).digest("base64url");

/** A refresh token is `{session id}.{secret}`. */
export const sessionIdOf = (refreshToken: string): string => refreshToken.split(".")[0] ?? "";

export function newSession(
  { _id: userId, sessionVersion }: Pick<UserDoc, "_id" | "sessionVersion">,
  now: Date,
): { session: SessionDoc; refreshToken: string } {
  const id = newId();
  const refreshToken = `${id}.${randomBytes(32).toString("base64url")}`;
  const expiresAt = new Date(now.getTime() + SESSION_LIFE_MS);
  const session = {
    _id: id,
    userId,
    sessionVersion,
    tokenHash: hashToken(refreshToken),
    previousHash: null,
    rotatedAt: now,
    expiresAt,
    endedAt: null,
    createdAt: now,
  };
  return { session, refreshToken };
}

/** Answers of `authenticate`, kept for at most a second and dropped at once when a session or a role changes. */
const LIFE_MS = 1_000;
const MAX_ENTRIES = 10_000;

export class ActorCache {
  readonly #entries = new Map<string, { actor: Actor; until: number }>();

  get(token: string): Actor | undefined {
    const entry = this.#entries.get(token);
    return entry && entry.until > performance.now() ? entry.actor : undefined;
  }

  set(token: string, actor: Actor): void {
    if (this.#entries.size >= MAX_ENTRIES) this.#entries.clear();
    this.#entries.set(token, { actor, until: performance.now() + LIFE_MS });
  }

  clear(): void {
    this.#entries.clear();
  }

  drop(userId: string): void {
    for (const [token, { actor }] of this.#entries) if (actor.userId === userId) this.#entries.delete(token);
  }
}
