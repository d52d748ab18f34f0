/** The manager's list of contacts, from JSON and CSV, and the tickets as CSV. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../support/cluster.ts";
import { type Answer, type Person, type Rest, startProduct } from "../support/product.ts";

describe("the list of contacts", () => {
  let world: World;
  let rest: Rest;
  let admin: Person;
  let home: { buildingId: string; unitId: string; manager: Person };

  beforeAll(async () => {
    world = await createWorld();
    ({ rest } = await startProduct(world));
    admin = await rest.admin();
    home = await rest.newBuilding(admin, "Lime");
    await rest.ok(201, rest.as(home.manager).post(`/buildings/${home.buildingId}/units`, { name: "Ü 2, left" }));
  });
  afterAll(() => world.dispose());

  const path = (query = "") => `/buildings/${home.buildingId}/contacts${query}`;
  const csv = (text: string | Buffer, query = "", type = "text/csv"): Promise<Answer> =>
    rest.as(home.manager).call("POST", path(query), text as string, { "content-type": type });
  const listed = async (): Promise<string[]> =>
    (await rest.as(home.manager).get(path("?limit=100"))).body.items.map(({ email }: { email: string }) => email);

  it("verifies who claims a listed unit with a listed address, and nobody else", async () => {
    const contacts = [{ email: "Ann@Example.com ", unit: "a1" }];
    expect(await rest.as(home.manager).post(path(), { contacts })).toMatchObject({
      status: 200,
      body: { imported: 1, rejected: [] },
    });
    const [ann, bob] = [await rest.newPerson(admin, "Ann"), await rest.newPerson(admin, "Bob")];
    const claim = (person: Person) => rest.as(person).post("/residencies", { unitId: home.unitId, relation: "tenant" });
    expect(await claim(ann)).toMatchObject({ status: 201, body: { status: "verified", method: "contact" } });
    expect(await claim(bob)).toMatchObject({ status: 201, body: { status: "pending", method: null } });
    const { items } = (await rest.as(home.manager).get(path())).body;
    expect(items).toMatchObject([{ email: "ann@example.com", claimed: true }]);
    expect((await rest.as(ann).delete("/users/me")).status).toBe(204);
  });

  it("whom a manager has sent away comes back neither by the list nor by a code", async () => {
    const eve = await rest.newPerson(admin, "Eve");
    const contacts = [{ email: eve.email, unit: "a1" }];
    await rest.ok(200, rest.as(home.manager).post(path(), { contacts }));
    const claim = (more: object = {}) =>
      rest.as(eve).post("/residencies", { unitId: home.unitId, relation: "tenant", ...more });
    const { id } = (await rest.ok(201, claim())).body;
    await rest.ok(200, rest.as(home.manager).post(`/residencies/${id}/revoke`, { reason: "Not a tenant." }));
    expect(await listed()).not.toContain(eve.email);
    const made = await rest.ok(201, rest.as(home.manager).post(`/units/${home.unitId}/codes`, {}));
    expect(made.headers.get("location")).toBe(`/api/v1/units/${home.unitId}/codes/${made.body.id}`);
    expect(await claim({ code: made.body.code })).toMatchObject({ status: 201, body: { status: "pending" } });
  });

  it.each([
    ["commas", "email,unit\ncomma@example.com,A1\n"],
    ["semicolons", 'Unit;Email\r\n"Ü 2, left";semi@example.com\r\n'],
    ["tabs", "email\tunit\nmail-tab@example.com\tA1"],
    ["a byte order mark", "\uFEFFemail,unit\nbom@example.com,A1\n"],
    ["quotes, blanks and more columns", ' "email" , name, "unit" \n "quo@example.com" , "O""Neil, Ann" , " A1 " \n\n'],
  ])("takes a CSV with %s", async (_, text) => {
    const answer = await csv(text);
    expect(answer).toMatchObject({ status: 200, body: { imported: 1, rejected: [] } });
    const email = /[\w-]+@example\.com/.exec(text)?.[0];
    expect(await listed()).toContain(email);
  });

  const bad = "email,unit\ngood@example.com,A1\nnot an address,A1\nx@example.com,Z9\n";

  it("one bad row refuses all, named by line and column; with partial=true the good ones are taken", async () => {
    const refused = await csv(bad);
    const faults = [
      { path: "line 3, column email", message: "is no e-mail address" },
      { path: "line 4, column unit", message: "is no unit of this building" },
    ];
    expect(refused).toMatchObject({ status: 422, body: { code: "CONTACTS_INVALID", errors: faults } });
    expect(await listed()).not.toContain("good@example.com");
    expect(await csv(bad, "?partial=true")).toMatchObject({ status: 200, body: { imported: 1, rejected: faults } });
    expect(await listed()).toContain("good@example.com");
    const json = await rest.as(home.manager).post(path(), { contacts: [{ email: "a@example.com", unit: "Z9" }] });
    expect(json.body.errors).toEqual([{ path: "/contacts/0/unit", message: "is no unit of this building" }]);
  });

  it.each<[string, string | Buffer, string, number, string]>([
    ["an open quote", 'email,unit\n"a@example.com,A1\n', "text/csv", 422, "line 2"],
    ["no header", "a@example.com,A1\n", "text/csv", 422, "line 1, column email"],
    ["a header and no rows", "email,unit\n", "text/csv", 422, "line 1, column email"],
    ["nothing", "", "text/csv", 422, ""],
    ["Latin-1", Buffer.from("email,unit\nm\xfcller@example.com,A1\n", "latin1"), "text/csv", 400, ""],
    ["another charset", "email,unit\n", "text/csv; charset=utf-16", 415, ""],
    ["a spreadsheet's own format", "PK", "application/vnd.ms-excel", 415, ""],
    ["more than 2 MB", "email,unit\n".padEnd(2_000_100, "x"), "text/csv", 413, ""],
  ])("refuses %s", async (_, text, type, status, where) => {
    const answer = await csv(text, "", type);
    expect(answer.status).toBe(status);
    if (where) expect(answer.body.errors[0].path).toBe(where);
  });

  it("takes 10,000 rows, and the same ones again without doubling any", async () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => `person-${n}@example.com,A1`);
    const text = `email,unit\n${rows.join("\n")}\n`;
    for (let time = 0; time < 2; time++) expect((await csv(text)).body).toMatchObject({ imported: 10_000 });
    const database = world.client.db(`${world.env.DB_PREFIX}_residency`);
    expect(await database.collection("contacts").countDocuments({ email: /^person-/ })).toBe(10_000);
  });

  it("a field named csv in a JSON body is not known", async () => {
    const { status, body } = await rest.as(home.manager).post(path(), { csv: "email,unit\n" });
    expect([status, body.errors[0].path]).toEqual([422, "/csv"]);
  });

  it("the tickets of a building are exported as CSV, formulas as text", async () => {
    const resident = await rest.newPerson(admin, "Cleo");
    await rest.moveIn(resident, home.manager, home.unitId);
    const evil = { unitId: home.unitId, category: "other", title: '=HYPERLINK("x")', description: 'Says "hi",\nthere' };
    await rest.ok(201, rest.as(resident).post("/tickets", evil));
    const answer = await rest.as(home.manager).get(`/tickets/export?buildingId=${home.buildingId}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="tickets.csv"');
    expect(answer.body).toMatch(/^number,status,priority/);
    expect(answer.body).toContain(`1,open,normal,other,"'=HYPERLINK(""x"")","Says ""hi"",\nthere"`);
  });
});
