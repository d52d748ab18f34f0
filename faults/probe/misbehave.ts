/** Does to this process what a poisonous event asks for. */
import type { ProbePayload } from "./contracts.ts";

export class PoisonError extends Error {
  readonly code = "POISON";
}

export async function misbehave({ mode = "ok", only, waitMs = 0 }: ProbePayload, consumer: string): Promise<void> {
  if (only !== undefined && only !== consumer) return;
  // The mistake has been mended: what is sent again gets through.
  if (process.env.PROBE_MENDED) return;
  if (mode === "throw") throw new PoisonError("told to throw");
  if (mode === "exit") process.exit(13);
  if (mode === "loop") for (;;);
  if (mode === "memory") exhaust();
  if (mode === "wait") await new Promise((resolve) => setTimeout(resolve, waitMs));
}

function exhaust(): never {
  const held: string[][] = [];
  for (;;) held.push(Array.from({ length: 100_000 }, (_, index) => `${held.length}/${index}`));
}
