/** `npm run test:servers`: keeps a mongod and a RabbitMQ for tests until Ctrl-C; `npm test` then uses them. */
import { run, say } from "./lib/say.ts";
import { startTestServers } from "./lib/test-servers.ts";

run(async () => {
  const servers = await startTestServers();
  say("test servers run; Ctrl-C stops them");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve());
  });
  await servers.stop();
  process.exit(0);
});
