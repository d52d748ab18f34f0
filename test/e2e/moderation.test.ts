/** Flags, weights, review cases and what AI says, by REST. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../mixins/kit/ids.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { type Neighbours, neighbours } from "../support/neighbours.ts";
import type { Answer, Person, Rest } from "../support/product.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever the server said
type Body = any;

describe("moderation", () => {
  let world: World;
  let all: Neighbours;
  let rest: Rest;
  let ann: Person;
  let bob: Person;
  let cleo: Person;
  let manager: Person;
  let deputy: Person;

  const post = async (person: Person, more: object = {}): Promise<Body> =>
    (await rest.ok(201, rest.as(person).post("/posts", { title: "Bikes", body: "The cellar.", ...more }))).body;
  const flag = (person: Person, id: string, reason = "spam", what = "posts"): Promise<Answer> =>
    rest.as(person).post(`/${what}/${id}/flags`, { reason });
  const see = async (person: Person, id: string): Promise<Body> => (await rest.as(person).get(`/posts/${id}`)).body;
  const caseOf = (contentId: string, status = "pending"): Promise<Body> =>
    waitFor(
      async () => {
        const { items } = (await rest.ok(200, rest.as(manager).get(`/moderation/cases?status=${status}&limit=100`)))
          .body;
        return items.find((one: Body) => one.contentId === contentId);
      },
      { message: `a ${status} case of ${contentId}` },
    );
  const decide = (person: Person, id: string, decision: string, headers: Record<string, string> = {}) =>
    rest.as(person).post(`/moderation/cases/${id}/decision`, { decision }, headers);
  /** As ai tells it. */
  const aiSays = (type: "post" | "comment" | "message", id: string, flagged: boolean, revision = 1) =>
    all.broker.backbone.store("ai", { actorId: "system:ai" }).inTransaction(async (tx) => {
      const verdict = { flagged, categories: flagged ? ["threat"] : [], scores: { threat: flagged ? 0.9 : 0 } };
      const made = { provider: "test", model: "test", inputHash: "0".repeat(64) };
      tx.publish("ai.moderation_result", { subject: { type, id }, revision, ...verdict, ...made });
    });

  beforeAll(async () => {
    world = await createWorld();
    all = await neighbours(world);
    ({ rest, ann, bob, manager } = all);
    cleo = await all.moveIn("Cleo");
    deputy = await rest.newPerson(all.admin, "Dora");
    await rest.ok(
      200,
      rest.as(all.admin).post(`/users/${deputy.id}/roles`, { role: "manager", buildingId: all.buildingId }),
    );
    Object.assign(deputy, await rest.login(deputy.email, deputy.password));
  });
  afterAll(() => world.dispose());

  describe("flags", () => {
    it("are one open each; nobody reports their own, nor what is not theirs to see", async () => {
      const { id } = await post(ann);
      const first = await flag(bob, id);
      expect(first).toMatchObject({ status: 201, body: { contentType: "post", contentId: id, status: "open" } });
      expect(first.headers.get("location")).toBe(`/api/v1/flags/${first.body.id}`);
      expect(await flag(bob, id, "hate")).toMatchObject({ status: 409, body: { code: "ALREADY_FLAGGED" } });
      expect(await flag(ann, id)).toMatchObject({ status: 409, body: { code: "OWN_CONTENT" } });
      expect((await flag(bob, newId())).status).toBe(404);
      expect((await flag(bob, id, "because")).status).toBe(422);
      const [told] = await all.eventsOf(id, "content.flagged");
      expect(told).toMatchObject({ contentType: "post", contentId: id, reporterId: bob.id, reason: "spam", score: 1 });
    });

    it("ten of one person at once are one", async () => {
      const { id } = await post(ann);
      const answers = await Promise.all(Array.from({ length: 10 }, () => flag(bob, id)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
      expect((await caseOf(id)).score).toBe(1);
    });

    it("of many at once all count, and enough weight hides it: from all but its author and the moderators", async () => {
      const { id } = await post(ann);
      const people = await Promise.all(["Eve", "Fay", "Gus", "Hal"].map((name) => all.moveIn(name)));
      const answers = await Promise.all([bob, ...people].map((person) => flag(person, id)));
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
      expect((await rest.as(cleo).get(`/posts/${id}`)).status).toBe(404);
      expect(await see(ann, id)).toMatchObject({ status: "hidden", body: "The cellar." });
      expect(await see(manager, id)).toMatchObject({ status: "hidden" });
      const feed = await rest.as(cleo).get("/posts?limit=100");
      expect(feed.body.items.map((one: Body) => one.id)).not.toContain(id);
      const found = await caseOf(id);
      expect(found).toMatchObject({ score: 5, source: "flags", reasons: ["spam"], content: { title: "Bikes" } });
      const [step] = await all.eventsOf(id, "post.status_changed");
      expect(step).toMatchObject({ from: "visible", to: "hidden", actorId: "system:flags" });
      const [opened] = await all.eventsOf(found.id, "moderation_case.created");
      expect(opened).toMatchObject({ caseId: found.id, contentId: id });
    });

    it("of the staff weigh double; what comes of a report is told to its reporter only", async () => {
      const { id } = await post(ann);
      const { body } = await rest.ok(201, flag(all.staff, id, "violence"));
      expect((await see(manager, id)).status).toBe("hidden");
      await rest.ok(200, decide(manager, (await caseOf(id)).id, "approved"));
      expect(await see(bob, id)).toMatchObject({ status: "visible" });
      expect((await rest.as(all.staff).get(`/flags/${body.id}`)).body.status).toBe("dismissed");
      expect((await rest.as(bob).get(`/flags/${body.id}`)).status).toBe(404);
      expect((await rest.as(all.staff).get("/flags?limit=1")).body.items[0].id).toBe(body.id);
    });

    it("what a moderator has approved is not hidden by further ones; a changed text is looked at anew", async () => {
      const { id } = await post(ann);
      await rest.ok(201, flag(all.staff, id, "hate"));
      await rest.ok(200, decide(manager, (await caseOf(id)).id, "approved"));
      await rest.ok(201, flag(all.staff, id, "hate"));
      expect((await see(bob, id)).status).toBe("visible");
      await rest.ok(200, decide(manager, (await caseOf(id)).id, "approved"));
      await rest.ok(200, rest.as(ann).patch(`/posts/${id}`, { body: "Something else." }));
      await rest.ok(201, flag(all.staff, id, "hate"));
      expect((await rest.as(bob).get(`/posts/${id}`)).status).toBe(404);
    });

    it("never hide an emergency, which stays until a person decides", async () => {
      const { id } = await post(manager, { kind: "emergency", title: "Gas" });
      await rest.ok(201, flag(all.staff, id, "violence"));
      await aiSays("post", id, true);
      const found = await waitFor(
        async () => {
          const one = await caseOf(id);
          return one.reasons.includes("threat") ? one : undefined;
        },
        { message: "AI's reason in the case" },
      );
      expect(found.reasons.sort()).toEqual(["threat", "violence"]);
      expect((await see(bob, id)).status).toBe("visible");
    });
  });

  describe("decisions", () => {
    const hidden = async (): Promise<{ id: string; case: Body }> => {
      const { id } = await post(ann);
      await rest.ok(201, flag(all.staff, id, "hate"));
      return { id, case: await caseOf(id) };
    };

    it.each([
      ["approved", "visible", "dismissed"],
      ["rejected", "hidden", "upheld"],
      ["removed", "removed", "upheld"],
    ])("%s makes the content %s and the flags %s", async (decision, status, flags) => {
      const one = await hidden();
      const decided = await rest
        .as(manager)
        .post(`/moderation/cases/${one.case.id}/decision`, { decision, note: "So." });
      expect(decided).toMatchObject({ status: 200, body: { status: decision, decidedBy: manager.id, note: "So." } });
      expect((await see(ann, one.id)).status).toBe(status);
      const { items } = (await rest.as(all.staff).get("/flags?limit=1")).body;
      expect(items[0]).toMatchObject({ contentId: one.id, status: flags });
      if (decision !== "rejected") {
        const steps = await all.eventsOf(one.id, "post.status_changed", 2);
        expect(steps.map(({ to }) => to)).toContain(status);
      }
    });

    it("of two moderators at once one decides; the other hears that it has been", async () => {
      for (let n = 0; n < 5; n++) {
        const one = await hidden();
        const answers = await Promise.all([
          decide(manager, one.case.id, "approved"),
          decide(deputy, one.case.id, "removed"),
        ]);
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
        const winner = answers.find(({ status }) => status === 200)?.body;
        expect((await see(ann, one.id)).status).toBe(winner.status === "approved" ? "visible" : "removed");
      }
    });

    it("with If-Match, what was added since then is read first: 412", async () => {
      const one = await hidden();
      const tag = { "if-match": `"${one.case.version}"` };
      await rest.ok(201, flag(deputy, one.id, "spam"));
      expect((await decide(manager, one.case.id, "approved", tag)).status).toBe(412);
      const now = { "if-match": `"${(await caseOf(one.id)).version}"` };
      expect((await decide(manager, one.case.id, "approved", now)).status).toBe(200);
      expect(await decide(deputy, one.case.id, "removed")).toMatchObject({
        status: 409,
        body: { code: "CASE_DECIDED" },
      });
    });

    it("an edit of what was rejected opens a new case: nobody sees it before a moderator has", async () => {
      const one = await hidden();
      await rest.ok(200, decide(manager, one.case.id, "rejected"));
      await rest.ok(200, rest.as(ann).patch(`/posts/${one.id}`, { body: "Friendlier." }));
      const again = await caseOf(one.id);
      expect(again).toMatchObject({ source: "revision", revision: 2, content: { body: "Friendlier." } });
      expect((await rest.as(bob).get(`/posts/${one.id}`)).status).toBe(404);
      await rest.ok(200, decide(manager, again.id, "approved"));
      expect(await see(bob, one.id)).toMatchObject({ status: "visible", body: "Friendlier." });
    });

    it("an edit that is hidden at once says so, and mentions nobody", async () => {
      const one = await hidden();
      await rest.ok(200, decide(manager, one.case.id, "approved"));
      // Against what a moderator has approved: it stays, until its text is another one.
      await rest.ok(201, flag(all.staff, one.id, "hate"));
      const { body } = await rest.ok(
        200,
        rest.as(ann).patch(`/posts/${one.id}`, { body: "Worse than before.", mentions: [bob.id] }),
      );
      expect(body).toMatchObject({ status: "hidden", revision: 2 });
      expect((await see(ann, one.id)).version).toBe(body.version);
      const [updated] = await all.eventsOf(one.id, "post.updated");
      const steps = await all.eventsOf(one.id, "post.status_changed", 3);
      // In the order in which it happened.
      expect(Math.max(...steps.map(({ version }) => Number(version)))).toBeGreaterThan(Number(updated?.version));
      // What was told later is there: what was told with the edit would be.
      const later = await post(ann, { mentions: [bob.id] });
      await all.eventsOf(later.id, "mention.created");
      expect(await all.eventsOf(one.id, "mention.created", 0)).toEqual([]);
    });

    it("its author may take it away while it waits: the case is closed by that", async () => {
      const one = await hidden();
      expect((await rest.as(ann).delete(`/posts/${one.id}`)).status).toBe(204);
      const closed = await caseOf(one.id, "removed");
      expect(closed).toMatchObject({ id: one.case.id, decidedBy: ann.id, note: "Removed by its author." });
      expect((await rest.as(all.staff).get("/flags?limit=1")).body.items[0].status).toBe("lapsed");
    });
  });

  describe("AI", () => {
    it("hides a post, a comment and a message until a moderator has looked at them", async () => {
      const { id } = await post(ann);
      const { id: commentId } = (await rest.ok(201, rest.as(ann).post(`/posts/${id}/comments`, { body: "Grr." }))).body;
      const talk = (await rest.ok(201, rest.as(ann).post("/conversations", { participantIds: [bob.id] }))).body;
      const path = `/conversations/${talk.id}/messages`;
      const { id: messageId } = (await rest.ok(201, rest.as(ann).post(path, { body: "Grr." }))).body;
      await aiSays("comment", commentId, true);
      await caseOf(commentId);
      const thread = await rest.as(bob).get(`/posts/${id}/comments`);
      expect(thread.body.items[0]).toMatchObject({ id: commentId, status: "hidden", body: null });
      expect((await rest.as(ann).get(`/posts/${id}/comments`)).body.items[0].body).toBe("Grr.");
      await aiSays("message", messageId, true);
      const found = await caseOf(messageId);
      expect((await rest.as(bob).get(path)).body.items[0]).toMatchObject({ status: "hidden", body: null });
      expect((await rest.as(ann).get(path)).body.items[0].body).toBe("Grr.");
      await rest.ok(200, decide(manager, found.id, "approved"));
      expect((await rest.as(bob).get(path)).body.items[0]).toMatchObject({ status: "visible", body: "Grr." });
      await aiSays("post", id, true);
      expect(await caseOf(id)).toMatchObject({ source: "ai", reasons: ["threat"] });
      expect((await rest.as(bob).get(`/posts/${id}`)).status).toBe(404);
      const steps = await all.eventsOf(commentId, "comment.status_changed");
      expect(steps[0]).toMatchObject({ to: "hidden", actorId: "system:ai" });
    });

    it("of the product itself hides a threat, and leaves the rest alone", async () => {
      const { id: friendly } = await post(ann, { body: "The laundry smells of roses." });
      const { id } = await post(ann, { body: "I will kill you if your bike stands here again." });
      expect(await caseOf(id)).toMatchObject({ source: "ai", reasons: ["threat"], score: 0 });
      expect((await rest.as(bob).get(`/posts/${id}`)).status).toBe(404);
      expect((await see(bob, friendly)).status).toBe("visible");
    });

    it("says nothing about another text than the present one, nor against a moderator", async () => {
      const { id } = await post(ann);
      await rest.ok(200, rest.as(ann).patch(`/posts/${id}`, { body: "Harmless." }));
      await aiSays("post", id, true, 1);
      await aiSays("post", id, false, 2);
      const { id: next } = await post(ann);
      await aiSays("post", next, true);
      await rest.ok(200, decide(manager, (await caseOf(next)).id, "approved"));
      await aiSays("post", next, true);
      const { id: last } = await post(ann);
      await aiSays("post", last, true);
      await caseOf(last);
      expect((await see(bob, id)).status).toBe("visible");
      expect((await see(bob, next)).status).toBe("visible");
    });

    it("sums up a thread; the summary goes when what it rests on is taken away, or the post is edited", async () => {
      const { id } = await post(ann);
      const { id: commentId } = (await rest.ok(201, rest.as(bob).post(`/posts/${id}/comments`, { body: "Yes." }))).body;
      const sum = (summary: string, source = commentId, revision = 1) =>
        all.broker.backbone.store("ai", { actorId: "system:ai" }).inTransaction(async (tx) => {
          const sources = [{ type: "comment" as const, id: source }];
          const about = { subject: { type: "post" as const, id }, revision, provider: "test", model: "test" };
          tx.publish("ai.summary_ready", { ...about, summary, sources });
        });
      const is = (text: string | null) =>
        waitFor(async () => ((await see(bob, id)).summary?.text ?? null) === text, { message: `the summary ${text}` });
      await sum("They agree.");
      await is("They agree.");
      expect((await see(bob, id)).summary.sources).toEqual([{ type: "comment", id: commentId }]);
      await rest.ok(204, rest.as(bob).delete(`/comments/${commentId}`));
      await is(null);
      const { id: next } = (await rest.ok(201, rest.as(bob).post(`/posts/${id}/comments`, { body: "No." }))).body;
      await sum("Made before the removal.", commentId);
      await sum("They disagree.", next);
      await is("They disagree.");
      await rest.ok(200, rest.as(bob).patch(`/comments/${next}`, { body: "Perhaps." }));
      await is(null);
      await sum("Once more.", next);
      await is("Once more.");
      await rest.ok(200, rest.as(ann).patch(`/posts/${id}`, { body: "Another." }));
      await is(null);
    });
  });
});
