/** The Moleculer processes of a start: kept alive, their logs kept, restarted with back-off. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { isAlive, lastLines, stopProcess } from "./processes.ts";
import { StartError, warn } from "./say.ts";

export interface NodeSpec {
  id: string;
  services: string[];
  env: NodeJS.ProcessEnv;
}

export interface NodesOptions {
  root: string;
  logDir: string;
  specs: NodeSpec[];
  /** A stop: a node that takes longer is killed, milliseconds. */
  stopMs: number;
  /** Called when pids have changed. */
  onChange: () => void;
}

const GATEWAY = "gateway";
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000];
const STEADY_MS = 30_000;

/**
 * Of Node, for a process with many services. By default V8 keeps the heap tight, and at 50 tickets/s it collected all of
 * it every 1.5 to 8 s: 170 ms of processor by four threads, and a dozen requests waited for it. Now the heap may grow to
 * four times of what lives in it: less than half of the collections. Idle, a node takes as much memory as before.
 */
export const NODE_FLAGS = ["--disable-warning=ExperimentalWarning", "--heap-growing-percent=300"] as const;

/** NODE_COMPILE_CACHE of every node of this folder: a later start is half as long, and takes 25 MB less. */
export const compileCacheOf = (root: string): string => join(root, ".data", "compile-cache");

/** Folders below services/ that hold a service. */
export function knownServices(root: string): string[] {
  const folders = readdirSync(join(root, "services"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map((entry) => entry.name)
    .filter((name) => readdirSync(join(root, "services", name)).includes(`${name}.service.ts`));
}

/** Pure: who runs what. The gateway runs on the first node only: it owns the port. */
export function planNodes(count: number, wanted: readonly string[], known: readonly string[]): string[][] {
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new StartError(
      `SERVICES names ${unknown.join(", ")}, which does not exist`,
      `use some of ${known.join(", ")}`,
    );
  const services = wanted.length > 0 ? [...wanted] : [...known];
  return Array.from({ length: count }, (_, index) =>
    index === 0 ? services : services.filter((name) => name !== GATEWAY),
  );
}

export class Nodes {
  readonly #options: NodesOptions;
  readonly #children = new Map<string, ChildProcess>();
  #stopping = false;

  constructor(options: NodesOptions) {
    this.#options = options;
    mkdirSync(options.logDir, { recursive: true });
  }

  get pids(): number[] {
    return this.#options.specs.flatMap(({ id }) => this.#children.get(id)?.pid ?? []);
  }

  start(): void {
    for (const spec of this.#options.specs) this.#launch(spec, 0);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#options.specs.map(({ id }) => this.#stopNode(id)));
  }

  async #stopNode(id: string): Promise<void> {
    const { stopMs } = this.#options;
    const pid = this.#children.get(id)?.pid;
    if (pid === undefined || !isAlive(pid) || (await stopProcess(pid, stopMs))) return;
    warn(`${id} had not stopped after ${stopMs / 1000} s: killed (nothing is lost; see the end of ${this.logOf(id)})`);
  }

  logOf(id: string): string {
    return join(this.#options.logDir, `${id}.log`);
  }

  #launch(spec: NodeSpec, failures: number): void {
    const { root } = this.#options;
    const files = spec.services.map((name) => `services/${name}/${name}.service.ts`);
    const runner = join(root, "node_modules/moleculer/bin/moleculer-runner.js");
    const args = ["--config", "moleculer.config.ts", "--mask", "**/*.service.ts", ...files];
    // The IPC channel ties the node's life to ours: when we are killed, it stops by itself.
    const child = spawn(process.execPath, [...NODE_FLAGS, runner, ...args], {
      cwd: root,
      env: spec.env,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true,
    });
    const startedAt = performance.now();
    this.#keepLog(spec.id, child);
    this.#children.set(spec.id, child);
    this.#options.onChange();
    child.once("exit", (code, signal) => {
      if (this.#stopping) return;
      const steady = performance.now() - startedAt > STEADY_MS;
      const count = steady ? 0 : failures;
      const delay = BACKOFF_MS[Math.min(count, BACKOFF_MS.length - 1)] as number;
      warn(
        `${spec.id} ended (${signal ?? `exit code ${code}`}); starting it again in ${delay / 1000} s. Its last lines:\n${lastLines(this.logOf(spec.id))}`,
      );
      setTimeout(() => !this.#stopping && this.#launch(spec, count + 1), delay);
    });
  }

  /** Everything into the log file; warnings and errors onto the console as well. */
  #keepLog(id: string, child: ChildProcess): void {
    const log = createWriteStream(this.logOf(id), { flags: "a", mode: 0o600 });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.#line(id, line, log);
      });
    }
    child.once("close", () => log.end());
  }

  #line(id: string, line: string, log: WriteStream): void {
    log.write(`${line}\n`);
    if (/\b(WARN|ERROR|FATAL)\b/.test(line)) console.log(`[${id}] ${line}`);
  }
}
