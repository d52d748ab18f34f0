/** Run by repl.test.ts in a process of its own: the lab behind a real Moleculer REPL on stdin and stdout. */

import type { ServiceSchema } from "moleculer";
import { openRepl } from "../../../repl/open.ts";
import analyticsService from "../../../services/analytics/analytics.service.ts";
import { analytics } from "../../../services/analytics/contract.ts";
import { iam } from "../../../services/iam/contract.ts";
import iamService from "../../../services/iam/iam.service.ts";
import { startLab } from "../dead-letters/lab.ts";

async function main(): Promise<void> {
  const lab = await startLab(
    {},
    { and: { contracts: [analytics, iam], services: [analyticsService as ServiceSchema, iamService] } },
  );
  const { id, eventId } = await lab.dead({ size: 1, note: "x".repeat(300) });
  const { id: second } = await lab.dead({ size: "broken" }, "CONTRACT_VIOLATED");
  process.stdout.write(`ready ${JSON.stringify({ pid: process.pid, id, eventId, second })}\n`);
  process.once("SIGTERM", () => void lab.dispose().then(() => process.exit(0)));
  openRepl(lab.broker, "$");
}

void main();
