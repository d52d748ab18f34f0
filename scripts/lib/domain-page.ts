/** `docs/domains/<domain>.md`: what a domain owns, its states, events, routes and REPL calls, from its contract. Pure. */
import type { TObject } from "typebox";
import { deadLetterQueueOf, queueOf } from "../../mixins/amqp/names.ts";
import type { Access, ActionDef, Contract } from "../../mixins/kit/contracts.ts";
import { stateDiagram } from "../../mixins/kit/states.ts";
import { catalogue } from "../../services/gateway/asyncapi.ts";
import { exampleOf } from "../../services/gateway/example.ts";
import { plainSchema } from "../../services/gateway/json-schema.ts";
import { API_PREFIX, routesOf } from "../../services/gateway/routes.ts";

const WHO: Readonly<Record<Access, string>> = {
  public: "anybody",
  user: "signed in",
  staff: "staff",
  manager: "managers",
  admin: "administrators",
  internal: "services",
};
const MADE = "<!-- Made by `npm run docs` from the contracts; a test keeps it equal. -->";

type Contracts = readonly Contract[];

/** File name -> text. */
export function domainPages(contracts: Contracts): Map<string, string> {
  const pages = contracts.map((contract) => [`${contract.service}.md`, page(contract, contracts)] as const);
  return new Map([["README.md", index(contracts)], ...pages]);
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const code = (text: string): string => `\`${text}\``;
const section = (title: string, body: string): string[] => (body === "" ? [] : [`## ${title}`, body]);
const names = (words: readonly string[]): string => (words.length > 0 ? words.map(code).join(", ") : "-");

function index(contracts: Contracts): string {
  const rows = contracts.map(({ service, summary, events, consumes, states = {} }) => [
    `[${service}](${service}.md)`,
    summary,
    String(Object.keys(events).length),
    String(consumes.length),
    Object.keys(states).join(", ") || "-",
  ]);
  return [
    MADE,
    "# Domains",
    "Each is a folder below `services/`; its `contract.ts` is all that the others know of it.",
    table(["Domain", "What it is for", "Events", "Bindings", "States of"], rows),
    "The REPL calls on the pages are for `npm run repl`. What needs to know who asks takes the actor as a second argument:",
    `\`\`\`\nresidents $ call tickets.list '{}' '{"actor":{"userId":"${exampleId}","sessionId":"repl","roles":[{"role":"admin","buildingId":null}],"memberships":[]}}'\n\`\`\``,
    "",
  ].join("\n\n");
}

const exampleId = exampleOf({ type: "string", format: "uuid" }) as string;

function page(contract: Contract, contracts: Contracts): string {
  const { service, summary } = contract;
  return [
    MADE,
    `# ${service}`,
    summary,
    ...section("What it owns", owned(contract)),
    ...section("States", states(contract)),
    ...section("Events that it publishes", published(contract, contracts)),
    ...section("Events that it handles", handled(contract, contracts)),
    ...section(`REST, below \`${API_PREFIX}\``, rest(contract)),
    ...section("From the REPL", calls(contract)),
    "",
  ].join("\n\n");
}

function owned({ service, consumes, events }: Contract): string {
  const queue = `the queue \`${queueOf(service)}\`, with its dead letters in \`${deadLetterQueueOf(service)}\``;
  const about = Object.keys(events).length > 0 ? ", and its events, which nobody else may publish" : "";
  return `The database \`{DB_PREFIX}_${service}\`${consumes.length > 0 ? `, ${queue}` : ""}${about}.`;
}

const states = (contract: Contract): string =>
  Object.entries(contract.states ?? {})
    .map(([name, machine]) => `Of ${name}:\n\n\`\`\`mermaid\n${stateDiagram(machine)}\n\`\`\``)
    .join("\n\n");

function published({ service }: Contract, contracts: Contracts): string {
  const own = catalogue(contracts).filter(({ owner }) => owner === service);
  if (own.length === 0) return "";
  const rows = own.map(({ type, def, consumers }) => [
    code(type),
    def.current,
    names(Object.keys((def.versions[def.current] as { schema: TObject }).schema.properties)),
    consumers.filter((name) => name !== "analytics").join(", ") || "-",
  ]);
  return `${table(["Event", "Version", "Fields", "Who listens"], rows)}\n\nThe event log of analytics keeps all of them. Schemas: [contracts](../contracts), [AsyncAPI](../asyncapi.json).`;
}

function handled({ service, consumes }: Contract, contracts: Contracts): string {
  if (consumes.length === 0) return "";
  const heard = catalogue(contracts).filter(({ consumers }) => consumers.includes(service));
  const missing = consumes.filter((pattern) => !/[*#]/.test(pattern) && !heard.some(({ type }) => type === pattern));
  const later = missing.length > 0 ? `\n\nBound for owners that are still to come: ${names(missing)}.` : "";
  const bindings = `Bindings of \`${queueOf(service)}\`: ${names(consumes)}.`;
  return `${bindings}\n\n${table(
    ["Event", "From"],
    heard.map(({ type, owner }) => [code(type), `[${owner}](${owner}.md)`]),
  )}${later}`;
}

function rest(contract: Contract): string {
  const routes = routesOf([contract]);
  if (routes.length === 0) return "";
  return table(
    ["Route", "Who", "What it does", "Action"],
    routes.map(({ method, path, def, action }) => [
      code(`${method} ${path}`),
      WHO[def.access],
      def.summary,
      code(action),
    ]),
  );
}

/** Params that an action takes as they are: its required fields, with examples. */
export function sampleParams({ params }: ActionDef): object {
  const { required = [] } = params as { required?: readonly string[] };
  return Object.fromEntries(required.map((name) => [name, exampleOf(plainSchema(params.properties[name] as object))]));
}

function calls({ service, actions }: Contract): string {
  const lines = Object.entries(actions).map(([name, def]) => {
    const sample = sampleParams(def);
    const params = Object.keys(sample).length > 0 ? ` '${JSON.stringify(sample)}'` : "";
    return `residents $ call ${service}.${name}${params}`;
  });
  return lines.length === 0 ? "" : `\`\`\`\n${lines.join("\n")}\n\`\`\``;
}
