/** Makes each mistake in a scratch copy of the repository and lets the scenario that has to notice it run there. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { messageOfError } from "../../mixins/kit/failure.ts";
import { onInterrupt } from "../../scripts/lib/interrupt.ts";
import { type Mutant, mutants, mutatedFiles } from "./mutants.ts";
import type { MutantResult } from "./report.ts";
import { ROOT } from "./root.ts";
import type { Result } from "./scenario.ts";

/** `names`: empty for all of them. */
export async function runMutants(
  names: readonly string[],
  onResult: (result: MutantResult) => void,
): Promise<MutantResult[]> {
  const results: MutantResult[] = [];
  let interrupted = false;
  onInterrupt(async () => {
    interrupted = true;
    const { child, folder } = current;
    if (child?.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
  for (const mutant of mutants.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const result = await runMutant(mutant);
    // Nothing more begins; the process ends once the folder is gone.
    if (interrupted) return new Promise(() => {});
    results.push(result);
    onResult(result);
  }
  return results;
}

/** What an interrupted run has to clear away. */
const current: { child?: ChildProcess; folder?: string } = {};

async function runMutant(mutant: Mutant): Promise<MutantResult> {
  const { name, what, scenario } = mutant;
  const folder = mkdtempSync(join(tmpdir(), "residents-mutant-"));
  current.folder = folder;
  try {
    copyRepository(folder);
    const read = (file: string): string => readFileSync(join(folder, file), "utf8");
    for (const [file, source] of mutatedFiles(mutant, read)) writeFileSync(join(folder, file), source);
    const result = await runThere(folder, scenario);
    return { name, what, caughtBy: result.passed ? null : `${result.row} ${result.name}`, how: howOf(result) };
  } catch (error) {
    return { name, what, caughtBy: null, how: messageOfError(error) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What git knows or would take; packages and programs are linked. */
function copyRepository(folder: string): void {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
  for (const file of list.toString().split("\0").filter(Boolean)) {
    if (!existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, ".data"));
  if (existsSync(join(ROOT, ".data", "bin"))) symlinkSync(join(ROOT, ".data", "bin"), join(folder, ".data", "bin"));
}

function runThere(folder: string, scenario: string): Promise<Result> {
  const out = join(folder, "result.json");
  const args = [
    "--disable-warning=ExperimentalWarning",
    "faults/run.ts",
    scenario,
    "--alone",
    "--no-report",
    `--out=${out}`,
  ];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  current.child = child;
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => {
      const [result] = existsSync(out) ? (JSON.parse(readFileSync(out, "utf8")) as Result[]) : [];
      if (result) resolve(result);
      else reject(new Error(`The scenario ${scenario} did not run: ${text.slice(-500)}`));
    });
  });
}

/** What gave it away: the checker's first finding, else what the scenario said. */
function howOf({ verdict, error }: Result): string {
  const [first] = verdict?.findings ?? [];
  if (verdict && first) {
    const { lost, doubled, phantom, pending, broken } = verdict;
    const sums = `lost ${lost}, doubled ${doubled}, phantom ${phantom}, pending ${pending}, otherwise broken ${broken}`;
    return `${sums}; first: ${first.invariant} ${first.kind}, ${first.text}`;
  }
  return error ?? "nothing was noticed";
}
