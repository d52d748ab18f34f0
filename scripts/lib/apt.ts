/** Debian's packages, where we are root. */
import { runToEnd } from "./processes.ts";

/** Of a program that failed: what it said at the end. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** @returns why it could not be installed; undefined: it is there */
export async function aptInstall(name: string): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const update = await runToEnd("apt-get", ["update", "-q"], { env });
  const result = await runToEnd("apt-get", ["install", "-y", "-q", "--no-install-recommends", name], { env });
  return result.code === 0 ? undefined : lastLine(result.output) || lastLine(update.output);
}
