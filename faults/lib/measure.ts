/** Figures of a scenario: gaps, percentiles, memory, statuses. */
import { readFileSync } from "node:fs";
import { EFFECTS, type EffectDoc } from "../probe/documents.ts";
import type { FaultNode } from "./fault-node.ts";
import type { Lab } from "./lab.ts";
import type { RestAnswer } from "./rest-writes.ts";

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The least of three looks, a second apart: what is held for a moment is no growth. MB */
export async function heldMemory(node: FaultNode): Promise<number> {
  const looks = [await node.liveMemory()];
  while (looks.length < 3) {
    await pause(1_000);
    looks.push(await node.liveMemory());
  }
  return Math.min(...looks);
}

/** A new process under load grows for a while, whatever happens, and on a slow machine for longer. */
const GROWING_UP = { windowMs: 15_000, windows: 4, settledMb: 2 };

/** Waits until the process, under load, has grown up: a growth is measured from then on. @returns what it holds, MB */
export async function settledMemory(node: FaultNode): Promise<number> {
  let held = Number.NEGATIVE_INFINITY;
  for (let window = 0; window < GROWING_UP.windows; window++) {
    await pause(GROWING_UP.windowMs);
    const before = held;
    held = await heldMemory(node);
    if (held - before <= GROWING_UP.settledMb) break;
  }
  return held;
}

/** Longest time between two moments that follow each other, from `from` to `to`; milliseconds. Pure. */
export function longestGap(moments: readonly number[], from: number, to: number): number {
  const inside = moments.filter((at) => at >= from && at <= to).sort((a, b) => a - b);
  return [...inside, to].reduce(({ longest, last }, at) => ({ longest: Math.max(longest, at - last), last: at }), {
    longest: 0,
    last: from,
  }).longest;
}

/** Pure. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Resident memory of a process, MB; NaN when it is gone. */
function memoryOf(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** Highest memory of a process from now until `end` is called, MB. */
export function watchMemory(pid: () => number): { end: () => number } {
  let highest = 0;
  const look = (): void => {
    const now = memoryOf(pid());
    if (now > highest) highest = now;
  };
  look();
  const timer = setInterval(look, 200);
  return {
    end: () => {
      clearInterval(timer);
      return highest;
    },
  };
}

/** When a consumer had its effects, by the clock of its process; of one process where `pid` is given. */
export async function effectTimes(lab: Lab, consumer: string, pid?: number): Promise<number[]> {
  const filter = pid === undefined ? {} : { pid };
  const found = await lab.database(consumer).collection<EffectDoc>(EFFECTS).find(filter).toArray();
  return found.map(({ at }) => at.getTime());
}

/** Throws unless every answer has one of these statuses. */
export function onlyStatuses(answers: readonly RestAnswer[], allowed: readonly number[]): void {
  const counts = Map.groupBy(answers, ({ status }) => status);
  const wrong = [...counts].filter(([status]) => !allowed.includes(status));
  if (answers.length === 0) throw new Error("No request was answered at all.");
  if (wrong.length > 0)
    throw new Error(
      `Answers other than ${allowed.join(", ")}: ${wrong.map(([status, all]) => `${all.length} x ${status}`)}`,
    );
}

/** Throws when an answer 503 has no Retry-After. */
export function retryAfterOn503(answers: readonly RestAnswer[]): void {
  const bare = answers.filter(({ status, retryAfter }) => status === 503 && retryAfter === null).length;
  if (bare > 0) throw new Error(`${bare} answers 503 without Retry-After`);
}

/** `12 x 201, 3 x 503`. */
export const statusText = (answers: readonly Pick<RestAnswer, "status">[]): string =>
  [...Map.groupBy(answers, ({ status }) => status)]
    .sort(([a], [b]) => a - b)
    .map(([status, all]) => `${all.length} x ${status === 0 ? "no answer" : status}`)
    .join(", ");

/** Rows that nobody has published yet. */
export async function unpublished(lab: Lab): Promise<number> {
  const counts = await Promise.all(
    lab.contracts.map(({ service }) =>
      lab.database(service).collection("outbox").countDocuments({ publishedAt: null }),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Dead letters of every consumer, by code. */
export async function deadLetterCodes(lab: Lab): Promise<string[]> {
  const found = await Promise.all(
    lab.contracts.map(({ service }) => lab.database(service).collection("dead_letters").find().toArray()),
  );
  return found.flat().map(({ code }) => String(code));
}

/** "No dead letter because of it." */
export async function noDeadLetters(lab: Lab): Promise<void> {
  const codes = await deadLetterCodes(lab);
  if (codes.length > 0) throw new Error(`${codes.length} dead letters: ${[...new Set(codes)].join(", ")}`);
}
