/** `npm run repl`: joins the running cluster as a node without services and opens the Moleculer REPL. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ServiceBroker } from "moleculer";
import { readEnv } from "../mixins/kit/env.ts";
import { openRepl } from "../repl/open.ts";
import { readRunFile } from "./lib/run-file.ts";
import { run, StartError } from "./lib/say.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

run(async () => {
  if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
  const settings = readEnv();
  const running = readRunFile(resolve(root, settings.DATA_DIR));
  if (!running && !process.env.MONGO_URL) {
    throw new StartError(
      "Nothing runs on this data directory",
      "npm start first, or set MONGO_URL and AMQP_URL of the cluster to join",
    );
  }
  if (running) {
    Object.assign(process.env, {
      MONGO_URL: running.mongoUrl,
      AMQP_URL: running.amqpUrl,
      TRANSPORTER_URL: running.transporterUrl,
    });
  }
  // Only now: the configuration reads the environment when it is loaded.
  Object.assign(process.env, {
    NODE_ID: `repl-${process.pid}`,
    LOG_LEVEL: process.env.LOG_LEVEL ?? "error",
    METRICS_PORT: "0",
    PORT: "0",
  });
  const { default: config } = await import("../moleculer.config.ts");
  const broker = new ServiceBroker(config as never);
  await broker.start();
  openRepl(broker, "residents $");
});
