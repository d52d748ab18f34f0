/** Runs `scripts/start.ts` as a user's `npm start` would, each with a data directory of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readRunFile } from "../../scripts/lib/run-file.ts";
import { waitFor } from "./env.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Started {
  child: ChildProcess;
  dataDir: string;
  /** Everything printed so far. */
  output: () => string;
  /** Waits for a text in the output. */
  said: (text: string | RegExp, deadlineMs?: number) => Promise<void>;
  /** Resolves with the exit code. */
  exited: (deadlineMs?: number) => Promise<number | null>;
  run: () => ReturnType<typeof readRunFile>;
  /** SIGTERM if it still runs, then the data directory goes. */
  dispose: () => Promise<void>;
}

export function startProduct(
  env: Record<string, string>,
  dataDir = mkdtempSync(join(tmpdir(), "residents-start-")),
): Started {
  const inherited = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/root" };
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "scripts/start.ts"], {
    cwd: root,
    env: { ...inherited, DATA_DIR: dataDir, SEED_DEMO: "false", METRICS_PORT: "3130", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  let code: number | null | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  child.on("exit", (exitCode) => {
    code = exitCode;
  });
  const said = async (wanted: string | RegExp, deadlineMs = 60_000): Promise<void> => {
    const found = (): boolean => (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text));
    await waitFor(() => found() || code !== undefined, { deadlineMs, message: `${wanted} in:\n${text}` });
    if (!found()) throw new Error(`It ended (${code}) without saying ${wanted}:\n${text}`);
  };
  const exited = async (deadlineMs = 20_000): Promise<number | null> => {
    await waitFor(() => code !== undefined, { deadlineMs, message: `the exit; so far:\n${text}` });
    return closed;
  };
  const dispose = async (): Promise<void> => {
    if (code === undefined) child.kill("SIGTERM");
    await exited(30_000);
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { child, dataDir, output: () => text, said, exited, run: () => readRunFile(dataDir), dispose };
}
