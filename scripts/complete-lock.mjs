/**
 * `node scripts/complete-lock.mjs`, after each change of dependencies: adds the optional packages of other platforms
 * that a registry mirror lacks. npm leaves them out of package-lock.json and then refuses it (`npm ci`: "Missing ...
 * from lock file"). The entries name no integrity, and are never installed on a platform that they do not name.
 */
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors = ["arm64", "arm", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64"];

let added = 0;
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const os = systems.find((system) => name.includes(`-${system}`) || name.includes(`/${system}`));
    if (lock.packages[path] || !os) continue;
    const cpu = processors.find((processor) => name.includes(`-${processor}`));
    const libc = name.includes("musl") ? { libc: ["musl"] } : {};
    lock.packages[path] = {
      version,
      ...(entry.dev && { dev: true }),
      optional: true,
      os: [os],
      ...(cpu && { cpu: [cpu] }),
      ...libc,
    };
    added++;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} packages of other platforms added.`);
