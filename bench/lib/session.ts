/** One run: measures, tells, keeps; can be interrupted at any time. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, say, sleep } from "../../scripts/lib/say.ts";
import { type Bench, Running } from "./bench.ts";
import { stopChildren } from "./children.ts";
import type { Arguments } from "./options.ts";
import { plot } from "./plot.ts";
import { asMarkdown, asText, type Kept, plotName, type Report, renewed } from "./report.ts";
import type { BenchResult } from "./summary.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const TEAR_DOWN_MS = 15_000;

export class Session {
  readonly #benches: readonly Bench[];
  readonly #asked: Arguments;
  #report: Report | undefined;
  #running: Running | undefined;
  #interrupted = false;

  constructor(benches: readonly Bench[], asked: Arguments) {
    this.#benches = benches;
    this.#asked = asked;
  }

  async measure(report: Report): Promise<void> {
    const { ids, save } = this.#asked;
    this.#report = report;
    const wanted = this.#benches.filter(({ id }) => ids.length === 0 || ids.includes(id));
    for (const bench of wanted) {
      const result = await this.#result(bench, report);
      if (result) {
        report.results.push(result);
        console.log(asText(result));
      }
      keep(report, ".data/bench");
    }
    if (save) keep(report, "docs", readKept("docs"));
    say(`written: ${save ? "docs" : ".data/bench"}/performance.json, performance.md and plots`);
  }

  /** One that fails costs the others nothing; what it had measured counts. */
  async #result(bench: Bench, report: Report): Promise<BenchResult | undefined> {
    const running = new Running(bench);
    this.#running = running;
    try {
      return await running.run(this.#asked, (done, total) => say(`${bench.id}: round ${done} of ${total}`));
    } catch (error) {
      // An interruption has torn it down.
      return this.unlessInterrupted(async () => {
        const remark = `${bench.id} was not measured to its end: ${(error as Error).message.split("\n", 1)[0]}`;
        fail(remark);
        report.remarks.push(remark);
        await stopChildren();
        return running.result;
      });
    }
  }

  /** Says and keeps what there is; leaves no process and no data. */
  async interrupt(): Promise<void> {
    this.#interrupted = true;
    const half = this.#running?.result;
    const report = this.#report;
    if (report && half && !report.results.some(({ id }) => id === half.id)) {
      report.results.push(half);
      console.log(asText(half));
    }
    if (report && report.results.length > 0) {
      report.remarks.push("The run was interrupted.");
      keep(report, ".data/bench");
      say(`interrupted; measured ${report.results.map(({ id }) => id).join(", ")}, kept in .data/bench`);
    } else say("interrupted; nothing was measured yet");
    // What is being torn down in the middle of its work may complain, and must not hold up the end.
    const torn = (async () => {
      await this.#running?.close();
      await stopChildren();
    })().catch(() => {});
    await Promise.race([torn, sleep(TEAR_DOWN_MS)]);
  }

  /** After an interruption the end is the interruption's business. */
  unlessInterrupted<T>(work: () => Promise<T>): Promise<T> {
    return this.#interrupted ? new Promise<never>(() => {}) : work();
  }
}

const JSON_NAME = "performance.json";

/** The last run is always in .data/bench; the reference only when asked for, and only of what was measured. */
function keep(report: Report, place: string, before: readonly Kept[] = []): void {
  const folder = join(root, place);
  mkdirSync(join(folder, "performance"), { recursive: true });
  const kept = renewed(before, report);
  writeFileSync(join(folder, JSON_NAME), `${JSON.stringify({ results: kept }, null, 2)}\n`);
  writeFileSync(join(folder, "performance.md"), asMarkdown(kept));
  for (const result of report.results) writeFileSync(join(folder, plotName(result)), plot(result));
}

function readKept(place: string): Kept[] {
  const file = join(root, place, JSON_NAME);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).results : [];
}
