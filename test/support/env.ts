/** Servers of the tests: started by `npm test` (or `npm run test:servers`), told by environment or .data/test/run.json. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

export interface TestServers {
  mongoUrl: string;
  /** With user and password, without a vhost. */
  amqpUrl: string;
  managementUrl: string;
}

const RUN_FILE = new URL("../../.data/test/run.json", import.meta.url);

/** @throws Error with the remedy when no servers run */
export function testServers(): TestServers {
  const { TEST_MONGO_URL, TEST_AMQP_URL, TEST_MANAGEMENT_URL } = process.env;
  if (TEST_MONGO_URL && TEST_AMQP_URL && TEST_MANAGEMENT_URL) {
    return { mongoUrl: TEST_MONGO_URL, amqpUrl: TEST_AMQP_URL, managementUrl: TEST_MANAGEMENT_URL };
  }
  try {
    return JSON.parse(readFileSync(RUN_FILE, "utf8")) as TestServers;
  } catch {
    throw new Error("No test servers: run `npm test`, or keep some with `npm run test:servers`.");
  }
}

/** A database prefix that no other test uses. */
export const uniquePrefix = (): string => `t${Date.now().toString(36)}${randomBytes(3).toString("hex")}`;

/** A fresh vhost; `dispose` deletes it with everything in it. */
export async function createVhost(
  servers = testServers(),
): Promise<{ name: string; amqpUrl: string; dispose: () => Promise<void> }> {
  const name = uniquePrefix();
  await management("PUT", `/api/vhosts/${name}`, undefined, servers).catch((error: Error) => {
    if (!/: 500 .*timeout/.test(error.message)) throw error;
    return vhostRuns(name, servers);
  });
  const url = new URL(servers.amqpUrl);
  const all = { configure: ".*", write: ".*", read: ".*" };
  await management("PUT", `/api/permissions/${name}/${url.username}`, all, servers);
  url.pathname = `/${name}`;
  const dispose = async (): Promise<void> =>
    void (await management("DELETE", `/api/vhosts/${name}`, undefined, servers));
  return { name, amqpUrl: url.href, dispose };
}

/** RabbitMQ answers 500 to the creation when a busy machine takes more than 10 s for it, and goes on with it. */
const vhostRuns = (name: string, servers: TestServers): Promise<boolean> =>
  waitFor(
    async () => {
      const vhost = (await management("GET", `/api/vhosts/${name}`, undefined, servers)) as {
        cluster_state: Record<string, string>;
      };
      return Object.values(vhost.cluster_state).every((state) => state === "running");
    },
    { deadlineMs: 60_000, message: `vhost ${name} runs on every node` },
  );

/** RabbitMQ's management API. @returns the parsed answer, or undefined where it has none */
export async function management(
  method: string,
  path: string,
  body?: object,
  { amqpUrl, managementUrl }: TestServers = testServers(),
): Promise<unknown> {
  const { username, password } = new URL(amqpUrl);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const response = await fetch(new URL(path, managementUrl), {
    method,
    headers: { authorization, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  const text = await response.text();
  return text ? JSON.parse(text) : undefined;
}

export interface WaitOptions {
  /** Default 30,000: ends a test that fails, and is no promise; a machine may be slow. */
  deadlineMs?: number;
  /** What was awaited: shown when it did not come. */
  message: string | (() => string);
}

/** Polls until `condition` gives something truthy; rejects with the message at the deadline. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { deadlineMs = 30_000, message }: WaitOptions,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (performance.now() > deadline)
      throw new Error(`Waited ${deadlineMs} ms in vain: ${typeof message === "string" ? message : message()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * For a promise in time: a machine that stands still for a moment holds up one of three attempts, not all of them.
 * @param attempt gives the milliseconds that it took
 * @returns those of the first attempt that kept within the limit, else of the last
 */
export async function bestOfThree(limitMs: number, attempt: (index: number) => Promise<number>): Promise<number> {
  for (let index = 0; ; index++) {
    const tookMs = await attempt(index);
    if (tookMs <= limitMs || index === 2) return tookMs;
  }
}
