/** Documents that repeat what the code says stay equal to it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { readEnv, SettingsError } from "../../mixins/kit/env.ts";
import { compileCheck } from "../../mixins/kit/schema.ts";
import { stateDiagram, stateMachine } from "../../mixins/kit/states.ts";
import { metricsPage } from "../../mixins/metrics/page.ts";
import { domainPages, sampleParams } from "../../scripts/lib/domain-page.ts";
import { contracts } from "../../services/contracts.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

function sources(): string[] {
  return ["mixins", "services"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => read(join(folder, name))),
  );
}

/** Code -> status of every error class; the status may come from the base class. */
function errorClasses(): Map<string, string> {
  const found = sources().flatMap((source) =>
    [...source.matchAll(/class (\w+) extends (\w+) \{\n((?: {2}.*\n|\n)*?)\}/g)].map(([, name, base, body]) => ({
      name: name as string,
      base: base as string,
      code: /readonly code(?:: string)? = "(\w+)"/.exec(body as string)?.[1],
      status: /readonly status = (\d+)/.exec(body as string)?.[1],
    })),
  );
  const byName = new Map(found.map((one) => [one.name, one]));
  const statusOf = (name: string): string => {
    const one = byName.get(name);
    return one ? (one.status ?? statusOf(one.base)) : "";
  };
  return new Map(found.flatMap(({ name, code }) => (code ? [[code, statusOf(name)]] : [])));
}

describe("docs/errors.md", () => {
  const rows = new Map(
    [...read("docs/errors.md").matchAll(/^\| ([A-Z_]+) \| (\d*) ?\|/gm)].map(([, code, status]) => [
      code as string,
      status as string,
    ]),
  );

  it("has every code of the code with its status, and no other", () => {
    const known = errorClasses();
    // Made where errors that nobody threw for callers are translated.
    known.set("INTERNAL_ERROR", "500");
    expect(known.size).toBeGreaterThan(40);
    expect(Object.fromEntries([...rows].sort())).toEqual(Object.fromEntries([...known].sort()));
  });
});

describe("docs/metrics.md", () => {
  it("is what the table of the code makes it", () => expect(read("docs/metrics.md")).toBe(metricsPage()));
});

describe("docs/domains", () => {
  const pages = domainPages(contracts);

  it("has a page of every domain, as its contract makes it, and no other", () => {
    expect(readdirSync(join(ROOT, "docs/domains")).sort()).toEqual([...pages.keys()].sort());
    for (const [name, text] of pages) expect([name, read(`docs/domains/${name}`)]).toEqual([name, text]);
  });

  it("shows calls whose parameters the actions take", () => {
    const wrong = contracts.flatMap(({ service, actions }) =>
      Object.entries(actions).flatMap(([name, def]) =>
        compileCheck(def.params)(sampleParams(def)).map(({ path, message }) => `${service}.${name}${path} ${message}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it("draws what the table says: how it begins, each step, where it ends", () => {
    const machine = stateMachine(["open"], { open: ["done", "gone"], done: ["open"], gone: [] });
    expect(stateDiagram(machine).split("\n")).toEqual([
      "stateDiagram-v2",
      ...["[*] --> open", "open --> done", "open --> gone", "done --> open", "gone --> [*]"].map(
        (line) => `    ${line}`,
      ),
    ]);
  });

  it("of each domain whose contract names states, every state is reached and none is unknown", () => {
    const machines = contracts.flatMap(({ states = {} }) => Object.entries(states));
    expect(machines.length).toBeGreaterThan(4);
    for (const [name, { initial, steps }] of machines) {
      const reached = new Set<string>(initial);
      for (const state of reached) for (const next of steps[state] ?? []) reached.add(next);
      expect([name, [...reached].sort()]).toEqual([name, Object.keys(steps).sort()]);
    }
  });
});

describe(".env.example", () => {
  const example = read(".env.example");
  const names = [...example.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1] as string);

  it("names every setting, and no other", () => {
    // Of the supervisor, not of a node.
    const others = ["RABBITMQ_MANAGEMENT_URL"];
    expect(names.filter((name) => !others.includes(name)).sort()).toEqual(Object.keys(readEnv({})).sort());
  });

  it("shows the defaults", () => {
    const defaults = readEnv({}) as unknown as Record<string, unknown>;
    const shown = [...example.matchAll(/^([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
    expect(shown.length).toBeGreaterThan(15);
    for (const [name, value] of shown) expect([name, value]).toEqual([name, String(defaults[name as string])]);
  });

  it("is itself a valid configuration; a wrong one is named", () => {
    const settings = Object.fromEntries([...example.matchAll(/^([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, n, v]) => [n, v]));
    expect(() => readEnv(settings)).not.toThrow();
    expect(() => readEnv({ ...settings, PORT: "70000" })).toThrow(SettingsError);
  });
});
