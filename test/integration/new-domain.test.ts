/** Adding a domain is one command: run in a copy of this repository, what comes out compiles, starts, and its events travel. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../mixins/kit/ids.ts";
import { renamed, withContainer, withContract } from "../../scripts/lib/new-domain.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { type NodeProcess, startNode } from "../support/node-process.ts";
import { allServices } from "../support/product.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COPIED = ["mixins", "services", "scripts", "deploy", "repl", "docs", "test/support"];
const FILES = ["package.json", "tsconfig.json", "biome.json", "moleculer.config.ts", "docker-compose.yml"];
const names = { plural: "parcels", singular: "parcel" };

/** Standard output; a failure's is thrown. */
function sh(cwd: string, command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${stdout}\n${stderr}`);
  }
}
const node = (cwd: string, script: string, ...args: string[]) => sh(cwd, process.execPath, script, ...args);

describe("npm run new:domain", () => {
  const copy = mkdtempSync(join(tmpdir(), "new-domain-"));
  let said = "";
  beforeAll(() => {
    for (const name of [...COPIED, ...FILES]) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    said = node(copy, "scripts/new-domain.ts", "parcels");
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  it("writes contract, states, model, actions, handler and service under the new name, and says what is left", () => {
    for (const name of ["contract.ts", "states.ts", "model.ts", "actions/create.ts", "handlers/on-user-deleted.ts"])
      expect(existsSync(join(copy, "services/parcels", name))).toBe(true);
    const sources = readdirSync(join(copy, "services/parcels"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => [name, readFileSync(join(copy, "services/parcels", name), "utf8")] as const);
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter(([name, text]) => /thing/i.test(name + text)).map(([name]) => name)).toEqual([]);
    expect(readFileSync(join(copy, "docker-compose.yml"), "utf8")).toMatch(/SERVICES: "iam,[a-z,]*parcels"/);
    expect(said).toContain('"parcels.create": {');
  });

  it("leaves a repository whose types and lint are clean, and whose references name the domain", () => {
    const config = { extends: "./tsconfig.json", include: ["services/parcels/**/*.ts", "services/contracts.ts"] };
    writeFileSync(join(copy, "tsconfig.parcels.json"), JSON.stringify(config));
    expect(sh(copy, "node_modules/.bin/tsc", "--noEmit", "--pretty", "false", "-p", "tsconfig.parcels.json")).toBe("");
    sh(copy, "node_modules/.bin/biome", "check", "services");
    node(copy, "scripts/generate-docs.ts");
    const page = readFileSync(join(copy, "docs/domains/parcels.md"), "utf8");
    expect(page).toContain("open --> done");
    expect(page).toContain("`POST /parcels/{id}/finish`");
    expect(readFileSync(join(copy, "docs/asyncapi.json"), "utf8")).toContain('"parcel.status_changed"');
  }, 120_000);

  it("refuses what is no name, is taken, or is the same for one and many", () => {
    for (const [args, reason] of [
      [[], "Nothing is no name of a domain"],
      [["../evil"], "is no name of a domain"],
      [["Parcels"], "is no name of a domain"],
      [["tickets"], "services/tickets is there already"],
      [["fish"], "fish names both many and one"],
    ] as const)
      expect(() => node(copy, "scripts/new-domain.ts", ...args)).toThrow(reason);
  });

  describe("started", () => {
    let world: World;
    let process: NodeProcess;
    beforeAll(async () => {
      world = await createWorld();
      process = await startNode(world, { SERVICES: [...allServices, "parcels"].join(",") }, { root: copy });
      await process.ready();
    });
    afterAll(async () => {
      await process.stop();
      await world.dispose();
    });

    it("answers over REST, publishes its events and handles those of others", async () => {
      const { rest } = process;
      const admin = await rest.admin();
      const { buildingId, unitId, manager } = await rest.newBuilding(admin, "Lime");
      const ann = await rest.newPerson(admin, "Ann");
      await rest.moveIn(ann, manager, unitId);
      const made = await rest.ok(201, rest.as(ann).post("/parcels", { buildingId, title: "A box" }));
      const { id } = made.body;
      expect(made.headers.get("location")).toBe(`/api/v1/parcels/${id}`);
      expect((await rest.as(ann).post("/parcels", { buildingId: newId(), title: "A box" })).status).toBe(404);
      expect((await rest.as(ann).post("/parcels", { buildingId })).status).toBe(422);
      const [one, two] = await Promise.all([1, 2].map(() => rest.as(manager).post(`/parcels/${id}/finish`)));
      expect([one?.status, two?.status].sort()).toEqual([200, 409]);
      const events = await waitFor(
        async () => {
          const { items } = (await rest.as(admin).get("/ops/events?limit=100")).body;
          const types = items.flatMap((event: { aggregateId: string; eventType: string }) =>
            event.aggregateId === id ? [event.eventType] : [],
          );
          return types.length === 2 ? types : undefined;
        },
        { message: "the events of the parcel" },
      );
      expect(events.sort()).toEqual(["parcel.created", "parcel.status_changed"]);
      const own = await rest.ok(200, rest.as(ann).get("/users/me/export"));
      expect(own.body.services.parcels.parcels).toMatchObject([{ id, status: "done" }]);
      await rest.ok(204, rest.as(ann).delete("/users/me"));
      await waitFor(async () => (await rest.as(manager).get(`/parcels/${id}`)).body.ownerId === null, {
        message: "the parcel of a former resident",
      });
    });
  });
});

describe("the pieces", () => {
  it("rename in every spelling", () => {
    expect(renamed("things THINGS ThingDoc newThing thing.created", names)).toBe(
      "parcels PARCELS ParcelDoc newParcel parcel.created",
    );
  });

  it("enter the domain once in each list", () => {
    const contracts = readFileSync(join(ROOT, "services/contracts.ts"), "utf8");
    const more = withContract(contracts, names);
    expect(more.match(/\bparcels\b/g)).toHaveLength(3);
    expect(more.split("\n").length).toBe(contracts.split("\n").length + 2);
    const compose = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");
    expect(withContainer(compose, names).match(/parcels/g)).toHaveLength(1);
  });
});
