/** What `docker-compose.yml` gives the nodes whose memory a backlog would fill. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const compose = readFileSync(fileURLToPath(new URL("../../docker-compose.yml", import.meta.url)), "utf8");

/** NODE_OPTIONS of a node of the file. @throws Error when it has none */
export function nodeOptionsOf(node: "relay" | "reactions"): string {
  const found = new RegExp(`^  ${node}:\\n(?:(?:    .*)?\\n)*?      NODE_OPTIONS: (.+)$`, "m").exec(compose);
  if (!found?.[1]) throw new Error(`docker-compose.yml gives ${node} no NODE_OPTIONS.`);
  return found[1];
}
