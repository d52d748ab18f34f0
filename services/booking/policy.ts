/** Cancellation: what is paid back, and until when. Pure. */
import type { BookableDoc } from "./resource.ts";

export type Policy = BookableDoc["cancellation"];
const HOUR_MS = 3_600_000;

/** The tier that holds: that of the longest time which is still kept. None: nothing is paid back. */
function tierAt(policy: Policy, from: Date, now: Date): Policy[number] | undefined {
  const left = from.getTime() - now.getTime();
  const kept = policy.filter(({ hoursBefore }) => left >= hoursBefore * HOUR_MS);
  return kept.sort((a, b) => b.hoursBefore - a.hoursBefore)[0];
}

export const refundPercent = (policy: Policy, from: Date, now: Date): number =>
  tierAt(policy, from, now)?.refundPercent ?? 0;

/** Minor units, halves up. */
export const refundOf = (amount: number, percent: number): number => Math.floor((amount * percent + 50) / 100);

/** When less than now is paid back; undefined: it does not become less. */
export function nextDrop(policy: Policy, from: Date, now: Date): Date | undefined {
  const tier = tierAt(policy, from, now);
  return tier && tier.refundPercent > 0 ? new Date(from.getTime() - tier.hoursBefore * HOUR_MS) : undefined;
}
