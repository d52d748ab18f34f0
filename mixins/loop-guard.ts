/**
 * A handler that never returns hangs the whole process: no timer of it runs any more, no one would ever end it, and
 * every process that gets the event next hangs as well. A thread beside the event loop sees that it stands still, and
 * ends the process; its supervisor starts it again, and the broker counts one delivery without an outcome.
 *
 * The thread counts its own looks, not time: a process that was stopped as a whole (SIGSTOP, a sleeping laptop) has
 * not hung.
 */
import { Worker } from "node:worker_threads";
import type { Middleware } from "moleculer";

/** Looks in one limit. */
const LOOKS = 10;

const WATCHER = `
  const { workerData } = require("node:worker_threads");
  const ticks = new Int32Array(workerData.ticks);
  let seen = 0;
  let looks = 0;
  setInterval(() => {
    const now = Atomics.load(ticks, 0);
    looks = now === seen ? looks + 1 : 0;
    seen = now;
    if (looks < workerData.looks) return;
    require("node:fs").writeSync(2, workerData.message);
    process.kill(process.pid, "SIGKILL");
  }, workerData.everyMs);`;

/** `limitMs`: milliseconds without a turn of the event loop; 0 turns it off (for debuggers, which stop the loop). */
export function loopGuardMiddleware({ limitMs }: { limitMs: number }): Middleware {
  let worker: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    name: "LoopGuard",
    async started() {
      if (limitMs <= 0) return;
      const ticks = new Int32Array(new SharedArrayBuffer(4));
      const everyMs = limitMs / LOOKS;
      const message = `The event loop has stood still for ${limitMs} ms; this process is ended to be started again.\n`;
      timer = setInterval(() => Atomics.add(ticks, 0, 1), everyMs / 2);
      timer.unref();
      const workerData = { ticks: ticks.buffer, looks: LOOKS, everyMs, message };
      // execArgv: options of ours (--input-type, --inspect) are not for the thread.
      worker = new Worker(WATCHER, { eval: true, execArgv: [], workerData });
      worker.unref();
    },
    async stopped() {
      clearInterval(timer);
      await worker?.terminate();
    },
  } as object as Middleware;
}
