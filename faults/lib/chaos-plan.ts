/** Which fault when, and for whom: drawn from a seed, so that a run can be done again. Pure. */

/** Share of each among the draws; the costly ones are rare. */
const KINDS = [
  ["kill a node", 40],
  ["close connections", 24],
  ["hang a node", 8],
  ["kill mongod", 2],
  ["kill RabbitMQ", 1],
] as const;
export type ChaosKind = (typeof KINDS)[number][0];

export interface ChaosStep {
  /** Milliseconds since the beginning. */
  at: number;
  kind: ChaosKind;
  /** From 0 to 1: which of those that are there. */
  victim: number;
}

/** Random numbers from 0 to 1 by mulberry32: small, seeded, good enough to draw faults. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `everyMs`: mean time between two faults. RabbitMQ needs a moment to come back: it is spared the last minute. */
export function planOf(seed: number, lengthMs: number, everyMs: number): ChaosStep[] {
  const random = randomOf(seed);
  const steps: ChaosStep[] = [];
  for (let at = everyMs; at < lengthMs; at += everyMs * (0.5 + random())) {
    const kind = drawn(random());
    const late = at > lengthMs - 60_000 && lengthMs > 120_000;
    steps.push({ at: Math.round(at), kind: late && kind === "kill RabbitMQ" ? "kill a node" : kind, victim: random() });
  }
  return steps;
}

function drawn(value: number): ChaosKind {
  const total = KINDS.reduce((sum, [, share]) => sum + share, 0);
  let left = value * total;
  for (const [kind, share] of KINDS) {
    left -= share;
    if (left < 0) return kind;
  }
  return KINDS[0][0];
}
