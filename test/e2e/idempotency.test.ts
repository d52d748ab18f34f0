/** `Idempotency-Key`, by REST: a command is done once, whoever repeats it and whenever. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { AnswerDoc } from "../../mixins/idempotency/command.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { type Person, type Rest, startProduct } from "../support/product.ts";

describe("a POST with an Idempotency-Key", () => {
  let world: World;
  let rest: Rest;
  let admin: Person;
  let manager: Person;
  let resident: Person;
  let buildingId = "";
  let unitId = "";
  const database = (name: string) => world.client.db(`${world.env.DB_PREFIX}_${name}`);
  const ticket = (title = "Leaking tap") => ({ unitId, category: "plumbing", title, description: "It drips." });
  const raw = (person: Person, path: string, key: string, body: unknown) =>
    fetch(`${rest.url}/api/v1${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${person.token}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    world = await createWorld();
    ({ rest } = await startProduct(world));
    admin = await rest.admin();
    ({ buildingId, unitId, manager } = await rest.newBuilding(admin, "Oak"));
    resident = await rest.newPerson(admin, "Rita");
    await rest.moveIn(resident, manager, unitId);
  });
  afterAll(() => world.dispose());

  it("gets the same bytes again, says so, and does nothing twice", async () => {
    const first = await raw(resident, "/tickets", "k-same", ticket());
    const again = await raw(resident, "/tickets", "k-same", ticket());
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await again.text()).toBe(await first.text());
    for (const name of ["location", "etag"]) expect(again.headers.get(name)).toBe(first.headers.get(name));
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await database("tickets").collection("tickets").countDocuments({})).toBe(1);
    expect(await database("tickets").collection("outbox").countDocuments({ eventType: "ticket.created" })).toBe(1);
  });

  it("the order of the body's fields does not matter; another body is refused with 422", async () => {
    const reordered = Object.fromEntries(Object.entries(ticket()).reverse());
    expect((await raw(resident, "/tickets", "k-same", reordered)).headers.get("idempotency-replayed")).toBe("true");
    const other = await raw(resident, "/tickets", "k-same", ticket("Another thing"));
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  });

  it("belongs to its caller and its action", async () => {
    expect((await raw(manager, "/tickets", "k-same", ticket())).headers.get("idempotency-replayed")).toBeNull();
    const unit = await raw(manager, `/buildings/${buildingId}/units`, "k-same", { name: "B2", floor: 2 });
    expect([unit.status, unit.headers.get("idempotency-replayed")]).toEqual([201, null]);
  });

  it("runs once when ten come at the same time: the others wait their turn with 409 or get the stored answer", async () => {
    const body = ticket("Ten at once");
    const answers = await Promise.all(Array.from({ length: 10 }, () => raw(resident, "/tickets", "k-ten", body)));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect(statuses).toContain(201);
    for (const refused of answers.filter((answer) => answer.status === 409)) {
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.json()).toMatchObject({ code: "IDEMPOTENCY_KEY_IN_USE" });
    }
    expect(await database("tickets").collection("tickets").countDocuments({ title: "Ten at once" })).toBe(1);
    expect((await raw(resident, "/tickets", "k-ten", body)).status).toBe(201);
  });

  it("a refused command is not remembered: the key may be used again", async () => {
    const path = `/units/${unitId}/codes`;
    expect((await raw(resident, path, "k-refused", {})).status).toBeGreaterThanOrEqual(403);
    const ghost = { ...ticket("Later"), unitId: "01890000-0000-7000-8000-000000000000" };
    expect((await raw(resident, "/tickets", "k-ghost", ghost)).status).toBe(404);
    expect((await raw(resident, "/tickets", "k-ghost", ticket("Later"))).status).toBe(201);
  });

  it("every keyed POST answers its repeat like its first", async () => {
    const { body } = await rest.as(resident).get("/tickets");
    const id = body.items[0].id;
    const commands: [Person, string, object][] = [
      [manager, `/units/${unitId}/codes`, {}],
      [manager, `/tickets/${id}/assign`, { assigneeId: manager.id }],
      [manager, `/tickets/${id}/transitions`, { to: "in_progress" }],
      [admin, `/users/${(await rest.newPerson(admin, "Bob")).id}/roles`, { role: "staff", buildingId }],
      [resident, "/notifications/read-all", {}],
    ];
    for (const [person, path, sent] of commands) {
      const first = await raw(person, path, "k-each", sent);
      const again = await raw(person, path, "k-each", sent);
      expect([path, first.status]).toEqual([path, expect.any(Number)]);
      expect(first.status).toBeLessThan(300);
      expect([path, again.status, await again.text()]).toEqual([path, first.status, await first.text()]);
    }
  });

  it("also a command that writes nothing is done once", async () => {
    const question = { buildingId, question: "Who has the key of the attic?" };
    const first = await raw(resident, "/ai/questions", "k-question", question);
    const again = await raw(resident, "/ai/questions", "k-question", question);
    expect([first.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
    expect(await again.text()).toBe(await first.text());
  });

  it("whose answer named somebody who has left is not done again", async () => {
    const guest = await rest.newPerson(admin, "Guest");
    const grant = () => raw(admin, `/users/${guest.id}/roles`, "k-left", { role: "staff", buildingId });
    expect((await grant()).status).toBe(200);
    const [email, password] = [guest.email, guest.password];
    await rest.ok(204, rest.as(await rest.login(email, password)).delete("/users/me"));
    const again = await grant();
    expect([again.status, await again.json()]).toEqual([
      409,
      expect.objectContaining({ code: "IDEMPOTENCY_ANSWER_ERASED" }),
    ]);
  });

  it("a malformed key is 422, and answers go after a day", async () => {
    for (const key of ["has space", "x".repeat(201)])
      expect((await raw(resident, "/tickets", key, ticket())).status).toBe(422);
    const indexes = await database("tickets").collection<AnswerDoc>("idempotency").indexes();
    expect(indexes).toContainEqual(expect.objectContaining({ key: { at: 1 }, expireAfterSeconds: 86_400 }));
  });
});
