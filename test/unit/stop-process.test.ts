import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import { stopProcess } from "../../scripts/lib/processes.ts";

let kill = (): void => {};
afterEach(() => kill());

/** A process that does this when it is told to stop. @returns did it end by itself, and how it ended */
async function stopped(onTerm: string, deadlineMs: number): Promise<unknown[]> {
  const program = `process.on("SIGTERM", () => { ${onTerm} }); setInterval(() => {}, 1_000); console.log("ready");`;
  const child = spawn(process.execPath, ["--eval", program], { stdio: ["ignore", "pipe", "inherit"] });
  kill = () => child.kill("SIGKILL");
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const byItself = await stopProcess(child.pid as number, deadlineMs);
  return [byItself, ...(await exited)];
}

describe("a process that is told to stop", () => {
  it("ends by itself while there is time", async () => {
    expect(await stopped("setTimeout(() => process.exit(3), 200)", 30_000)).toEqual([true, 3, null]);
  });

  it("is killed when the time has passed", async () => {
    expect(await stopped("", 300)).toEqual([false, null, "SIGKILL"]);
  });
});
