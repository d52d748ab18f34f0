/** Moving out, and leaving for good, across the domains, by REST: what ends within a second, what stays readable. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../support/cluster.ts";
import { bestOfThree, waitFor } from "../support/env.ts";
import { comeAndGo, type Departure, live } from "../support/leaving.ts";
import { type Neighbours, neighbours } from "../support/neighbours.ts";
import type { Person, Rest } from "../support/product.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever the server said
type Body = any;

const LEFT_WITHIN_MS = 1_000;

describe("leaving", () => {
  let world: World;
  let all: Neighbours;
  let rest: Rest;
  let bob: Person;
  let manager: Person;

  beforeAll(async () => {
    world = await createWorld();
    all = await neighbours(world);
    ({ rest, bob, manager } = all);
  });
  afterAll(() => world.dispose());

  const statusOf = async (person: Person, path: string): Promise<number> => (await rest.as(person).get(path)).status;

  it("a building ends access everywhere within a second, for the token that was given out before", async () => {
    const left: Departure[] = [];
    const leave = async (index: number) => {
      const one = await comeAndGo(all, ["Anna", "Annika", "Antonia"][index] as string);
      left.push(one);
      return one.tookMs;
    };
    expect(await bestOfThree(LEFT_WITHIN_MS, leave)).toBeLessThanOrEqual(LEFT_WITHIN_MS);
    const { person: ann, ticket, post, talk } = left.at(-1) as Departure;
    for (const [path, body] of [
      ["/posts", { buildingId: all.buildingId, title: "Still here", body: "?" }],
      [`/posts/${post.id}/comments`, { body: "?" }],
      [`/conversations/${talk.id}/messages`, { body: "?" }],
      ["/tickets", { unitId: all.unitId, category: "other", title: "?", description: "?" }],
    ] as const)
      expect([path, (await rest.as(ann).post(path, body)).status]).toEqual([path, 404]);
    expect((await rest.as(ann).get("/posts")).body.items).toEqual([]);
    expect((await rest.as(ann).get("/conversations")).body.items).toEqual([]);
    // Their own stays theirs to read.
    expect((await rest.as(ann).get(`/tickets/${ticket.id}`)).body).toMatchObject({ id: ticket.id, title: "A tap" });
    const { body } = await rest.ok(200, rest.as(ann).get("/users/me/export"));
    expect(body.services.community.posts).toMatchObject([{ id: post.id, body: "I am new here." }]);
    expect(body.services.community.messages).toMatchObject([{ body: "Hi Bob." }]);
  });

  it("takes the person out of conversations, audiences and mentions; what they have written is a former resident's", async () => {
    const ann = await all.moveIn("Berta");
    const { ticket, post, comment, talk } = await live(all, ann);
    await rest.moveOut(ann);
    const left = await waitFor(
      async () => {
        const { body } = await rest.as(bob).get(`/conversations/${talk.id}`);
        return body.participants.some((one: Body) => one.left) ? body : undefined;
      },
      { message: "the conversation without her" },
    );
    expect(left.participants).toContainEqual({ userId: null, name: "Former resident", left: true });
    expect((await rest.as(bob).get(`/conversations/${talk.id}/messages`)).body.items).toMatchObject([
      { body: "Hi Bob.", senderId: null, senderName: "Former resident" },
    ]);
    expect(await rest.as(bob).post(`/conversations/${talk.id}/messages`, { body: "Are you gone?" })).toMatchObject({
      status: 409,
      body: { code: "NOBODY_LEFT" },
    });
    const former = { authorId: null, authorName: "Former resident" };
    expect((await rest.as(bob).get(`/posts/${post.id}`)).body).toMatchObject({ ...former, body: "I am new here." });
    expect((await rest.as(bob).get(`/posts/${post.id}/comments`)).body.items).toMatchObject([
      { ...former, id: comment.id },
    ]);
    const members = (await rest.as(bob).get("/members?limit=100")).body.items.map(({ userId }: Body) => userId);
    expect(members).not.toContain(ann.id);
    const mention = await rest.as(bob).post("/posts", { title: "T", body: "B", mentions: [ann.id] });
    expect(mention).toMatchObject({ status: 422, body: { code: "MENTION_UNKNOWN" } });
    expect((await rest.as(bob).post("/conversations", { participantIds: [ann.id] })).body.code).toBe("PERSON_UNKNOWN");
    await waitFor(async () => (await rest.as(manager).get(`/tickets/${ticket.id}`)).body.reporterLeft === true, {
      message: "the mark on her ticket",
    });
  });

  it("and coming back begins anew: own posts are one's own again, the old conversation stays as it was left", async () => {
    const ann = await all.moveIn("Carla");
    const { post, talk } = await live(all, ann);
    await rest.moveOut(ann);
    await waitFor(async () => (await statusOf(ann, `/posts/${post.id}`)) === 404, { message: "her end" });
    await waitFor(
      async () => (await rest.as(bob).get(`/conversations/${talk.id}`)).body.participants.some((one: Body) => one.left),
      { message: "the conversation without her" },
    );
    await rest.moveIn(ann, manager, all.unitId);
    await all.isKnown(ann);
    await waitFor(async () => (await statusOf(ann, `/posts/${post.id}`)) === 200, { message: "her return" });
    expect((await rest.as(bob).get(`/posts/${post.id}`)).body).toMatchObject({ authorId: ann.id, authorName: "Carla" });
    expect(await statusOf(ann, `/conversations/${talk.id}`)).toBe(404);
    const fresh = await rest.ok(201, rest.as(bob).post("/conversations", { participantIds: [ann.id] }));
    expect(fresh.body.id).not.toBe(talk.id);
    await rest.ok(201, rest.as(ann).post(`/conversations/${fresh.body.id}/messages`, { body: "Here I am." }));
  });

  it("the staff ends it too", async () => {
    const { staff } = all;
    const talk = (await rest.ok(201, rest.as(staff).post("/conversations", { participantIds: [bob.id] }))).body;
    await rest.ok(204, rest.as(all.admin).delete(`/users/${staff.id}/roles/staff?buildingId=${all.buildingId}`));
    Object.assign(staff, await rest.login(staff.email, staff.password));
    expect(await statusOf(staff, `/conversations/${talk.id}`)).toBe(404);
    await waitFor(
      async () => (await rest.as(bob).get(`/conversations/${talk.id}`)).body.participants.some((one: Body) => one.left),
      { message: "the conversation without him" },
    );
  });

  it("for good: nothing that names the person is left in community, what others have stays readable", async () => {
    const ann = await all.moveIn("Dorothea");
    const { post, comment, talk } = await live(all, ann);
    const taken = (await rest.ok(201, rest.as(ann).post("/posts", { title: "Taken back", body: "Secret words." })))
      .body;
    await rest.ok(200, rest.as(ann).patch(`/posts/${post.id}`, { body: "I was new here." }));
    await rest.ok(204, rest.as(ann).delete(`/posts/${taken.id}`));
    const theirs = (await rest.ok(201, rest.as(bob).post("/posts", { title: "T", body: "B", mentions: [ann.id] })))
      .body;
    await rest.ok(201, rest.as(ann).post(`/posts/${theirs.id}/flags`, { reason: "spam" }));
    await rest.ok(200, rest.as(ann).call("PUT", `/blocks/${all.ann.id}`));
    const { body } = await rest.ok(200, rest.as(ann).get("/users/me/export"));
    const own = body.services.community;
    expect(own.posts.map(({ body: text }: Body) => text).sort()).toEqual(["I was new here.", "Secret words."]);
    expect(own.revisions).toMatchObject([{ revision: 1, body: "I am new here." }]);
    expect([own.comments, own.messages, own.conversations, own.flags, own.blocks].map((list) => list.length)).toEqual([
      1, 1, 1, 1, 1,
    ]);
    await rest.ok(204, rest.as(ann).delete("/users/me"));
    const former = { authorId: null, authorName: "Former resident" };
    await waitFor(async () => (await rest.as(bob).get(`/posts/${post.id}`)).body.authorId === null, {
      message: "the former resident's post",
    });
    expect((await rest.as(bob).get(`/posts/${post.id}`)).body).toMatchObject({ ...former, body: "I was new here." });
    expect((await rest.as(bob).get(`/posts/${post.id}/comments`)).body.items).toMatchObject([
      { ...former, id: comment.id },
    ]);
    expect((await rest.as(bob).get(`/posts/${theirs.id}`)).body.mentions).toEqual([]);
    expect((await rest.as(bob).get(`/conversations/${talk.id}/messages`)).body.items).toMatchObject([
      { senderId: null, body: "Hi Bob." },
    ]);
    // In the database itself: the tombstone of the directory is all that has the id.
    const db = world.client.db(`${world.env.DB_PREFIX}_community`);
    const found: string[] = [];
    for (const collection of await db.collections()) {
      if (["outbox", "inbox", "idempotency"].includes(collection.collectionName)) continue;
      const text = JSON.stringify(await collection.find().toArray());
      for (const secret of [ann.id, "Dorothea", ann.email, "Secret words"])
        if (text.includes(secret)) found.push(`${collection.collectionName}: ${secret}`);
    }
    expect(found.filter((one) => !one.startsWith("erased"))).toEqual([`people: ${ann.id}`]);
  });
});
