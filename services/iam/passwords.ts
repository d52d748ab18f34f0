/** Stored passwords: argon2id with OWASP's parameters: 19 MiB, 2 passes, 1 lane. */
import { createHash } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import pLimit from "p-limit";

const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** One of libuv's threads is always left: tokens are signed and verified there, also those of everybody else. */
const THREADS = Number(process.env.UV_THREADPOOL_SIZE) || 4;
const inTurn = pLimit(Math.max(1, THREADS - 1));

export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(password, OPTIONS));

let dummy: Promise<string> | undefined;

/** Takes as long for an unknown user (`undefined`) as for a wrong password. */
export async function passwordMatches(storedHash: string | undefined, password: string): Promise<boolean> {
  dummy ??= hashPassword("nobody has this password");
  const stored = storedHash ?? (await dummy);
  const matches = await inTurn(() => verify(stored, password));
  return matches && storedHash !== undefined;
}

/** Another one for each stored hash, and tells nothing about it. */
export const fingerprintOf = (storedHash: string): string =>
  createHash("sha256").update(storedHash).digest("base64url").slice(0, 22);
