/** Processes, databases and the like that a measurement has made: gone with it, also when it is interrupted. */
import { readFileSync } from "node:fs";

type Stop = () => Promise<void>;
const running = new Set<Stop>();

/** @returns how to stop it, which may be called any number of times */
export function child(stop: Stop): Stop {
  let stopping: Promise<void> | undefined;
  const once: Stop = () => {
    running.delete(once);
    stopping ??= stop();
    return stopping;
  };
  running.add(once);
  return once;
}

/** The last one first: a process before the database that it uses. */
export async function stopChildren(): Promise<void> {
  for (const stop of [...running].reverse()) await stop().catch(() => {});
}

/** Megabytes of resident memory; NaN when it has gone. */
export function rssOf(pid: number | undefined): number {
  try {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(found?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
