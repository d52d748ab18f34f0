import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "@jest/globals";

const MODULE = new URL("../../scripts/lib/interrupt.ts", import.meta.url);
const program = `
  import { onInterrupt } from ${JSON.stringify(fileURLToPath(MODULE))};
  setInterval(() => {}, 1_000);
  onInterrupt(async () => {
    console.log("clearing");
    await new Promise((resolve) => setTimeout(resolve, Number(process.env.CLEAR_MS)));
    console.log("cleared");
  });
  console.log("ready");
`;

let stop = (): void => {};
afterEach(() => stop());

/** A command that clears away for so long, sent SIGINT at these milliseconds after it was ready. */
async function interrupted(clearMs: number, ...at: number[]): Promise<{ code: number | null; lines: string[] }> {
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, CLEAR_MS: String(clearMs) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  stop = () => child.kill("SIGKILL");
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const exited = once(child, "close");
  await once(child.stdout, "data");
  let passed = 0;
  for (const ms of at) {
    await delay(ms - passed);
    passed = ms;
    child.kill("SIGINT");
  }
  const [code] = await exited;
  return { code, lines: text.trim().split("\n") };
}

describe("an interrupted command", () => {
  it("clears away once, also when npm passes the terminal's signal on a second time", async () => {
    expect(await interrupted(300, 0, 50)).toEqual({ code: 130, lines: ["ready", "clearing", "cleared"] });
  });

  it("does not wait when it is interrupted again later", async () => {
    expect(await interrupted(60_000, 0, 1_500)).toEqual({ code: 130, lines: ["ready", "clearing"] });
  });
});
