/** Where it was measured. */
import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { serverVersions } from "./servers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export const commit = (): string =>
  execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();

/** @throws Error when the servers do not answer */
export const machine = async (): Promise<Record<string, string>> => ({
  cpu: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
  node: process.version,
  ...(await serverVersions()),
});

/** More than our own servers at rest: others use the machine too. */
const BUSY_LOAD = 0.5;

/** undefined on a quiet machine. Of the last minute, per core. */
export function busyRemark(): string | undefined {
  const load = (loadavg()[0] ?? 0) / cpus().length;
  return load > BUSY_LOAD ? `The machine was busy when the run began: load ${load.toFixed(1)} per core.` : undefined;
}
