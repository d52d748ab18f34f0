/** A minute without a server, under load: what the API says, what the memory does, how it heals. */
import type { Lab } from "./lab.ts";
import {
  heldMemory,
  noDeadLetters,
  onlyStatuses,
  pause,
  retryAfterOn503,
  settledMemory,
  statusText,
  unpublished,
} from "./measure.ts";
import type { Outcome } from "./scenario.ts";
import { until } from "./wait.ts";

const OUTAGE_MS = 60_000;
const PER_SECOND = 50;

export interface Outage {
  begin: () => Promise<void>;
  end: () => Promise<void>;
  /** Statuses that writes may have meanwhile. */
  allowed: readonly number[];
}

export async function outage(lab: Lab, { begin, end, allowed }: Outage): Promise<Outcome> {
  const node = await lab.start("all", { services: ["gateway", "probe", "relay", "alpha", "beta"] });
  const load = lab.load(PER_SECOND, () => lab.rest.write(node.url));
  const before = await settledMemory(node);
  await begin();
  const begun = lab.rest.answers.length;
  await pause(OUTAGE_MS / 2);
  const half = await heldMemory(node);
  await pause(OUTAGE_MS / 2);
  const late = await heldMemory(node);
  const during = lab.rest.answers.slice(begun);
  await end();
  const since = performance.now();
  await until("a write", 60_000, async () => (await lab.rest.write(node.url)).status === 201, 100);
  await load.stop();
  await until("an empty outbox", 60_000, async () => (await unpublished(lab)) === 0, 100);
  const healedMs = performance.now() - since;
  onlyStatuses(during, allowed);
  retryAfterOn503(lab.rest.answers);
  await noDeadLetters(lab);
  lab.promise("healed", healedMs / 1_000, "s", { atMost: 30 });
  lab.promise("growth of what the process holds in its 60 s", late - before, "MB", { atMost: 15 });
  // A look right after a collection still differs by some MB from the next one.
  lab.promise("growth in the second half of it", late - half, "MB", { atMost: 10 });
  lab.promise("exits of the process", node.exits.length, "", { atMost: 0 });
  return { happened: `during it ${statusText(during)}`, healedMs };
}
