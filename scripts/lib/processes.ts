/** Child processes that we start, watch and stop, also those that an earlier, killed supervisor has left. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { sleep } from "./say.ts";

export interface Command {
  file: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** stdout and stderr go there. */
  log: string;
}

/** Starts a server in a process group of its own: Ctrl-C reaches us, and we stop it in order. */
export function startServer({ file, args, env, log }: Command): ChildProcess {
  const out = openSync(log, "a", 0o600);
  const child = spawn(file, [...args], { env: env ?? process.env, stdio: ["ignore", out, out], detached: true });
  child.on("error", () => {});
  servers.add(child);
  child.on("exit", () => servers.delete(child));
  return child;
}

/** Servers that this process has started and that still run. */
const servers = new Set<ChildProcess>();

/** For a stop before the start is complete. */
export async function stopServers(): Promise<void> {
  await Promise.all([...servers].map((child) => (child.pid === undefined ? undefined : stopProcess(child.pid))));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What is killed is gone by then, unless a disk holds it, milliseconds. */
const KILL_MS = 2_000;

/** SIGTERM, then SIGKILL after the deadline. @param pid negative: of a process group, all of it @returns did it end by itself? */
export async function stopProcess(
  pid: number,
  deadlineMs = 10_000,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<boolean> {
  const kill = (name: NodeJS.Signals): void => {
    try {
      process.kill(pid, name);
    } catch {
      // Gone already.
    }
  };
  kill(signal);
  if (await hasEnded(pid, deadlineMs)) return true;
  kill("SIGKILL");
  await hasEnded(pid, KILL_MS);
  return false;
}

async function hasEnded(pid: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (isAlive(pid) && performance.now() < deadline) await sleep(50);
  return !isAlive(pid);
}

/** First lines that tell why a server died. */
export function lastLines(file: string, count = 5): string {
  try {
    return readFileSync(file, "utf8").trim().split("\n").slice(-count).join("\n");
  } catch {
    return "";
  }
}

/** Path of a program, or undefined. */
export function which(program: string): string | undefined {
  const { stdout, status } = spawnSync("sh", ["-c", 'command -v "$1"', "sh", program], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Of a program that failed: what it said at the end. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** Runs to the end. @returns exit code and what it printed */
export function runToEnd(
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => resolve({ code: 127, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
