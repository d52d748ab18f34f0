/** A node of the cluster as a process of its own: what a container runs. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/lib/ports.ts";
import type { World } from "./cluster.ts";
import { testServers, waitFor } from "./env.ts";
import { ADMIN, allServices, Rest } from "./product.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface NodeProcess {
  child: ChildProcess;
  rest: Rest;
  /** Everything printed so far. */
  logs: () => string;
  /** Resolves when the gateway says that all is there. */
  ready: () => Promise<void>;
  /** @returns the exit code, or null after a signal */
  exited: Promise<number | null>;
  /** SIGTERM, and waits. */
  stop: () => Promise<void>;
}

/** In the world's vhost and databases; `env` wins. `root`: another copy of this repository. `flags`: Node's own. */
export async function startNode(
  world: World,
  env: Record<string, string> = {},
  { root = ROOT, flags = ["--disable-warning=ExperimentalWarning"] }: { root?: string; flags?: readonly string[] } = {},
): Promise<NodeProcess> {
  // Anywhere: test files side by side would else find the same free one.
  const port = await freePort(20_000 + Math.floor(Math.random() * 10_000));
  const settings = {
    NODE_ENV: "production",
    SERVICES: allServices.join(","),
    NODE_ID: `${world.env.DB_PREFIX}-process`,
    DB_PREFIX: world.env.DB_PREFIX,
    MONGO_URL: testServers().mongoUrl,
    AMQP_URL: world.env.AMQP_URL,
    TRANSPORTER_URL: world.env.AMQP_URL,
    ADMIN_PASSWORD: ADMIN.password,
    RATE_LIMIT_PER_MINUTE: "0",
    PORT: String(port),
    METRICS_PORT: String(await freePort(port + 1_000)),
    ...env,
  };
  const child = spawn(process.execPath, [...flags, "deploy/node.mjs"], {
    cwd: root,
    env: { PATH: process.env.PATH, ...settings } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const rest = new Rest(`http://127.0.0.1:${port}`);
  const isUp = () =>
    fetch(`${rest.url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  return {
    child,
    rest,
    exited,
    logs: () => text,
    ready: async () => {
      await waitFor(isUp, { deadlineMs: 60_000, message: "a ready node" }).catch((error: Error) => {
        throw new Error(`${error.message}\n${text}`);
      });
    },
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
