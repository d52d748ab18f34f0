/** Debian's Chromium, for the tests of the pages: installed where that is possible, else those tests are skipped. */
import { existsSync } from "node:fs";
import { aptInstall } from "./apt.ts";
import { which } from "./processes.ts";
import { say, seconds, warn } from "./say.ts";

/** The program; undefined where there is none. */
export const chromiumPath = (): string | undefined =>
  [process.env.CHROMIUM ?? "", "/usr/bin/chromium"].find((path) => path !== "" && existsSync(path));

const SKIPPED = "the pages are not tried in a browser";

export async function ensureChromium(): Promise<void> {
  if (chromiumPath() !== undefined) return;
  if (which("apt-get") === undefined || process.getuid?.() !== 0)
    return warn(`Chromium: not installed, and no root: ${SKIPPED} (remedy: install it, or set CHROMIUM)`);
  say("Chromium: not installed, apt-get install chromium (about a minute)");
  const since = performance.now();
  const reason = await aptInstall("chromium");
  if (reason === undefined) say(`Chromium: installed, ${seconds(since)}`);
  else warn(`Chromium: apt-get could not install it (${reason}): ${SKIPPED}`);
}
