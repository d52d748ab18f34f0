/** `.data/run.json`: what runs, for other programs. Its names are relied on from outside (architecture.md §9). */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "./processes.ts";
import { StartError } from "./say.ts";

export interface RunFile {
  url: string;
  mongoUrl: string;
  amqpUrl: string;
  transporterUrl: string;
  /** null: AMQP_URL was given, and nobody told where its management is. */
  managementUrl: string | null;
  metricsUrl: string;
  pids: { supervisor: number; mongod: number | null; rabbitmq: number | null; nodes: number[] };
}

const pathOf = (dataDir: string): string => join(dataDir, "run.json");

export function readRunFile(dataDir: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(pathOf(dataDir), "utf8")) as RunFile;
  } catch {
    return undefined;
  }
}

/** Never half-written; it holds passwords, so only the owner may read it. */
export function writeRunFile(dataDir: string, run: RunFile): void {
  mkdirSync(dataDir, { recursive: true });
  const temporary = `${pathOf(dataDir)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, pathOf(dataDir));
}

export const removeRunFile = (dataDir: string): void => rmSync(pathOf(dataDir), { force: true });

/** @throws StartError when another supervisor works on this data directory */
export function refuseSecondStart(dataDir: string): void {
  const run = readRunFile(dataDir);
  if (run && isAlive(run.pids.supervisor)) {
    throw new StartError(
      `It runs already: pid ${run.pids.supervisor}, ${run.url}`,
      "use that one, or stop it first (Ctrl-C, or kill the pid), or set another DATA_DIR",
    );
  }
}
