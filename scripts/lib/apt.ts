/** Debian's packages, where we are root. */
import { lastLine, runToEnd } from "./processes.ts";

/** @returns why it could not be installed; undefined: it is there */
export async function aptInstall(name: string): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const update = await runToEnd("apt-get", ["update", "-q"], { env });
  const result = await runToEnd("apt-get", ["install", "-y", "-q", "--no-install-recommends", name], { env });
  return result.code === 0 ? undefined : lastLine(result.output) || lastLine(update.output);
}
