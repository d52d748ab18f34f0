/** Makes a domain out of the template. */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "./say.ts";

export interface DomainNames {
  /** Folder, service, queue, database and path: `parcels`. */
  plural: string;
  /** What it is about, as in the names of its events: `parcel`. */
  singular: string;
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Pure: the template's words in the new ones. */
export const renamed = (text: string, { plural, singular }: DomainNames): string =>
  text
    .replaceAll("things", plural)
    .replaceAll("Things", capital(plural))
    .replaceAll("THINGS", plural.toUpperCase())
    .replaceAll("thing", singular)
    .replaceAll("Thing", capital(singular));

/** Pure: `services/contracts.ts` with one more. */
export function withContract(source: string, { plural }: DomainNames): string {
  const list = "export const contracts: readonly Contract[] = [\n";
  const line = `import { ${plural} } from "./${plural}/contract.ts";\n`;
  return source.replace(/\nexport const contracts/, `${line}$&`).replace(list, `${list}  ${plural},\n`);
}

/** Pure: `docker-compose.yml` with one more in the node of the domains. */
export const withContainer = (source: string, { plural }: DomainNames): string =>
  source.replace(/(SERVICES: "iam,[a-z,]+)"/, `$1,${plural}"`);

/** @throws StartError for a name that can't be one, or is taken */
export function addDomain(root: string, domain: DomainNames): void {
  const { plural, singular } = domain;
  for (const name of [plural, singular])
    if (!/^[a-z]{3,30}$/.test(name))
      throw new StartError(`${name || "Nothing"} is no name of a domain`, "npm run new:domain -- parcels [parcel]");
  if (plural === singular)
    throw new StartError(`${plural} names both many and one`, `npm run new:domain -- ${plural} <the word for one>`);
  const folder = join(root, "services", plural);
  if (existsSync(folder)) throw new StartError(`services/${plural} is there already`, "take another name");
  cpSync(join(root, "scripts/domain-template"), folder, { recursive: true });
  renameSync(join(folder, "things.service.ts"), join(folder, `${plural}.service.ts`));
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  for (const name of files) change(join(folder, name), (text) => renamed(text, domain));
  change(join(root, "services/contracts.ts"), (text) => withContract(text, domain));
  change(join(root, "docker-compose.yml"), (text) => withContainer(text, domain));
}

function change(file: string, edit: (text: string) => string): void {
  writeFileSync(file, edit(readFileSync(file, "utf8")));
}

export const nextSteps = ({ plural, singular }: DomainNames): string => `services/${plural} works. Now:
  1. Change contract.ts, states.ts and model.ts into what ${plural} shall be; the rest follows the types.
  2. npm run docs && npm run contracts:release   references, docs/domains/${plural}.md, frozen schemas of its events
  3. A row per route in test/e2e/authorization.test.ts, to begin with:
       "${plural}.create": { gets: "401 ok 404 ok ok 404 ok ok", asks: ({ buildingId }) => ({ buildingId, title: "One" }) },
       "${plural}.list": { gets: SELF },
       "${plural}.get": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(${singular}) },
       "${plural}.finish": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(${singular}) },
  4. npm run check && npm test`;
