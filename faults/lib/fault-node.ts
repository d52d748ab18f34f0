/** One process of the system under fault, with the means to kill, hang and start it again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { compileCacheOf } from "../../scripts/lib/nodes.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { HOW_MUCH, type MemoryAnswer } from "../probe/live-memory.ts";
import { ROOT } from "./root.ts";
import { signal } from "./signals.ts";

export interface NodeOptions {
  services: readonly string[];
  /** Point of `mixins/kit/crash-point.ts`, with `:passage` if not the first; only for the first start. */
  crashAt?: string;
  /** Start it again, unarmed, whenever it dies (a supervisor's part). */
  restart?: boolean;
  env?: Readonly<Record<string, string>>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** performance.now() */
  at: number;
}

const READY_MS = 60_000;
const RESTART_MS = 100;
const LIVE_MEMORY_MS = 10_000;

export class FaultNode {
  readonly name: string;
  readonly #options: NodeOptions;
  readonly #env: Readonly<Record<string, string>>;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #ready: Promise<void> = Promise.resolve();
  #exited: Promise<Exit> = Promise.resolve({ code: null, signal: null, at: 0 });
  #isUp = false;
  #ended = false;
  #port = 0;
  #metricsPort = 0;
  #text = "";
  /** Every exit so far. */
  readonly exits: Exit[] = [];

  constructor(name: string, options: NodeOptions, env: Readonly<Record<string, string>>, logFile: string) {
    this.name = name;
    this.#options = options;
    this.#env = env;
    this.#logFile = logFile;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }
  get isUp(): boolean {
    return this.#isUp;
  }
  /** Of the REST API, where it runs the gateway. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }
  /** Resolves when its broker has started; rejects when it died before. */
  get ready(): Promise<void> {
    return this.#ready;
  }
  /** End of the present process. */
  get exited(): Promise<Exit> {
    return this.#exited;
  }
  /** Everything printed so far, by all its processes. */
  get log(): string {
    return this.#text;
  }

  async start(crashAt = this.#options.crashAt): Promise<void> {
    this.#ended = false;
    // The port stays: clients come back to it.
    this.#port ||= await freePort(30_000 + Math.floor(Math.random() * 20_000));
    this.#metricsPort = await freePort(this.#port + 1);
    const { services, env } = this.#options;
    const settings = {
      ...this.#env,
      SERVICES: services.join(","),
      NODE_ID: `${this.#env.DB_PREFIX}-${this.name}`,
      PORT: String(this.#port),
      METRICS_PORT: String(this.#metricsPort),
      ...(crashAt !== undefined && { CRASH_AT: crashAt }),
      ...env,
    };
    if (this.#ended) return;
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "faults/probe/node.ts"], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? "", NODE_COMPILE_CACHE: compileCacheOf(ROOT), ...settings },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#watch(child);
    await this.#ready;
  }

  #watch(child: ChildProcess): void {
    this.#child = child;
    const log = createWriteStream(this.#logFile, { flags: "a" });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#text = (this.#text + text).slice(-200_000);
        log.write(text);
      });
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, name) => {
        const exit = { code, signal: name, at: performance.now() };
        this.#isUp = false;
        this.exits.push(exit);
        resolve(exit);
        if (this.#options.restart && !this.#ended) setTimeout(() => this.#again(), RESTART_MS);
      });
    });
    child.once("close", () => log.end());
    const ready = Promise.withResolvers<void>();
    child.once("message", () => {
      this.#isUp = true;
      ready.resolve();
    });
    const fail = (reason: string) => () =>
      ready.reject(new Error(`${this.name} ${reason}:\n${this.#text.slice(-2_000)}`));
    const timer = setTimeout(fail(`was not ready after ${READY_MS} ms`), READY_MS);
    void this.#exited.then(fail("died before it was ready"));
    this.#ready = ready.promise.finally(() => clearTimeout(timer));
    this.#ready.catch(() => {});
  }

  #again(): void {
    if (this.#ended) return;
    // Dies again before it is ready: its exit starts the next one.
    this.start("").catch(() => {});
  }

  /** SIGKILL. @returns when it was dead */
  async kill(): Promise<Exit> {
    signal(this.pid, "SIGKILL");
    return this.#exited;
  }
  hang(): void {
    signal(this.pid, "SIGSTOP");
  }
  wake(): void {
    signal(this.pid, "SIGCONT");
  }
  /** SIGTERM, orderly; for good. */
  async stop(): Promise<Exit> {
    this.#ended = true;
    signal(this.pid, "SIGTERM");
    return this.#exited;
  }
  /** SIGKILL, also when it hangs; for good. */
  async end(): Promise<void> {
    this.#ended = true;
    if (this.#child && this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }

  /** What it holds when all garbage is collected, MB; its resident memory tells what V8 has not collected yet as well. */
  async liveMemory(): Promise<number> {
    const child = this.#child;
    if (!this.#isUp || !child) throw new Error(`${this.name} is not up, so it can't say what it holds.`);
    const answer = once(child, "message", { signal: AbortSignal.timeout(LIVE_MEMORY_MS) });
    child.send(HOW_MUCH);
    const [{ heldMb }] = (await answer) as [MemoryAnswer];
    return heldMb;
  }

  /** Sum of a Prometheus counter or gauge over the series that have these labels; NaN when it does not answer. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`, {
        signal: AbortSignal.timeout(1_000),
      });
      return sumOf(await answer.text(), name, labels);
    } catch {
      return Number.NaN;
    }
  }
}

/** Pure. `name` with dots or underscores. */
function sumOf(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  const wanted = name.replaceAll(".", "_");
  const values = text.split("\n").flatMap((line) => {
    const [, found, shown = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    const fits = Object.entries(labels).every(([label, text]) => shown.includes(`${label}="${text}"`));
    return found === wanted && fits ? [Number(value)] : [];
  });
  return values.reduce((sum, value) => sum + value, 0);
}
