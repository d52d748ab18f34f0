/** Who may import whom (architecture.md §3). */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Import {
  from: string;
  to: string;
}

/** `import ... from "x"`, `export ... from "x"`, `import("x")`, `import "x"`; also type-only ones. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)["'](\.{1,2}\/[^"']+)["']/g;

function importsOf(from: string, source: string): Import[] {
  return [...source.matchAll(SPECIFIER)].map((match) => ({
    from,
    to: relative(ROOT, resolve(ROOT, dirname(from), match[1] as string)),
  }));
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

const imports = ["services", "mixins", "repl"]
  .flatMap(sourcesIn)
  .flatMap((file) => importsOf(file, readFileSync(join(ROOT, file), "utf8")));

/** `tickets` of `services/tickets/actions/create.ts`; undefined outside of any domain (`services/contracts.ts`). */
const domainOf = (file: string): string | undefined => /^services\/([^/]+)\//.exec(file)?.[1];
/** Pure data that a contract is made of. */
const isPartOfContract = (file: string): boolean => /^services\/[^/]+\/(schemas|states|topics)\.ts$/.test(file);
const isContract = (file: string): boolean => /^services\/[^/]+\/contract\.ts$/.test(file);

/** Imports of another domain's inside. */
const crossDomain = (all: readonly Import[]): Import[] =>
  all.filter(({ from, to }) => domainOf(to) !== undefined && domainOf(from) !== domainOf(to) && !isContract(to));

/** A circle of domains that import each other's contracts, as text; undefined: none. */
function circleOf(all: readonly Import[]): string | undefined {
  const edges = new Map<string, Set<string>>();
  for (const { from, to } of all) {
    const [a, b] = [domainOf(from), domainOf(to)];
    if (a && b && a !== b) edges.set(a, (edges.get(a) ?? new Set()).add(b));
  }
  const walk = (domain: string, path: readonly string[]): string | undefined => {
    if (path.includes(domain)) return [...path.slice(path.indexOf(domain)), domain].join(" -> ");
    for (const next of edges.get(domain) ?? []) {
      const found = walk(next, [...path, domain]);
      if (found) return found;
    }
    return undefined;
  };
  for (const domain of edges.keys()) {
    const found = walk(domain, []);
    if (found) return found;
  }
  return undefined;
}

const told = (found: readonly Import[]): string[] => found.map(({ from, to }) => `${from} imports ${to}`);

describe("imports", () => {
  it("other folders import only a domain's contract.ts", () => {
    expect(told(crossDomain(imports))).toEqual([]);
  });

  it("mixins never import from services", () => {
    expect(told(imports.filter(({ from, to }) => from.startsWith("mixins/") && to.startsWith("services/")))).toEqual(
      [],
    );
  });

  it("mixins/kit, what everything stands on, imports no mixin that stands on it", () => {
    const upward = imports.filter(
      ({ from, to }) => from.startsWith("mixins/kit/") && /^mixins\/(consumer|retry|domain\.ts|backbone\.ts)/.test(to),
    );
    expect(told(upward)).toEqual([]);
  });

  it("domains form no circle", () => {
    expect(circleOf(imports)).toBeUndefined();
  });

  it("a contract, and what it is made of, imports the kit, shared schemas and other contracts, nothing that runs", () => {
    const isData = ({ from, to }: Import): boolean =>
      isContract(to) ||
      /^mixins\/(kit|(outbox|retry)\/questions\.ts)/.test(to) ||
      (isPartOfContract(to) && domainOf(from) === domainOf(to));
    const running = imports.filter((one) => (isContract(one.from) || isPartOfContract(one.from)) && !isData(one));
    expect(told(running)).toEqual([]);
  });

  it("no source imports a test, a benchmark or a script", () => {
    expect(told(imports.filter(({ to }) => /^(test|bench|faults|scripts)\//.test(to)))).toEqual([]);
  });

  it("every relative import names a file that exists, with its extension", () => {
    const files = new Set(["services", "mixins", "repl"].flatMap(sourcesIn));
    const lost = imports.filter(({ to }) => /^(services|mixins|repl)\//.test(to) && !files.has(to));
    expect(told(lost)).toEqual([]);
  });
});

describe("the check itself", () => {
  it("finds all kinds of imports", () => {
    const source =
      'import a from "../x.ts";\nimport type { B } from "./b.ts";\nexport * from "./c.ts";\nawait import("./d.ts");\nimport "./e.ts";\nimport z from "zod";';
    expect(importsOf("services/a/model.ts", source).map(({ to }) => to)).toEqual([
      "services/x.ts",
      "services/a/b.ts",
      "services/a/c.ts",
      "services/a/d.ts",
      "services/a/e.ts",
    ]);
  });

  it("sees a foreign inside and a circle", () => {
    const inside = importsOf("services/search/model.ts", 'import { x } from "../tickets/model.ts";');
    expect(told(crossDomain(inside))).toEqual(["services/search/model.ts imports services/tickets/model.ts"]);
    const circle = [
      ...importsOf("services/a/x.ts", 'import "../b/contract.ts";'),
      ...importsOf("services/b/x.ts", 'import "../a/contract.ts";'),
    ];
    expect(crossDomain(circle)).toEqual([]);
    expect(circleOf(circle)).toBe("a -> b -> a");
  });
});
