/**
 * `npm run new:domain -- parcels [parcel]`: a domain that works at once, to be changed into what it shall be. It copies
 * scripts/domain-template with the new names, and enters the domain in services/contracts.ts and docker-compose.yml.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { addDomain, nextSteps } from "./lib/new-domain.ts";
import { run } from "./lib/say.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

run(async () => {
  const [plural = "", singular = plural.replace(/s$/, "")] = process.argv.slice(2);
  addDomain(root, { plural, singular });
  const touched = [`services/${plural}`, "services/contracts.ts"];
  execFileSync("node_modules/.bin/biome", ["check", "--write", ...touched], { cwd: root, stdio: "pipe" });
  console.log(nextSteps({ plural, singular }));
});
