/** Facts by the hundred thousand, for one consumer: gamma. */
import { FILLED } from "../probe/contracts.ts";
import type { Lab } from "./lab.ts";
import { unpublished } from "./measure.ts";
import { until } from "./wait.ts";

/** Contracts of a world with bulk and gamma. */
export const BULK_DOMAIN = "relay,probe,alpha,beta,bulk,gamma";

const IN_ONE = 1_000;
const AT_ONCE = 4;

/** Writes so many facts, and waits until they are in gamma's queue. */
export async function fill(lab: Lab, count: number): Promise<void> {
  let left = count;
  const writer = async (): Promise<void> => {
    while (left > 0) {
      const now = Math.min(IN_ONE, left);
      left -= now;
      await lab.facts.writeMany(now, {}, FILLED);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, writer));
  await until("the backlog in the queue", 600_000, async () => (await unpublished(lab)) === 0, 500);
}

/** What gamma has dealt with. */
export const drained = (lab: Lab): Promise<number> =>
  lab.database("gamma").collection("inbox").estimatedDocumentCount();
