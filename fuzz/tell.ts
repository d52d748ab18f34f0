/** The reports in words. Each tells, and answers how many findings there are. */
import { say } from "../scripts/lib/say.ts";
import type { ConsumerReport } from "./consumer.ts";
import type { DecoderReport } from "./decoder.ts";
import type { Finding, RestReport } from "./rest.ts";

const counted = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(", ");

export function tellDecoder({ cases, outcomes, finding }: DecoderReport): number {
  if (finding) console.log(finding);
  say(`decoder: ${cases} cases, ${counted(outcomes)}; ${finding ? 1 : 0} findings`);
  return finding ? 1 : 0;
}

export function tellFinding({ operation, fault, curl, answer }: Finding): void {
  console.log(`\n${operation}: ${fault}\n  ${curl}\n  ${answer}`);
}

export function tellRest({
  cases,
  operations,
  statuses,
  neverDone,
  findings,
  refusedThoughAllowed,
}: RestReport): number {
  for (const [what, times] of Object.entries(refusedThoughAllowed))
    console.log(`refused though allowed, ${times} x: ${what}`);
  if (neverDone.length > 0) say(`never got through: ${neverDone.join(", ")}`);
  say(`rest: ${cases} cases, ${operations} operations; ${counted(statuses)}; ${findings.length} findings`);
  return findings.length;
}

export function tellConsumer({ cases, handled, deadLetters, lost }: ConsumerReport): number {
  for (const one of lost.slice(0, 20)) console.log(`neither handled nor a dead letter: ${one}`);
  say(`consumer: ${cases} cases, ${handled} handled, ${deadLetters} dead letters; ${lost.length} findings`);
  return lost.length;
}
