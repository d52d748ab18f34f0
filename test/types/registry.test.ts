/** The registries of events and actions, checked by the compiler itself. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "@jest/globals";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HERE = join(ROOT, "test/types");
const CASES = "registry.cases.ts";
const scratch = makeScratch();
afterAll(() => rmSync(scratch, { recursive: true }));

/** Inside the repository, so that packages are found. */
function makeScratch(): string {
  mkdirSync(join(ROOT, ".data"), { recursive: true });
  return mkdtempSync(join(ROOT, ".data/types-"));
}

/** @returns the compiler's output, empty when all is well */
function compile(folder: string): string {
  try {
    return execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["--noEmit", "--pretty", "false", "-p", folder], {
      encoding: "utf8",
      cwd: ROOT,
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe("a wrong event, payload, action or param", () => {
  it("does not compile, and all else does", () => {
    expect(compile(HERE)).toBe("");
  });

  it("fails for the reason that is named", () => {
    const source = readFileSync(join(HERE, CASES), "utf8");
    const expected = source.split("\n").flatMap((line, index) => {
      const code = /@ts-expect-error (TS\d+)/.exec(line)?.[1];
      return code ? [`${index + 2} ${code}`] : [];
    });
    for (const name of [CASES, "probe.ts"]) {
      const text = readFileSync(join(HERE, name), "utf8");
      writeFileSync(join(scratch, name), text.replaceAll("@ts-expect-error", "expected:"));
    }
    const config = { extends: join(ROOT, "tsconfig.json"), include: ["./*.cases.ts"], exclude: [] };
    writeFileSync(join(scratch, "tsconfig.json"), JSON.stringify(config));
    const found = [...compile(scratch).matchAll(/cases\.ts\((\d+),\d+\): error (TS\d+)/g)].map(
      (match) => `${match[1]} ${match[2]}`,
    );
    expect(expected.length).toBeGreaterThan(10);
    expect(found).toEqual(expected);
  });
});
