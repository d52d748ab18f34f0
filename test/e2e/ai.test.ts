/** AI by REST: with a provider outside that goes away and comes back, and with the house's own rules. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ChatServer, fault, obedient } from "../support/chat-server.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { type Answer, type Person, type Rest, startProduct } from "../support/product.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the API said
type Result = any;

const HEATING = "The heating in the cellar fails every night, and the flats on the ground floor are cold. "
  .repeat(6)
  .trim();

/** The id of a summary of a text with what was said to it. */
const OF_THREAD = /\/1\/summary\/[0-9a-f]{16}$/;

describe("a provider outside", () => {
  let world: World;
  let rest: Rest;
  let server: ChatServer;
  let home: Awaited<ReturnType<Rest["newBuilding"]>>;
  let admin: Person;
  let ann: Person;
  let ahead = 0;
  const soon = <T>(condition: () => Promise<T>, message: string) => waitFor(condition, { message });

  beforeAll(async () => {
    server = await ChatServer.start();
    world = await createWorld();
    const env = { AI_BASE_URL: server.url, AI_API_KEY: "sk-test", AI_MODEL: "test-model" };
    ({ rest } = await startProduct(world, { env, clock: () => new Date(Date.now() + ahead) }));
    admin = await rest.admin();
    home = await rest.newBuilding(admin, "Lime");
    ann = await rest.newPerson(admin, "Ann");
    await rest.moveIn(ann, home.manager, home.unitId);
    await soon(async () => (await rest.as(ann).get("/users/me")).body.memberships.length === 1, "the membership");
  });
  afterAll(async () => {
    await world.dispose();
    await server.stop();
  });

  const post = async (title: string, body: string): Promise<string> =>
    (await rest.ok(201, rest.as(home.manager).post("/posts", { kind: "announcement", title, body }))).body.id;
  const resultsOf = async (type: string, id: string): Promise<Result[]> =>
    (await rest.ok(200, rest.as(home.manager).get(`/ai/results?subjectType=${type}&subjectId=${id}`))).body.items;
  const ask = (question: string): Promise<Answer> =>
    rest.as(ann).post("/ai/questions", { buildingId: home.buildingId, question });

  it("judges, sorts and sums up; results name it, its model and what was judged", async () => {
    const sent = { unitId: home.unitId, category: "heating", title: "Cold", description: HEATING };
    const { body } = await rest.ok(201, rest.as(ann).post("/tickets", sent));
    const found = await soon(async () => {
      const items = await resultsOf("ticket", body.id);
      return items.length === 3 ? items : null;
    }, "moderation, triage and summary");
    const made = { provider: new URL(server.url).host, model: "test-model", revision: 1 };
    for (const one of found) expect(one).toMatchObject({ ...made, inputHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(found.map(({ task }: Result) => task).sort()).toEqual(["moderation", "summary", "triage"]);
    expect(server.heard).not.toContain("Ann");
  });

  it("a ticket is judged again when its text has changed, not when it was only sorted elsewhere", async () => {
    const sent = {
      unitId: home.unitId,
      category: "other",
      title: "Damp",
      description: "The wall of the hall is damp.",
    };
    const { body } = await rest.ok(201, rest.as(ann).post("/tickets", sent));
    const judged = (revisions: number[]) =>
      soon(
        async () => {
          const items = await resultsOf("ticket", body.id);
          const found = items.filter(({ task }: Result) => task === "moderation");
          return (
            found
              .map(({ revision }: Result) => revision)
              .sort()
              .join() === revisions.join()
          );
        },
        `judgements of ${revisions.join(" and ")}`,
      );
    await judged([1]);
    await rest.ok(200, rest.as(home.manager).patch(`/tickets/${body.id}`, { category: "plumbing" }));
    await rest.ok(200, rest.as(home.manager).patch(`/tickets/${body.id}`, { title: "Very damp" }));
    await judged([1, 3]);
  });

  it("away, nothing is lost and nobody waits: work goes on when it is back, each text is judged once", async () => {
    server.behave = () => fault(503, "Overloaded.");
    const before = server.requests.length;
    const ids = [];
    for (const n of [1, 2, 3]) ids.push(await post(`Notice ${n}`, `The elevator is inspected on ${n} May at 9:00.`));
    await soon(async () => server.requests.length > before, "it is asked");
    await soon(async () => (await rest.as(ann).get("/search?q=inspected")).body.items.length === 3, "the search");
    for (const id of ids) expect(await resultsOf("post", id)).toEqual([]);
    // Somebody waits for an answer: the house's own rules give it, and say so.
    const { body } = await ask("When is the elevator inspected?");
    expect(body).toMatchObject({ found: true, provider: "local", sources: [{ type: "post", id: ids[2] }] });
    expect(body.answer).toBe("The elevator is inspected on 3 May at 9:00.");
    const summary = await rest.as(ann).post("/ai/summaries", { type: "post", id: await post("Long", HEATING) });
    expect([summary.status, summary.body.code]).toEqual([503, "UNAVAILABLE"]);
    expect(Number(summary.headers.get("retry-after"))).toBeGreaterThan(0);

    server.behave = obedient;
    ahead += 61_000;
    for (const id of ids)
      await soon(async () => (await resultsOf("post", id)).length === 1, "the judgement that had to wait");
    const answered = await ask("When is the elevator inspected?");
    expect(answered.body).toMatchObject({ found: true, provider: new URL(server.url).host });
    const told = server.requests.filter(({ user }) => user.includes("on 2 May") && !user.includes("question"));
    expect(told.length).toBeGreaterThanOrEqual(1);
  });

  it("a text of somebody who has left is judged in the house, and by nobody's name", async () => {
    const unit = await rest.ok(
      201,
      rest.as(home.manager).post(`/buildings/${home.buildingId}/units`, { name: "Z9", floor: 1 }),
    );
    const zoe = await rest.newPerson(admin, "Zoe");
    await rest.moveIn(zoe, home.manager, unit.body.id);
    server.behave = () => fault(503, "Overloaded.");
    const sent = { unitId: unit.body.id, category: "other", title: "Zoe writes", description: "Call Zoe, please." };
    const { body } = await rest.ok(201, rest.as(zoe).post("/tickets", sent));
    const db = world.client.db(`${world.env.DB_PREFIX}_ai`);
    const failed = { "data.subject.id": body.id, lastError: { $ne: null } };
    await soon(() => db.collection("jobs").findOne(failed), "the first try, in vain");
    await rest.ok(204, rest.as(zoe).delete("/users/me"));
    const gone = db.collection<{ _id: string }>("erased_people");
    await soon(() => gone.findOne({ _id: zoe.id }), "AI has heard of it");
    server.behave = obedient;
    ahead += 61_000;
    const found = await soon(async () => {
      const items = await resultsOf("ticket", body.id);
      return items.length > 0 ? items : null;
    }, "the judgement");
    expect(new Set(found.map(({ provider }: Result) => provider))).toEqual(new Set(["local"]));
    expect(server.heard).not.toContain("Zoe");
  });

  it("what AI says of a post is read by those who see it whatever happens: managers, and its author who lives there", async () => {
    const staff = await rest.newPerson(admin, "Sam");
    await rest.ok(200, rest.as(admin).post(`/users/${staff.id}/roles`, { role: "staff", buildingId: home.buildingId }));
    const sam = await rest.login(staff.email, staff.password);
    const audience = { type: "unit", unitIds: [home.unitId] };
    const sent = { buildingId: home.buildingId, title: "Among us", body: HEATING, audience };
    const { id } = (await rest.ok(201, rest.as(home.manager).post("/posts", sent))).body;
    await soon(async () => (await resultsOf("post", id)).length === 2, "judgement and summary");
    const seen = async (person: Person) =>
      (await rest.ok(200, rest.as(person).get(`/ai/results?subjectType=post&subjectId=${id}`))).body.items.length;
    expect([await seen(sam), await seen(ann)]).toEqual([0, 0]);
    expect((await rest.as(sam).get(`/posts/${id}`)).status).toBe(404);
  });

  it("an edit is judged again, under its own revision", async () => {
    const id = await post("Edited", "The first text.");
    await soon(async () => (await resultsOf("post", id)).length === 1, "the first judgement");
    await rest.ok(200, rest.as(home.manager).patch(`/posts/${id}`, { body: "The second text." }));
    const found = await soon(async () => {
      const items = await resultsOf("post", id);
      return items.length === 2 ? items : null;
    }, "the second judgement");
    expect(found.map(({ revision }: Result) => revision).sort()).toEqual([1, 2]);
  });

  it("a conversation is summed up after ten comments by itself, and shown with its post and its sources", async () => {
    const id = await post("Cellar", HEATING);
    for (let n = 1; n <= 10; n++)
      await rest.ok(201, rest.as(ann).post(`/posts/${id}/comments`, { body: `Comment ${n}: the pump is the reason.` }));
    const found = await soon(async () => {
      const items = await resultsOf("post", id);
      return items.find((one: Result) => OF_THREAD.test(one.id));
    }, "the summary of the conversation");
    expect(found).toMatchObject({ summary: expect.stringMatching(/^In short/), sources: [{ type: "post", id }] });
    await soon(async () => (await rest.as(ann).get(`/posts/${id}`)).body.summary?.text === found.summary, "the post");
  });

  it("a summary is made once for what it sums up, and again for more; what is removed takes its summary along", async () => {
    const id = await post("Roof", HEATING);
    await soon(async () => (await resultsOf("post", id)).length === 2, "judgement and summary");
    const summaries = () => server.requests.filter(({ user }) => "parts" in JSON.parse(user)).length;
    const before = summaries();
    const [one, two] = [1, 2].map(() => rest.as(ann).post("/ai/summaries", { type: "post", id }));
    expect([(await one)?.body.id, (await two)?.body.id]).toEqual([`post/${id}/1/summary`, `post/${id}/1/summary`]);
    expect(summaries()).toBe(before);
    await rest.ok(201, rest.as(ann).post(`/posts/${id}/comments`, { body: "The pump is the reason." }));
    const more = await rest.ok(200, rest.as(ann).post("/ai/summaries", { type: "post", id }));
    expect(more.body.id).toMatch(OF_THREAD);
    const { items } = (await rest.as(ann).get(`/posts/${id}/comments`)).body;
    await rest.ok(200, rest.as(ann).patch(`/comments/${items[0].id}`, { body: "The boiler is the reason." }));
    const anew = await rest.ok(200, rest.as(ann).post("/ai/summaries", { type: "post", id }));
    expect(anew.body.id).toMatch(OF_THREAD);
    expect(anew.body.id).not.toBe(more.body.id);
    await rest.ok(204, rest.as(home.manager).delete(`/posts/${id}`));
    await soon(async () => (await resultsOf("post", id)).every(({ task }: Result) => task !== "summary"), "no summary");
    expect((await rest.as(ann).post("/ai/summaries", { type: "post", id })).status).toBe(404);
  });

  it("short is not summed up; a question without a source has no answer, and says whom to ask", async () => {
    const id = await post("Short", "The bins are out.");
    expect(await rest.as(ann).post("/ai/summaries", { type: "post", id })).toMatchObject({
      status: 409,
      body: { code: "NOTHING_TO_SUMMARISE" },
    });
    const { body } = await ask("Who has won the chess championship?");
    expect(body).toMatchObject({ found: false, sources: [], answer: expect.stringMatching(/Lime.*management/) });
  });

  it("bad questions are refused before anybody is asked", async () => {
    const questions = () => server.requests.filter(({ user }) => "question" in JSON.parse(user)).length;
    const before = questions();
    for (const question of ["", " ", "x".repeat(501), "a\u0000b", 7])
      expect((await rest.as(ann).post("/ai/questions", { buildingId: home.buildingId, question })).status).toBe(422);
    expect((await rest.as(ann).post("/ai/summaries", { type: "message", id: home.unitId })).status).toBe(422);
    expect(questions()).toBe(before);
  });
});
