/** The demo building of `npm start`: made by the same calls as a user's, once. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { demoAccounts, seedDemo } from "../../scripts/lib/demo.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { ADMIN, type Rest, startProduct } from "../support/product.ts";

describe("the demo building", () => {
  let world: World;
  let rest: Rest;
  const password = "a password of the demo";
  beforeAll(async () => {
    world = await createWorld();
    ({ rest } = await startProduct(world));
  });
  afterAll(() => world.dispose());

  it("is made once, and each of its accounts can log in and sees what is theirs", async () => {
    const seed = () => seedDemo({ url: rest.url, admin: ADMIN, password });
    expect(await seed()).toBe(true);
    expect(await seed()).toBe(false);
    for (const { role, email } of demoAccounts) {
      const person = await rest.login(email, password);
      const buildings = await rest.as(person).get("/buildings");
      const tickets = await rest.as(person).get("/tickets");
      expect([role, buildings.body.items.length, tickets.status]).toEqual([role, 1, 200]);
      const [{ id }] = buildings.body.items;
      expect((await rest.as(person).get(`/buildings/${id}/resources`)).body.items).toHaveLength(4);
      const booked = (await rest.as(person).get("/bookings")).body.items;
      expect([role, booked.length]).toEqual([role, { resident: 2, neighbour: 4 }[role] ?? 6]);
      const posts = (await rest.as(person).get("/posts")).body.items;
      const lives = role === "resident" || role === "neighbour";
      expect([role, posts.length]).toEqual([role, lives ? 3 : 4]);
      const talks = (await rest.as(person).get("/conversations")).body.items;
      expect([role, talks.length]).toEqual([role, lives ? 1 : 0]);
      if (role === "manager") {
        const cases = (await rest.as(person).get("/moderation/cases?status=pending")).body.items;
        expect(cases).toMatchObject([{ source: "flags", content: { title: "Couch for sale" } }]);
      }
    }
  });
});
