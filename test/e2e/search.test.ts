/** Search by REST: what is found, by whom, in which order, in pages; and the rebuild of the index beside the live one. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { documentsOf, readIndex } from "../../services/search/generation.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { type Person, type Rest, startProduct } from "../support/product.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the API said
type Hit = any;

describe("search", () => {
  let world: World;
  let broker: ServiceBroker;
  let rest: Rest;
  let admin: Person;
  let home: Awaited<ReturnType<Rest["newBuilding"]>>;
  let away: typeof home;
  let ahead = 0;
  const people: Record<string, Person> = {};
  const ids: Record<string, string> = {};

  const post = async (name: string, by: Person, about: object) => {
    const sent = { buildingId: home.buildingId, title: name, ...about };
    ids[name] = (await rest.ok(201, rest.as(by).post("/posts", sent))).body.id;
  };
  const search = async (who: Person, query: string): Promise<Hit> =>
    (await rest.ok(200, rest.as(who).get(`/search?${query}`))).body;
  const titles = async (who: Person, query: string): Promise<string[]> =>
    (await search(who, query)).items.map(({ title }: Hit) => title).sort();
  const soon = <T>(condition: () => Promise<T>, message: string) => waitFor(condition, { message });

  beforeAll(async () => {
    world = await createWorld();
    ({ broker, rest } = await startProduct(world, { clock: () => new Date(Date.now() + ahead) }));
    admin = await rest.admin();
    [home, away] = [await rest.newBuilding(admin, "Lime"), await rest.newBuilding(admin, "Oak")];
    for (const name of ["ann", "bob", "stranger", "waiting", "staff"]) people[name] = await rest.newPerson(admin, name);
    const { ann, bob, stranger, waiting, staff } = people as Record<string, Person>;
    const second = await rest.ok(
      201,
      rest.as(home.manager).post(`/buildings/${home.buildingId}/units`, { name: "B2" }),
    );
    await rest.moveIn(ann as Person, home.manager, home.unitId);
    await rest.moveIn(bob as Person, home.manager, second.body.id);
    await rest.moveIn(stranger as Person, away.manager, away.unitId);
    await rest.ok(201, rest.as(waiting as Person).post("/residencies", { unitId: home.unitId, relation: "family" }));
    const role = { role: "staff", buildingId: home.buildingId };
    await rest.ok(200, rest.as(admin).post(`/users/${staff?.id}/roles`, role));
    people.staff = await rest.login(staff?.email as string, staff?.password as string);

    await soon(async () => (await rest.as(ann as Person).get("/posts")).status === 200, "the membership in community");
    const member = () =>
      rest.as(ann as Person).post("/posts", { title: "Lantern party", body: "Bring your lanterns to the courtyard." });
    ids["Lantern party"] = await soon(async () => {
      const { status, body } = await member();
      return status === 201 && body.id;
    }, "a member of the building");
    await post("For everybody", home.manager, {
      kind: "announcement",
      public: true,
      body: "The lantern festival is public.",
    });
    await post("For unit A1", home.manager, {
      kind: "announcement",
      audience: { type: "unit", unitIds: [home.unitId] },
      body: "Your lantern is broken.",
    });
    await post("For staff", home.manager, {
      kind: "announcement",
      audience: { type: "role", roles: ["staff"] },
      body: "Count the lanterns in the cellar.",
    });
    await post("Elsewhere", away.manager, {
      buildingId: away.buildingId,
      kind: "announcement",
      body: "A lantern in another building.",
    });
    const ticket = {
      unitId: home.unitId,
      category: "electrical",
      title: "Dark stairs",
      description: "The lantern at the stairs is out.",
    };
    ids["Dark stairs"] = (await rest.ok(201, rest.as(ann as Person).post("/tickets", ticket))).body.id;
    await soon(async () => (await titles(admin, "q=lantern")).length === 6, "all six documents");
  });
  afterAll(() => world.dispose());

  it.each([
    ["ann", ["Dark stairs", "For everybody", "For unit A1", "Lantern party"]],
    ["bob", ["For everybody", "Lantern party"]],
    ["staff", ["Dark stairs", "For everybody", "For staff", "Lantern party"]],
    ["manager", ["Dark stairs", "For everybody", "For staff", "For unit A1", "Lantern party"]],
    ["waiting", ["For everybody"]],
    ["stranger", ["Elsewhere"]],
  ])("%s finds %j, and not one more by any way of asking", async (name, wanted) => {
    const who = name === "manager" ? home.manager : (people[name] as Person);
    for (const q of ["lantern", "LANTERNS", "lant", "lantren", "lanterne"])
      expect([q, await titles(who, `q=${q}`)]).toEqual([q, wanted]);
    const elsewhere = name === "stranger" ? home.buildingId : away.buildingId;
    expect(await titles(who, `q=lantern&buildingId=${elsewhere}`)).toEqual([]);
  });

  it("all words are asked for; where no text has all of them, those with some are shown", async () => {
    expect(await titles(home.manager, "q=lantern+cellar")).toEqual(["For staff"]);
    expect(await titles(home.manager, "q=the+lantern+in+the+cellar")).toEqual(["For staff"]);
    expect(await titles(home.manager, "q=cellar+unicorn")).toEqual(["For staff"]);
    expect(await titles(home.manager, "q=unicorn")).toEqual([]);
  });

  it("shows snippets that mark what was found, in whatever form it was written", async () => {
    const { items } = await search(home.manager, "q=lantern+count");
    expect(items[0].snippet).toBe("<mark>Count</mark> the <mark>lanterns</mark> in the cellar.");
  });

  it("counts by type, status and building, and filters by them", async () => {
    const { facets } = await search(home.manager, "q=lantern");
    expect(facets).toEqual({
      type: [
        { value: "post", count: 4 },
        { value: "ticket", count: 1 },
      ],
      status: [
        { value: "visible", count: 4 },
        { value: "open", count: 1 },
      ],
      buildingId: [{ value: home.buildingId, count: 5 }],
    });
    expect(await titles(home.manager, "q=lantern&type=ticket")).toEqual(["Dark stairs"]);
    expect(await titles(home.manager, "q=lantern&status=open")).toEqual(["Dark stairs"]);
    const filtered = await search(home.manager, "q=lantern&type=ticket");
    expect(filtered.facets.type).toHaveLength(2);
  });

  it("comes in pages that leave nothing out and show nothing twice, while more arrives", async () => {
    const whole = (await search(home.manager, "q=lantern")).items.map(({ id }: Hit) => id);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: Hit = await search(home.manager, `q=lantern&limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items.map(({ id }: Hit) => id));
      cursor = page.nextCursor;
      if (seen.length === 2) {
        await post("Lantern lantern", home.manager, { body: "A newer lantern." });
        await soon(async () => (await titles(home.manager, "q=newer")).length === 1, "the newer one");
      }
    }
    expect(seen).toEqual(whole);
    expect((await rest.as(home.manager).get("/search?q=lantern&cursor=bm9uc2Vuc2U")).status).toBe(422);
  });

  it("comments of tickets and messages are in no index, whatever they say", async () => {
    const path = `/tickets/${ids["Dark stairs"]}/comments`;
    for (const visibility of ["internal", "public"])
      await rest.ok(201, rest.as(home.manager).post(path, { body: "Xylophone behind the wall", visibility }));
    await post("Afterwards", home.manager, { body: "Something to wait for." });
    await soon(async () => (await titles(home.manager, "q=afterwards")).length === 1, "what came later");
    for (const who of [home.manager, admin, people.ann as Person]) expect(await titles(who, "q=xylophone")).toEqual([]);
    const databases = await world.client.db("admin").admin().listDatabases({ nameOnly: true });
    const own = databases.databases.find(({ name }) => name === `${world.env.DB_PREFIX}_search`);
    const collections = await world.client.db(own?.name as string).collections();
    for (const collection of collections)
      expect(JSON.stringify(await collection.find().toArray())).not.toMatch(/xylophone/i);
  });

  it("is rebuilt from the event log while it is used: nothing is missing before, during or after, also what the log has lost", async () => {
    const db = broker.backbone.database("search");
    const all = async () => (await search(admin, "q=lantern&limit=100")).items.map(({ id }: Hit) => id).sort();
    const before = await all();
    // The log has lost one, and the live index another.
    const events = broker.backbone.database("analytics").collection("events");
    await events.deleteMany({ payload: { $regex: ids["For staff"] as string } });
    const live = documentsOf(db, (await readIndex(db)).live);
    await live.deleteOne({ refId: ids["For everybody"] as string });
    expect((await all()).length).toBe(before.length - 1);

    const started = await rest.as(admin).post("/ops/search/rebuild");
    expect(started).toMatchObject({ status: 202, body: { state: "running", phase: "log" } });
    expect(await rest.as(admin).post("/ops/search/rebuild")).toMatchObject({
      status: 409,
      body: { code: "REBUILD_RUNNING" },
    });
    await post("During", home.manager, { body: "A lantern that comes during the rebuild." });
    await soon(async () => (await titles(home.manager, "q=during")).length === 1, "what came during the rebuild");
    const step = { to: "in_progress" };
    await rest.ok(200, rest.as(home.manager).post(`/tickets/${ids["Dark stairs"]}/transitions`, step));
    await soon(async () => {
      expect((await all()).length).toBeGreaterThanOrEqual(before.length - 1);
      const { body } = await rest.as(admin).get("/ops/search/rebuild");
      if (body.phase === "merge") ahead = 11_000;
      return body.state === "idle";
    }, "the end of the rebuild");
    expect(await all()).toEqual([...before, ids.During].sort());
    expect((await search(home.manager, "q=stairs")).items[0].status).toBe("in_progress");
    expect((await readIndex(db)).live).toBe(2);
    ahead = 90_000;
    await soon(async () => {
      const names = (await db.listCollections().toArray()).map(({ name }) => name);
      return !names.some((name) => name.endsWith("_1"));
    }, "the end of the generation before");
  });
});
