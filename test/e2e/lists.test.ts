/** Lists by cursor while things arrive, and two who decide the same thing at once. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../support/cluster.ts";
import { type Person, type Rest, startProduct } from "../support/product.ts";

describe("many at once", () => {
  let world: World;
  let rest: Rest;
  let admin: Person;
  let manager: Person;
  let resident: Person;
  let unitId = "";
  let buildingId = "";

  beforeAll(async () => {
    world = await createWorld();
    rest = (await startProduct(world)).rest;
    admin = await rest.admin();
    ({ buildingId, unitId, manager } = await rest.newBuilding(admin, "Lime"));
    resident = await rest.newPerson(admin, "Ann");
    await rest.moveIn(resident, manager, unitId);
  });
  afterAll(() => world.dispose());

  const report = async (title: string): Promise<string> => {
    const sent = { unitId, category: "other", title, description: "It drips." };
    return (await rest.ok(201, rest.as(resident).post("/tickets", sent))).body.id;
  };

  it("a list that is read page by page shows each thing once, newest first, while others arrive", async () => {
    const before: string[] = [];
    for (let n = 0; n < 9; n++) before.unshift(await report(`Tap ${n}`));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await rest
        .as(resident)
        .get(`/tickets?limit=2${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`);
      expect(page.status).toBe(200);
      seen.push(...page.body.items.map(({ id }: { id: string }) => id));
      cursor = page.body.nextCursor;
      await report("Another one meanwhile");
    } while (cursor !== null);
    expect(seen).toEqual(before);
  });

  it.each(["limit=0", "limit=101", "limit=two", "limit=-1", "cursor=rubbish", "cursor=", "page=2"])(
    "a page asked for by %s is 422",
    async (query) => {
      const { status, body } = await rest.as(resident).get(`/tickets?${query}`);
      expect(status).toBe(422);
      expect(body.code).toMatch(/^[A-Z_]+$/);
    },
  );

  it("of two managers who decide one claim at once, one does; the other is told how it stands", async () => {
    const second = await rest.newPerson(admin, "second-manager");
    await rest.ok(200, rest.as(admin).post(`/users/${second.id}/roles`, { role: "manager", buildingId }));
    Object.assign(second, await rest.login(second.email, second.password));
    const person = await rest.newPerson(admin, "Bob");
    const { body: claim } = await rest.ok(201, rest.as(person).post("/residencies", { unitId, relation: "tenant" }));
    expect(claim.status).toBe("pending");
    const answers = await Promise.all([
      rest.as(manager).post(`/residencies/${claim.id}/verify`),
      rest.as(second).post(`/residencies/${claim.id}/reject`, { reason: "Unknown to us." }),
    ]);
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 409]);
    const { body: now } = await rest.as(person).get(`/residencies/${claim.id}`);
    expect(now.status).toBe(answers[0]?.status === 200 ? "verified" : "rejected");
    // With the version that both have read, the loser hears that it is not that one any more.
    const stale = await rest
      .as(manager)
      .post(`/residencies/${claim.id}/verify`, {}, { "if-match": `"${claim.version}"` });
    expect(stale.status).toBe(412);
  });
});
