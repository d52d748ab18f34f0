/** Loads every service once, so that the compile cache of the image (NODE_COMPILE_CACHE) holds them ready to run. */
import { readdirSync } from "node:fs";

for (const entry of readdirSync("services", { withFileTypes: true }))
  if (entry.isDirectory()) await import(`../services/${entry.name}/${entry.name}.service.ts`);
await import("../mixins/broker-options.ts");
process.exit(0);
