/** The product under fuzz and its servers: those that the environment names, those kept, or fresh ones. */
import { startTestServers } from "../scripts/lib/test-servers.ts";
import type { World } from "../test/support/cluster.ts";
import type { ForgetTries } from "./callers.ts";

export interface FuzzServers {
  open: () => Promise<{ world: World; url: string; forgetTries: ForgetTries }>;
  /** Ends what was opened, also in the middle of it, and deletes its data. */
  clear: () => Promise<void>;
}

export function fuzzServers(): FuzzServers {
  const servers = process.env.TEST_MONGO_URL ? undefined : startTestServers();
  const opening = openOn(servers);
  const clear = async (): Promise<void> => {
    await opening.then(({ world }) => world.dispose()).catch(() => {});
    await servers?.then(({ stop }) => stop()).catch(() => {});
  };
  return { open: () => opening, clear };
}

async function openOn(servers: ReturnType<typeof startTestServers> | undefined) {
  const started = await servers;
  if (started) {
    process.env.TEST_MONGO_URL = started.mongoUrl;
    process.env.TEST_AMQP_URL = started.amqpUrl;
    process.env.TEST_MANAGEMENT_URL = started.managementUrl;
  }
  process.env.TEST_LOG_LEVEL ??= "fatal";
  // Not before the environment is set: they read it.
  const { openProduct } = await import("./product.ts");
  return openProduct();
}
