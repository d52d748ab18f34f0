/**
 * `npm run bench`: every benchmark, five alternating rounds, ratios within one run.
 *
 *   npm run bench -- B1 B4               only these
 *   npm run bench -- --quick             one short round, to see that everything runs
 *   npm run bench -- --rounds 3          fewer rounds
 *   npm run bench -- --minutes 3         B6 holds its highest rate for so long (default 10)
 *   npm run bench -- --backlog 10000,1000000 --published 10000000    sizes of B7 (default 10 k, 100 k, 1 M; 1 M)
 *   npm run bench -- --no-debezium       without Debezium Server as a peer
 *   npm run bench -- --save              keeps what it measures as the reference: docs/performance.*
 */
import { onInterrupt } from "../scripts/lib/interrupt.ts";
import { run } from "../scripts/lib/say.ts";
import { b1 } from "./b1-relay.ts";
import { b2 } from "./b2-latency.ts";
import { b3 } from "./b3-transaction.ts";
import { b4 } from "./b4-consumer.ts";
import { b5 } from "./b5-http.ts";
import { b6 } from "./b6-journey.ts";
import { b7 } from "./b7-growth.ts";
import { b8 } from "./b8-start.ts";
import { b9 } from "./b9-login.ts";
import { b10 } from "./b10-search.ts";
import { b11 } from "./b11-availability.ts";
import { b12 } from "./b12-emergency.ts";
import { b13 } from "./b13-leaving.ts";
import type { Bench } from "./lib/bench.ts";
import { busyRemark, commit, machine } from "./lib/machine.ts";
import { readArguments } from "./lib/options.ts";
import type { Report } from "./lib/report.ts";
import { startBenchServers } from "./lib/servers.ts";
import { Session } from "./lib/session.ts";

const benches: readonly Bench[] = [b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13];

run(async () => {
  const argv = process.argv.slice(2);
  const asked = readArguments(
    argv,
    benches.map(({ id }) => id),
  );
  const remark = busyRemark();
  const starting = startBenchServers();
  const session = new Session(benches, asked);
  onInterrupt(async () => {
    await session.interrupt();
    await (await starting)();
  });
  const stop = await starting;
  let complete = false;
  try {
    const report: Report = {
      at: new Date().toISOString(),
      commit: commit(),
      machine: await machine(),
      asked: ["npm run bench --", ...argv].join(" "),
      rounds: asked.rounds,
      remarks: remark ? [remark] : [],
      results: [],
    };
    await session.measure(report);
    complete = report.results.length > 0 && report.remarks.every((one) => one === remark);
  } finally {
    await session.unlessInterrupted(stop);
  }
  process.exit(complete ? 0 : 1);
});
