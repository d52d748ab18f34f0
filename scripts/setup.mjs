/**
 * Stage 1 of every command: plain JavaScript without dependencies, run by the system's Node (>= 20). Installs the
 * dependencies (Node 24 among them) when the lock file has changed; does nothing, in milliseconds, otherwise.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(root, "node_modules", ".residents-stamp");
const OLDEST_NODE = 20;

function stop(sentence) {
  console.error(`✗ ${sentence}`);
  process.exit(1);
}

const major = Number(process.versions.node.split(".")[0]);
if (major < OLDEST_NODE)
  stop(`Node ${process.versions.node} is too old; remedy: install Node ${OLDEST_NODE} or later, then try again.`);

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const installed = existsSync(stamp) && readFileSync(stamp, "utf8") === lock;
if (!installed) {
  console.log("• dependencies: npm ci (about a minute at the first start)");
  const { status, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error) stop(`npm could not be run (${error.message}); remedy: install npm, then try again.`);
  if (status !== 0)
    stop("npm ci failed, its last lines are above; remedy: check that the npm registry is reachable, then try again.");
  writeFileSync(stamp, lock);
}

/** The scripts name `node_modules/.bin/node`: a shell that has run the system's `node` once would find that one again. */
const node24 = () =>
  /^v24\./.test(
    spawnSync(join(root, "node_modules", ".bin", "node"), ["--version"], { encoding: "utf8" }).stdout ?? "",
  );
if (!node24()) {
  console.log("• Node 24: npm did not run the install script of the package `node`, running it now");
  spawnSync("npm", ["rebuild", "node", "--ignore-scripts=false"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
}
if (!node24()) {
  stop(
    "Node 24 is not in node_modules; remedy: npm must be allowed to run the install script of the package `node` (allowScripts in package.json).",
  );
}
