/** What `docker-compose.yml` gives the nodes whose memory a backlog would fill. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const compose = readFileSync(fileURLToPath(new URL("../../docker-compose.yml", import.meta.url)), "utf8");

/** What bounds the memory of a node of the file: NODE_OPTIONS, MALLOC_*. @throws Error when nothing does */
export function memoryOf(node: "relay" | "reactions"): Record<string, string> {
  const [, block = ""] = new RegExp(`^  ${node}:\\n((?:    .*\\n)*)`, "m").exec(compose) ?? [];
  const found = [...block.matchAll(/^ {6}(NODE_OPTIONS|MALLOC_\w+): (.+)$/gm)].map(([, name, value]) => [name, value]);
  if (found.length === 0) throw new Error(`docker-compose.yml does not bound the memory of ${node}.`);
  return Object.fromEntries(found);
}
