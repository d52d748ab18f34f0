/** Answers the runner's question for what this process holds, once all garbage is collected. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export const HOW_MUCH = "how much memory?";

/** Megabytes: heap and buffers. */
export interface MemoryAnswer {
  heldMb: number;
}

export function answerForMemory(): void {
  process.on("message", (message) => {
    if (message !== HOW_MUCH) return;
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ heldMb: (heapUsed + external) / 1024 ** 2 } satisfies MemoryAnswer);
  });
}
