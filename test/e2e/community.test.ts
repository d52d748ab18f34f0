/** Posts and comments to their full depth, by REST: audiences, the feed, edits, mentions, what is written as data. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../mixins/kit/ids.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { type Neighbours, neighbours } from "../support/neighbours.ts";
import type { Person, Rest } from "../support/product.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever the server said
type Body = any;

describe("community", () => {
  let world: World;
  let rest: Rest;
  let admin: Person;
  let manager: Person;
  let ann: Person;
  let bob: Person;
  let staff: Person;
  let buildingId = "";
  let unitId = "";
  let oak: { buildingId: string; unitId: string; manager: Person };
  let stranger: Person;
  let eventsOf: Neighbours["eventsOf"];

  const post = async (person: Person, more: object = {}): Promise<Body> => {
    const sent = { title: "Bikes", body: "The cellar is full.", ...more };
    return (await rest.ok(201, rest.as(person).post("/posts", sent))).body;
  };
  const comment = async (person: Person, id: string, body: string, more: object = {}): Promise<Body> =>
    (await rest.ok(201, rest.as(person).post(`/posts/${id}/comments`, { body, ...more }))).body;
  const ids = async (person: Person, query = ""): Promise<string[]> =>
    (await rest.ok(200, rest.as(person).get(`/posts?limit=100${query}`))).body.items.map(({ id }: Body) => id);
  beforeAll(async () => {
    world = await createWorld();
    ({ rest, admin, manager, staff, ann, bob, buildingId, unitId, eventsOf } = await neighbours(world));
    oak = await rest.newBuilding(admin, "Oak");
    stranger = await rest.newPerson(admin, "Olga");
    await rest.moveIn(stranger, oak.manager, oak.unitId);
  });
  afterAll(() => world.dispose());

  describe("audiences", () => {
    it("a post is seen by those it is meant for: the building, a unit, a role; by its author; by managers", async () => {
      const toAll = await post(ann);
      const toUnit = await post(staff, { audience: { type: "unit", unitIds: [unitId] } });
      const toStaff = await post(ann, { audience: { type: "role", roles: ["staff"] } });
      const sees = async (person: Person) => {
        const seen = await ids(person);
        return [toAll, toUnit, toStaff].map(({ id }) => seen.includes(id));
      };
      expect(await sees(ann)).toEqual([true, true, true]);
      expect(await sees(bob)).toEqual([true, false, false]);
      expect(await sees(staff)).toEqual([true, true, true]);
      expect(await sees(manager)).toEqual([true, true, true]);
      expect(await sees(stranger)).toEqual([false, false, false]);
      for (const { id } of [toUnit, toStaff]) {
        expect((await rest.as(bob).get(`/posts/${id}`)).status).toBe(404);
        expect((await rest.as(bob).get(`/posts/${id}/comments`)).status).toBe(404);
        expect((await rest.as(bob).post(`/posts/${id}/comments`, { body: "?" })).status).toBe(404);
      }
    });

    it("what can't be an audience has its own code; so has who may not announce", async () => {
      const send = (person: Person, more: object) =>
        rest.as(person).post("/posts", { title: "News", body: "Text.", ...more });
      const refused = async (person: Person, more: object): Promise<unknown[]> => {
        const { status, body } = await send(person, more);
        return [status, body.code];
      };
      expect(await refused(ann, { kind: "announcement" })).toEqual([403, "MANAGERS_ONLY"]);
      expect(await refused(staff, { kind: "emergency" })).toEqual([403, "MANAGERS_ONLY"]);
      expect(await refused(ann, { audience: { type: "unit" } })).toEqual([422, "AUDIENCE_UNNAMED"]);
      expect(await refused(ann, { audience: { type: "role" } })).toEqual([422, "AUDIENCE_UNNAMED"]);
      expect(await refused(ann, { audience: { type: "unit", unitIds: [oak.unitId] } })).toEqual([422, "UNIT_UNKNOWN"]);
      expect(await refused(ann, { audience: { type: "unit", unitIds: [newId()] } })).toEqual([422, "UNIT_UNKNOWN"]);
      expect(await refused(ann, { public: true })).toEqual([422, "NOT_PUBLIC"]);
      const some = { type: "role", roles: ["staff"] };
      expect(await refused(manager, { kind: "emergency", audience: some })).toEqual([422, "EMERGENCY_FOR_ALL"]);
      expect(await refused(manager, { kind: "announcement", audience: some, public: true })).toEqual([
        422,
        "NOT_PUBLIC",
      ]);
      expect(await refused(admin, {})).toEqual([422, "BUILDING_UNNAMED"]);
      expect(await refused(ann, { buildingId: oak.buildingId })).toEqual([404, "NOT_FOUND"]);
    });

    it("who waits for the verification sees the public notices of the building, and nothing else", async () => {
      const waiting = await rest.newPerson(admin, "Wanda");
      const [plain, notice, open, alarm] = [
        await post(ann),
        await post(manager, { kind: "announcement", title: "Meeting" }),
        await post(manager, { kind: "announcement", title: "Water", public: true }),
        await post(manager, { kind: "emergency", title: "Gas", body: "Leave the house." }),
      ];
      expect(await ids(waiting)).toEqual([]);
      expect((await rest.as(waiting).get(`/posts?buildingId=${buildingId}`)).status).toBe(404);
      await rest.ok(201, rest.as(waiting).post("/residencies", { unitId, relation: "family" }));
      const seen = await waitFor(
        async () => {
          const found = await ids(waiting);
          return found.length > 0 ? found : undefined;
        },
        { message: "the public notices" },
      );
      expect(seen).toEqual([alarm.id, open.id]);
      for (const { id } of [plain, notice]) expect((await rest.as(waiting).get(`/posts/${id}`)).status).toBe(404);
      expect((await rest.as(waiting).get(`/posts/${open.id}`)).status).toBe(200);
      const answer = await rest.as(waiting).post(`/posts/${open.id}/comments`, { body: "Hello?" });
      expect([answer.status, answer.body.code]).toEqual([403, "MEMBERS_ONLY"]);
      await rest.ok(201, rest.as(ann).post(`/posts/${open.id}/comments`, { body: "I am at home." }));
      expect((await rest.as(waiting).get(`/posts/${open.id}/comments`)).status).toBe(403);
      const { items } = (await rest.as(waiting).get(`/posts?buildingId=${buildingId}`)).body;
      expect(items.map((one: { commentCount: number }) => one.commentCount)).toEqual([0, 0]);
      const report = await rest.as(waiting).post(`/posts/${open.id}/flags`, { reason: "spam" });
      expect([report.status, report.body.code]).toEqual([403, "MEMBERS_ONLY"]);
      const claims = await rest.as(waiting).get("/residencies");
      const { id } = claims.body.items[0];
      await rest.ok(200, rest.as(manager).post(`/residencies/${id}/reject`, { reason: "Unknown." }));
      await waitFor(async () => (await ids(waiting)).length === 0, { message: "nothing to be seen" });
    });
  });

  describe("the feed", () => {
    it("goes on page by page, without gap or double, while new posts arrive", async () => {
      const made: string[] = [];
      for (let n = 0; n < 12; n++) made.push((await post(ann, { title: `Nr ${n}` })).id);
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? "" : `&cursor=${cursor}`;
        const { body } = await rest.ok(200, rest.as(bob).get(`/posts?limit=5${query}`));
        seen.push(...body.items.map(({ id }: Body) => id));
        cursor = body.nextCursor;
        await Promise.all([post(ann, { title: "In between" }), post(manager, { title: "In between" })]);
      } while (cursor !== null && seen.length < 60);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.slice(0, 12)).toEqual([...made].reverse());
    });

    it("filters by kind and author, counts comments, and knows who has written", async () => {
      const { id } = await post(ann, { title: "Party" });
      await comment(bob, id, "I come.");
      await comment(ann, id, "Fine.");
      const { body } = await rest.ok(200, rest.as(bob).get(`/posts?kind=post&authorId=${ann.id}&limit=1`));
      expect(body.items[0]).toMatchObject({ id, authorId: ann.id, authorName: "Ann", commentCount: 2, kind: "post" });
      expect((await ids(bob, "&kind=emergency")).length).toBeGreaterThan(0);
      await rest.ok(200, rest.as(ann).patch("/users/me", { displayName: "Ann of A1" }));
      await waitFor(async () => (await rest.as(bob).get(`/posts/${id}`)).body.authorName === "Ann of A1", {
        message: "the new name",
      });
      const { items } = (await rest.as(bob).get(`/posts/${id}/comments`)).body;
      expect(items.map(({ body: text, authorName }: Body) => [text, authorName])).toEqual([
        ["Fine.", "Ann of A1"],
        ["I come.", "Bob"],
      ]);
    });
  });

  describe("edits and removal", () => {
    it("an edit makes a new revision, keeps the old one, and tells it; only the author edits", async () => {
      const { id } = await post(ann);
      const changed = await rest.as(ann).patch(`/posts/${id}`, { body: "There is room again." }, { "if-match": '"1"' });
      expect(changed).toMatchObject({ status: 200, body: { revision: 2, version: 2, body: "There is room again." } });
      expect(changed.body.editedAt).not.toBeNull();
      expect((await rest.as(ann).patch(`/posts/${id}`, { title: "?" }, { "if-match": '"1"' })).status).toBe(412);
      for (const person of [bob, manager])
        expect(await rest.as(person).patch(`/posts/${id}`, { title: "Mine" })).toMatchObject({
          status: 403,
          body: { code: "AUTHOR_ONLY" },
        });
      const old = await rest.ok(200, rest.as(manager).get(`/posts/${id}/revisions`));
      expect(old.body.items).toMatchObject([{ revision: 1, title: "Bikes", body: "The cellar is full." }]);
      expect((await rest.as(bob).get(`/posts/${id}/revisions`)).status).toBe(403);
      const [told] = await eventsOf(id, "post.updated");
      expect(told).toMatchObject({
        postId: id,
        revision: 2,
        version: 2,
        body: "There is room again.",
        authorId: ann.id,
      });
      const { id: commentId } = await comment(bob, id, "Good.");
      await rest.ok(200, rest.as(bob).patch(`/comments/${commentId}`, { body: "Very good." }));
      const earlier = await rest.ok(200, rest.as(bob).get(`/comments/${commentId}/revisions`));
      expect(earlier.body.items).toMatchObject([{ revision: 1, title: null, body: "Good." }]);
      expect((await rest.as(ann).patch(`/comments/${commentId}`, { body: "Bad." })).status).toBe(403);
    });

    it("what was removed leaves a placeholder: in the thread, under its address, not in the feed", async () => {
      const { id } = await post(ann, { title: "A canary of a title", body: "A canary of a text" });
      const { id: commentId } = await comment(bob, id, "A canary of a comment");
      expect((await rest.as(ann).delete(`/comments/${commentId}`)).status).toBe(403);
      expect((await rest.as(bob).delete(`/comments/${commentId}`)).status).toBe(204);
      const thread = await rest.ok(200, rest.as(ann).get(`/posts/${id}/comments`));
      expect(thread.body.items).toMatchObject([{ id: commentId, status: "removed", body: null, authorId: null }]);
      expect((await rest.as(bob).delete(`/posts/${id}`)).status).toBe(403);
      expect((await rest.as(ann).delete(`/posts/${id}`)).status).toBe(204);
      const gone = await rest.ok(200, rest.as(bob).get(`/posts/${id}`));
      expect(gone.body).toMatchObject({ status: "removed", title: null, body: null, authorId: null });
      expect(JSON.stringify([gone.body, thread.body])).not.toContain("canary");
      expect(await ids(bob)).not.toContain(id);
      const again = [
        rest.as(ann).delete(`/posts/${id}`),
        rest.as(ann).patch(`/posts/${id}`, { body: "Back." }),
        rest.as(bob).post(`/posts/${id}/comments`, { body: "Where?" }),
        rest.as(bob).post(`/posts/${id}/flags`, { reason: "spam" }),
      ];
      for (const { status, body } of await Promise.all(again))
        expect([status, body.code]).toEqual([409, "CONTENT_REMOVED"]);
      const [step] = await eventsOf(id, "post.status_changed");
      expect(step).toMatchObject({ from: "visible", to: "removed", actorId: ann.id });
    });

    it("a command with a key is done once", async () => {
      const headers = { "idempotency-key": newId() };
      const send = () => rest.as(ann).post("/posts", { title: "Once", body: "Only." }, headers);
      const [first, second] = [await send(), await send()];
      expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id]);
      expect(second.headers.get("idempotency-replayed")).toBe("true");
      expect(first.headers.get("location")).toBe(`/api/v1/posts/${first.body.id}`);
    });
  });

  describe("mentions", () => {
    it("tell those who are addressed, once, and only who may see it; an edit tells the new ones", async () => {
      const { id } = await post(ann, { mentions: [bob.id, ann.id] });
      const [told] = await eventsOf(id, "mention.created");
      expect(told).toMatchObject({
        contentType: "post",
        contentId: id,
        postId: id,
        authorId: ann.id,
        userIds: [bob.id],
      });
      await rest.ok(200, rest.as(ann).patch(`/posts/${id}`, { mentions: [bob.id, staff.id] }));
      const all = await eventsOf(id, "mention.created", 2);
      expect(all.map(({ userIds }) => userIds)).toEqual(expect.arrayContaining([[bob.id], [staff.id]]));
      const { id: commentId } = await comment(bob, id, "@Ann look", { mentions: [ann.id] });
      const [answer] = await eventsOf(commentId, "mention.created");
      expect(answer).toMatchObject({ contentType: "comment", contentId: commentId, postId: id, userIds: [ann.id] });
    });

    it("of somebody from elsewhere, of nobody, or of who may not see the post, are refused", async () => {
      const send = (mentions: string[], more: object = {}) =>
        rest.as(ann).post("/posts", { title: "T", body: "B", mentions, ...more });
      for (const wrong of [stranger.id, newId()])
        expect(await send([bob.id, wrong])).toMatchObject({
          status: 422,
          body: { code: "MENTION_UNKNOWN", errors: [{ path: "/mentions/1" }] },
        });
      const forStaff = { audience: { type: "role", roles: ["staff"] } };
      expect((await send([bob.id], forStaff)).status).toBe(422);
      expect((await send([staff.id], forStaff)).status).toBe(201);
    });

    it("over a block are written, and tell nobody", async () => {
      await rest.ok(200, rest.as(bob).call("PUT", `/blocks/${ann.id}`));
      const { id } = await post(ann, { mentions: [bob.id, staff.id] });
      const [told] = await eventsOf(id, "mention.created");
      expect(told.userIds).toEqual([staff.id]);
      expect((await rest.as(bob).delete(`/blocks/${ann.id}`)).status).toBe(204);
    });
  });

  describe("what is written", () => {
    const nasty = [
      "<script>alert(1)</script>",
      '"><img src=x onerror=alert(1)>',
      "<svg/onload=alert(1)>",
      "javascript:alert(1)",
      "{{constructor.constructor('alert(1)')()}}",
      "</title><script>alert(1)</script>",
      "\u202egnp.exe",
      "%3Cscript%3E",
    ];

    it.each(nasty)("is stored as it is, and served as data: %s", async (text) => {
      const made = await rest.ok(201, rest.as(ann).post("/posts", { title: text, body: text }));
      const { id } = made.body;
      await comment(ann, id, text);
      const answers = [
        made,
        await rest.as(bob).get(`/posts/${id}`),
        await rest.as(bob).get("/posts?limit=1"),
        await rest.as(bob).get(`/posts/${id}/comments`),
      ];
      for (const { headers, body } of answers) {
        expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        expect(headers.get("content-security-policy")).toContain("default-src 'none'");
        expect((body.items?.[0] ?? body).body).toBe(text);
      }
      // Asked for as a page, it is none.
      const page = await rest.as(bob).get(`/posts/${id}`, { accept: "text/html" });
      expect(page.headers.get("content-type")).toBe("application/json; charset=utf-8");
    });

    it("in an error is not repeated as a page either", async () => {
      const { status, headers } = await rest.as(bob).get(`/posts/${encodeURIComponent("<script>alert(1)</script>")}`);
      expect(status).toBe(422);
      expect(headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    });
  });

  it("the members of a building are known to its members, by the beginning of a name", async () => {
    const find = async (q: string) =>
      (await rest.as(bob).get(`/members?q=${encodeURIComponent(q)}`)).body.items.map(({ userId, roles }: Body) => [
        userId,
        roles,
      ]);
    expect(await find("sa")).toEqual([[staff.id, ["staff"]]]);
    expect(await find("Bo")).toEqual([[bob.id, ["resident"]]]);
    expect(await find("olga")).toEqual([]);
    expect(await find(".*")).toEqual([]);
    expect((await rest.as(stranger).get(`/members?buildingId=${buildingId}`)).status).toBe(404);
  });
});
