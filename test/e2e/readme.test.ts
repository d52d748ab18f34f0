/** README's tour, word by word, in a shell. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../support/cluster.ts";
import { ADMIN, type Rest, startProduct } from "../support/product.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const packageJson = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const blocks = [...readme.matchAll(/^```bash tour\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);

describe("README", () => {
  let world: World;
  let rest: Rest;
  beforeAll(async () => {
    world = await createWorld();
    ({ rest } = await startProduct(world));
  });
  afterAll(() => world.dispose());

  it("its tour does what it says", async () => {
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    const script = `set -euo pipefail\n${blocks.map((block) => `${block}\nprintf '\\n--\\n'`).join("\n")}`;
    const env = { PATH: process.env.PATH, API: `${rest.url}/api/v1`, ADMIN_PASSWORD: ADMIN.password };
    const { stdout } = await promisify(execFile)("bash", ["-c", script], { env: env as NodeJS.ProcessEnv });
    const [, registered, moved, effects, biography, keyed, feed, booked, answered] = stdout.split("\n--\n") as string[];
    expect(registered).toContain('"emailVerified":true');
    expect(moved).toContain('"status":"verified"');
    for (const found of ["Leaking tap", '"type":"ticket"', '"task":"triage"']) expect(effects).toContain(found);
    expect(JSON.parse(biography as string)).toMatchObject({
      eventType: "ticket.created",
      consumers: expect.anything(),
    });
    expect(keyed).toContain("in_progress\nin_progress");
    expect(keyed).toContain('"legal":["deferred","resolved"');
    expect(feed).toContain('"commentCount":1');
    for (const found of ["BEGIN:VCALENDAR", '"status":409']) expect(booked).toContain(found);
    for (const found of ["The lift key is with the caretaker", '"quietHours"', "'booking'"])
      expect(answered).toContain(found);
  });

  it("names commands and files that exist", () => {
    const scripts = [...readme.matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1] as string);
    for (const script of scripts) expect(Object.keys(packageJson.scripts)).toContain(script);
    const links = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map((match) => match[1] as string);
    for (const link of links) expect(existsSync(new URL(`../../${link}`, import.meta.url))).toBe(true);
  });
});
