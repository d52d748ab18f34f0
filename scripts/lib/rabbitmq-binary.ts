/** Where RabbitMQ comes from: PATH, an earlier unpacking, apt as root, apt-get download without root. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { aptInstall } from "./apt.ts";
import { lastLine, runToEnd, which } from "./processes.ts";
import { StartError, say } from "./say.ts";

export interface Rabbit {
  /** Path of the `rabbitmq-server` script itself (Debian's wrapper on PATH would switch to the user `rabbitmq`). */
  server: string;
  epmd: string;
  env: NodeJS.ProcessEnv;
}

export interface RabbitFacts {
  onPath: string | undefined;
  unpacked: boolean;
  debian: boolean;
  root: boolean;
}

export type RabbitPlan = "path" | "unpacked" | "install" | "unpack" | "none";

const DOCKER_LINE =
  "docker run -d -p 5672:5672 -p 15672:15672 rabbitmq:3-management, then AMQP_URL=amqp://guest:guest@127.0.0.1:5672 npm start";

/** Pure: what to do on such a machine. */
export function rabbitPlan({ onPath, unpacked, debian, root }: RabbitFacts): RabbitPlan {
  if (onPath) return "path";
  if (unpacked) return "unpacked";
  if (!debian) return "none";
  return root ? "install" : "unpack";
}

export async function findRabbit(binDir: string): Promise<Rabbit> {
  const tree = join(binDir, "rabbitmq");
  const facts: RabbitFacts = {
    onPath:
      which("rabbitmq-server") ?? (existsSync("/usr/sbin/rabbitmq-server") ? "/usr/sbin/rabbitmq-server" : undefined),
    unpacked: existsSync(join(tree, ".complete")),
    debian: which("apt-get") !== undefined,
    root: process.getuid?.() === 0,
  };
  const plan = rabbitPlan(facts);
  if (plan === "path") return installed(facts.onPath as string);
  if (plan === "install") return install();
  if (plan === "unpack") await unpack(tree);
  if (plan === "none") throw nothingFound();
  return unpackedAt(tree);
}

const nothingFound = (): StartError =>
  new StartError(
    "There is no RabbitMQ, and this is no Debian machine where it could be fetched",
    `install rabbitmq-server, or set AMQP_URL, or: ${DOCKER_LINE}`,
  );

/** Debian's /usr/sbin/rabbitmq-server runs the real one as another user; ours shall own its files itself. */
function installed(onPath: string): Rabbit {
  const real = "/usr/lib/rabbitmq/bin/rabbitmq-server";
  return { server: existsSync(real) ? real : onPath, epmd: which("epmd") ?? "epmd", env: {} };
}

async function install(): Promise<Rabbit> {
  say("RabbitMQ: not installed, apt-get install rabbitmq-server (about a minute)");
  // Debian would start a node of its own on 5672: 101 forbids it, for the time of this installation only.
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    const reason = await aptInstall("rabbitmq-server");
    if (reason !== undefined) {
      throw new StartError(
        `apt-get could not install rabbitmq-server (${reason})`,
        `install it by hand, or set AMQP_URL, or: ${DOCKER_LINE}`,
      );
    }
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
  return installed("/usr/sbin/rabbitmq-server");
}

/** Without root: the same packages, unpacked below the data directory. */
async function unpack(tree: string): Promise<void> {
  say("RabbitMQ: not installed and no root, unpacking Debian's packages below the data directory");
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  const names = await packages();
  const download = await runToEnd("apt-get", ["download", ...names], { cwd: tree });
  if (download.code !== 0)
    throw new StartError(
      `apt-get download failed (${lastLine(download.output)})`,
      `ask an administrator for rabbitmq-server, or set AMQP_URL, or: ${DOCKER_LINE}`,
    );
  for (const name of readdirSync(tree).filter((file) => file.endsWith(".deb"))) {
    const result = await runToEnd("dpkg-deb", ["-x", join(tree, name), tree]);
    if (result.code !== 0)
      throw new StartError(
        `${name} could not be unpacked (${lastLine(result.output)})`,
        "free some disk space and try again",
      );
    rmSync(join(tree, name));
  }
  await relocate(tree);
  writeFileSync(join(tree, ".complete"), "");
}

/** RabbitMQ and those of its dependencies that are Erlang. */
async function packages(): Promise<string[]> {
  const { output } = await runToEnd("apt-cache", [
    "depends",
    "--recurse",
    "--no-recommends",
    "--no-suggests",
    "--no-conflicts",
    "--no-breaks",
    "--no-replaces",
    "--no-enhances",
    "rabbitmq-server",
  ]);
  const names = output.split("\n").filter((line) => /^(erlang-|rabbitmq-server|libsctp1|libtinfo6)/.test(line));
  if (names.length === 0)
    throw new StartError(
      "apt knows no rabbitmq-server",
      `run apt-get update as root once, or set AMQP_URL, or: ${DOCKER_LINE}`,
    );
  return [...new Set(names)].filter((name) => !name.includes(":") && !name.startsWith("erlang-base-hipe"));
}

/** Debian's scripts name absolute paths: point them into the tree. */
async function relocate(tree: string): Promise<void> {
  const erl = join(tree, "usr/lib/erlang");
  await runToEnd("sed", [
    "-i",
    `s#^ROOTDIR=.*#ROOTDIR="${erl}"#`,
    join(erl, "bin/erl"),
    ...existing(join(erl, "bin/start_erl")),
  ]);
}

const existing = (file: string): string[] => (existsSync(file) ? [file] : []);

function unpackedAt(tree: string): Rabbit {
  const erlangRoot = join(tree, "usr/lib/erlang");
  const version =
    readdirSync(join(tree, "usr/lib/rabbitmq/lib")).find((name) => name.startsWith("rabbitmq_server")) ?? "";
  const home = join(tree, "usr/lib/rabbitmq/lib", version);
  const env = {
    ERL_ROOTDIR: erlangRoot,
    ROOTDIR: erlangRoot,
    RABBITMQ_HOME: home,
    PATH: `${join(erlangRoot, "bin")}:${process.env.PATH}`,
  };
  const epmd = readdirSync(erlangRoot).find((name) => name.startsWith("erts-")) ?? "";
  return { server: join(home, "sbin/rabbitmq-server"), epmd: join(erlangRoot, epmd, "bin/epmd"), env };
}
