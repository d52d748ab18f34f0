/** A handler that never returns ends its process; one that was merely stopped goes on. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "@jest/globals";
import { waitFor } from "../../support/env.ts";

const GUARD = fileURLToPath(new URL("../../../mixins/loop-guard.ts", import.meta.url));
const LIMIT_MS = 1_000;
const children = new Set<ChildProcess>();

function start(then: string): { child: ChildProcess; said: () => string } {
  const code = `
    const { loopGuardMiddleware } = await import(process.argv[1]);
    await loopGuardMiddleware({ limitMs: ${LIMIT_MS} }).started();
    setInterval(() => {}, 1_000);
    process.stdout.write("up");
    ${then}`;
  const child = spawn(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    "--input-type=module",
    "-e",
    code,
    GUARD,
  ]);
  children.add(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  return { child, said: () => text };
}

describe("the loop guard", () => {
  // One that loops would do so for ever.
  afterEach(() => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
  });

  it("kills a process whose event loop stands still, and says why", async () => {
    const { child, said } = start("setTimeout(() => { for (;;); }, 100);");
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    expect(said()).toContain("stood still for 1000 ms");
  });

  it("lets a process live that was stopped for longer than that, and ends with it", async () => {
    const { child, said } = start('process.on("SIGUSR2", () => process.exit(7));');
    await waitFor(() => said() === "up", { message: "the start" });
    child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 3 * LIMIT_MS));
    child.kill("SIGCONT");
    await new Promise((resolve) => setTimeout(resolve, 2 * LIMIT_MS));
    const ended = once(child, "exit");
    child.kill("SIGUSR2");
    expect(await ended).toEqual([7, null]);
  });
});
