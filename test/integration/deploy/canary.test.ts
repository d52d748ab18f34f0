/** Secrets that are marked, sent the right way and the wrong way, and then looked for: in logs, answers and databases. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../../support/cluster.ts";
import { type NodeProcess, startNode } from "../../support/node-process.ts";
import type { Answer, Rest } from "../../support/product.ts";

describe("canaries", () => {
  let world: World;
  let node: NodeProcess;
  const secrets: Record<string, string> = {
    "the password": "canary sings of passwords",
    "a wrong password": "canary who guesses in vain",
    "the next password": "canary with a newer password",
    "a weak password": "canarycanary",
    "the administrator's password": "canary of the administrator",
    "an internal comment": "canary of an internal comment",
    "a broken body": "canary in a broken body",
  };
  const refusals: Answer[] = [];

  beforeAll(async () => {
    world = await createWorld();
    const adminPassword = secrets["the administrator's password"] as string;
    node = await startNode(world, { LOG_LEVEL: "debug", ADMIN_PASSWORD: adminPassword });
    await node.ready();
    await live(node.rest);
  });
  afterAll(async () => {
    await node.stop();
    await world.dispose();
  });

  /** A day in the house, with every secret used rightly and wrongly. */
  async function live(rest: Rest): Promise<void> {
    const email = "ann@example.com";
    const [password, next] = [secrets["the password"], secrets["the next password"]] as [string, string];
    const refused = async (answer: Promise<Answer>): Promise<void> => {
      const got = await answer;
      expect(got.status).toBeGreaterThanOrEqual(400);
      refusals.push(got);
    };
    const admin = await rest.login("admin@example.com", secrets["the administrator's password"] as string);
    const about = { email, displayName: "Ann" };
    await refused(rest.post("/auth/register", { ...about, password: secrets["a weak password"] }));
    await refused(rest.post("/auth/register", { ...about, password, extra: password }));
    await rest.ok(201, rest.post("/auth/register", { ...about, password }));
    const verification = await rest.mailedToken(admin, email);
    secrets["a verification token"] = verification;
    await rest.ok(200, rest.post("/auth/verify-email", { token: verification }));
    await refused(rest.post("/auth/verify-email", { token: `${verification}x` }));
    await refused(rest.post("/auth/login", { email, password: secrets["a wrong password"] }));
    await refused(rest.call("POST", "/auth/login", `{"email":"${email}","password":"${secrets["a broken body"]}`));
    const ann = await rest.login(email, password);
    Object.assign(secrets, { "an access token": ann.token, "a refresh token": ann.refreshToken });
    await refused(rest.as({ token: `${ann.token}x` }).get("/users/me"));
    await refused(rest.post("/auth/refresh", { refreshToken: ann.refreshToken, token: ann.token }));
    const { unitId, manager } = await rest.newBuilding(admin, "Lime");
    const code = await rest.ok(201, rest.as(manager).post(`/units/${unitId}/codes`, {}));
    secrets["a unit's code"] = code.body.code;
    await refused(rest.as(ann).post("/residencies", { unitId, relation: "tenant", code: `${code.body.code}9` }));
    await rest.ok(201, rest.as(ann).post("/residencies", { unitId, relation: "tenant", code: code.body.code }));
    const sent = { unitId, category: "other", title: "A tap", description: "It drips." };
    const ticket = await rest.ok(201, rest.as(ann).post("/tickets", sent));
    const internal = { body: secrets["an internal comment"], visibility: "internal" };
    await refused(rest.as(ann).post(`/tickets/${ticket.body.id}/comments`, internal));
    await rest.ok(201, rest.as(manager).post(`/tickets/${ticket.body.id}/comments`, internal));
    const change = { currentPassword: password, newPassword: next };
    await refused(rest.as(ann).post("/auth/change-password", { ...change, currentPassword: next }));
    await rest.ok(204, rest.as(ann).post("/auth/change-password", change));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }

  const seen = (text: string, but: readonly string[] = []): string[] =>
    Object.entries(secrets).flatMap(([name, secret]) => (!but.includes(name) && text.includes(secret) ? [name] : []));

  it("are long enough to be found, and of every kind", () => {
    expect(Object.keys(secrets)).toHaveLength(11);
    for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThanOrEqual(10);
    expect(refusals).toHaveLength(10);
  });

  it("are in no line of the log, which is one JSON object a line", () => {
    const lines = node
      .logs()
      .split("\n")
      .filter((line) => line !== "");
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => !line.startsWith("{"))).toEqual([]);
    expect(seen(node.logs())).toEqual([]);
  });

  it("cost no request its line: each has its id, route and status", () => {
    const lines = node
      .logs()
      .split("\n")
      .flatMap((line) => (/"[A-Z]+ \/api\/v1\/tickets\S* \d+ in /.test(line) ? [JSON.parse(line)] : []));
    expect(lines.map(({ message }) => message)).toContainEqual(expect.stringMatching(/^POST \S+ 201 in [\d.]+ ms$/));
    for (const line of lines) expect(line.requestId).toMatch(/^[\w-]{8,}$/);
  });

  it("are in no error's body", () => {
    expect(seen(JSON.stringify(refusals.map(({ body }) => body)))).toEqual([]);
  });

  it("are in no database, but for the comment in its own and the token in the embedded mailbox", async () => {
    const admin = world.client.db("admin").admin();
    const { databases } = await admin.listDatabases({ nameOnly: true });
    const own = databases.filter(({ name }) => name.startsWith(`${world.env.DB_PREFIX}_`));
    const found: string[] = [];
    for (const { name } of own)
      for (const collection of await world.client.db(name).collections()) {
        const text = JSON.stringify(await collection.find().toArray());
        for (const secret of seen(text))
          found.push(`${name.split("_").at(-1)}.${collection.collectionName}: ${secret}`);
      }
    expect(own.length).toBeGreaterThan(5);
    expect(found.sort()).toEqual([
      "notifications.deliveries: a verification token",
      "tickets.comments: an internal comment",
    ]);
  });
});
