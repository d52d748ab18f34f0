/** Direct messages inside a building, by REST: who may write to whom, what is unread, blocks in both directions. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../mixins/kit/ids.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { type Neighbours, neighbours } from "../support/neighbours.ts";
import type { Person, Rest } from "../support/product.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever the server said
type Body = any;

describe("conversations", () => {
  let world: World;
  let all: Neighbours;
  let rest: Rest;
  let ann: Person;
  let bob: Person;
  let cleo: Person;
  let manager: Person;

  const begin = (person: Person, others: Person[], more: object = {}) =>
    rest.as(person).post("/conversations", { participantIds: others.map(({ id }) => id), ...more });
  const talk = async (person: Person, others: Person[], more: object = {}): Promise<Body> =>
    (await rest.ok(201, begin(person, others, more))).body;
  const send = (person: Person, id: string, body: string) =>
    rest.as(person).post(`/conversations/${id}/messages`, { body });
  const texts = async (person: Person, id: string): Promise<(string | null)[]> =>
    (await rest.ok(200, rest.as(person).get(`/conversations/${id}/messages?limit=100`))).body.items.map(
      ({ body }: Body) => body,
    );
  const unread = async (person: Person, id: string): Promise<number> =>
    (await rest.ok(200, rest.as(person).get(`/conversations/${id}`))).body.unread;
  const block = (person: Person, other: { id: string }) => rest.as(person).call("PUT", `/blocks/${other.id}`);
  const unblock = (person: Person, other: { id: string }) => rest.as(person).delete(`/blocks/${other.id}`);

  beforeAll(async () => {
    world = await createWorld();
    all = await neighbours(world);
    ({ rest, ann, bob, manager } = all);
    cleo = await all.moveIn("Cleo");
  });
  afterAll(() => world.dispose());

  it("of two there is one, whoever begins, also at the same moment; larger ones are as many as are begun", async () => {
    const [a, b] = await Promise.all([talk(ann, [bob]), talk(bob, [ann])]);
    expect(a.id).toBe(b.id);
    expect((await talk(ann, [bob])).id).toBe(a.id);
    const first = await talk(ann, [bob, cleo], { title: "Garden" });
    const second = await talk(ann, [bob, cleo]);
    expect(first.id).not.toBe(second.id);
    expect(first).toMatchObject({ title: "Garden", unread: 0, lastMessageAt: null });
    expect(first.participants.map(({ userId, name, left }: Body) => [userId, name, left])).toEqual([
      [ann.id, "Ann", false],
      [bob.id, "Bob", false],
      [cleo.id, "Cleo", false],
    ]);
  });

  it("messages reach the others, who have them unread until they read; the event names who got them", async () => {
    const { id } = await talk(ann, [cleo]);
    const sent = await rest.ok(201, send(ann, id, "Hello <b>Cleo</b>"));
    expect(sent.body).toMatchObject({ conversationId: id, senderId: ann.id, senderName: "Ann", status: "visible" });
    await rest.ok(201, send(ann, id, "Are you there?"));
    expect([await unread(ann, id), await unread(cleo, id)]).toEqual([0, 2]);
    expect(await texts(cleo, id)).toEqual(["Are you there?", "Hello <b>Cleo</b>"]);
    const half = await rest.as(cleo).post(`/conversations/${id}/read`, { upTo: sent.body.id });
    expect(half).toMatchObject({ status: 200, body: { unread: 1 } });
    const early = await rest
      .as(cleo)
      .post(`/conversations/${id}/read`, {}, { "if-match": `"${half.body.version - 1}"` });
    expect([early.status, early.body.code]).toEqual([412, "VERSION_MISMATCH"]);
    expect((await rest.as(cleo).post(`/conversations/${id}/read`)).body.unread).toBe(0);
    await rest.ok(201, send(cleo, id, "Yes."));
    expect([await unread(ann, id), await unread(cleo, id)]).toEqual([1, 0]);
    const [told] = await all.eventsOf(sent.body.id, "message.sent");
    expect(told).toMatchObject({ conversationId: id, senderId: ann.id, recipientIds: [cleo.id] });
  });

  it("fifty messages at once are fifty, and all are counted", async () => {
    const { id } = await talk(bob, [ann, cleo]);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => send(n % 2 === 0 ? bob : cleo, id, `Nr ${n}`)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await unread(ann, id)).toBe(50);
    expect([await unread(bob, id), await unread(cleo, id)]).toEqual([25, 25]);
    expect(new Set(await texts(ann, id)).size).toBe(50);
  });

  it("the list has the latest activity first, page by page", async () => {
    const [one, two, three] = [
      await talk(ann, [bob, cleo], { title: "1" }),
      await talk(ann, [bob, cleo], { title: "2" }),
      await talk(ann, [bob, cleo], { title: "3" }),
    ];
    await rest.ok(201, send(bob, one.id, "Up."));
    const page = await rest.ok(200, rest.as(ann).get("/conversations?limit=2"));
    expect(page.body.items.map(({ id }: Body) => id)).toEqual([one.id, three.id]);
    expect(page.body.items[0].unread).toBe(1);
    const next = await rest.ok(200, rest.as(ann).get(`/conversations?limit=2&cursor=${page.body.nextCursor}`));
    expect(next.body.items[0].id).toBe(two.id);
  });

  it("are with members of the building only, and not with oneself", async () => {
    const stranger = await rest.newPerson(all.admin, "Olga");
    const refused = async (answer: ReturnType<typeof begin>) => {
      const { status, body } = await answer;
      return [status, body.code, body.errors?.[0]?.path];
    };
    expect(await refused(begin(ann, [bob, stranger]))).toEqual([422, "PERSON_UNKNOWN", "/participantIds/1"]);
    expect(await refused(begin(ann, [{ id: newId() } as Person]))).toEqual([
      422,
      "PERSON_UNKNOWN",
      "/participantIds/0",
    ]);
    expect(await refused(begin(ann, [bob, ann]))).toEqual([422, "OWN_SELF", "/participantIds/1"]);
    expect((await begin(stranger, [ann])).body.code).toBe("BUILDING_UNNAMED");
    expect((await begin(stranger, [ann], { buildingId: all.buildingId })).status).toBe(404);
    const { id } = await talk(ann, [bob]);
    for (const person of [cleo, manager, stranger]) {
      expect((await rest.as(person).get(`/conversations/${id}`)).status).toBe(404);
      expect((await rest.as(person).get(`/conversations/${id}/messages`)).status).toBe(404);
      expect((await send(person, id, "Me too.")).status).toBe(404);
      expect((await rest.as(person).post(`/conversations/${id}/read`)).status).toBe(404);
    }
  });

  it("a sender takes a message back: a placeholder stays for both; nobody else does", async () => {
    const { id } = await talk(ann, [bob]);
    const { body: message } = await rest.ok(201, send(ann, id, "Forget it."));
    expect((await rest.as(bob).delete(`/messages/${message.id}`)).status).toBe(403);
    expect((await rest.as(cleo).delete(`/messages/${message.id}`)).status).toBe(404);
    expect((await rest.as(ann).delete(`/messages/${message.id}`)).status).toBe(204);
    for (const person of [ann, bob]) {
      const { items } = (await rest.as(person).get(`/conversations/${id}/messages?limit=1`)).body;
      expect(items[0]).toMatchObject({ id: message.id, status: "removed", body: null });
    }
  });

  it("a message that was reported goes to the managers, that one alone", async () => {
    const { id } = await talk(ann, [bob]);
    await rest.ok(201, send(ann, id, "Something private."));
    const { body: message } = await rest.ok(201, send(ann, id, "Something rude."));
    expect((await rest.as(cleo).post(`/messages/${message.id}/flags`, { reason: "hate" })).status).toBe(404);
    expect((await rest.as(ann).post(`/messages/${message.id}/flags`, { reason: "hate" })).status).toBe(409);
    await rest.ok(201, rest.as(bob).post(`/messages/${message.id}/flags`, { reason: "harassment" }));
    const { items } = (await rest.as(manager).get("/moderation/cases?status=pending")).body;
    const found = items.find((one: Body) => one.contentId === message.id);
    expect(found).toMatchObject({ contentType: "message", content: { body: "Something rude.", authorId: ann.id } });
    expect(JSON.stringify(items)).not.toContain("private");
  });

  describe("blocks", () => {
    it("are respected in both directions, and tell nobody who has blocked whom", async () => {
      const { id } = await talk(ann, [bob]);
      await rest.ok(200, block(bob, ann));
      const answers = [await send(ann, id, "Hello?"), await send(bob, id, "No."), await begin(ann, [bob, cleo])];
      for (const { status, body } of answers) expect([status, body.code]).toEqual([403, "MESSAGE_BLOCKED"]);
      expect(answers[0]?.body.detail).toBe(answers[1]?.body.detail);
      expect((await rest.as(ann).get("/blocks")).body.items).toEqual([]);
      expect((await rest.as(ann).get(`/blocks/${bob.id}`)).status).toBe(404);
      const own = await rest.ok(200, rest.as(bob).get("/blocks"));
      expect(own.body.items).toMatchObject([{ userId: ann.id, name: "Ann" }]);
      expect((await rest.as(bob).get(`/blocks/${ann.id}`)).body).toMatchObject({ userId: ann.id });
      expect((await unblock(bob, ann)).status).toBe(204);
      expect((await unblock(bob, ann)).status).toBe(204);
      await rest.ok(201, send(ann, id, "Hello again."));
    });

    it("within a larger conversation: the two do not get what the other one writes, the third does", async () => {
      const { id } = await talk(cleo, [ann, bob]);
      await rest.ok(200, block(ann, bob));
      await rest.ok(200, block(ann, bob));
      await rest.ok(201, send(bob, id, "From Bob."));
      await rest.ok(201, send(ann, id, "From Ann."));
      expect(await texts(cleo, id)).toEqual(["From Ann.", "From Bob."]);
      expect(await texts(ann, id)).toEqual(["From Ann."]);
      expect(await texts(bob, id)).toEqual(["From Bob."]);
      expect([await unread(ann, id), await unread(bob, id), await unread(cleo, id)]).toEqual([0, 0, 2]);
      expect((await unblock(ann, bob)).status).toBe(204);
    });

    it("of oneself are refused; of somebody unknown they tell nothing", async () => {
      expect(await block(ann, ann)).toMatchObject({ status: 422, body: { code: "OWN_SELF" } });
      const stranger = await rest.newPerson(all.admin, "Paul");
      expect((await block(ann, stranger)).body).toMatchObject({ userId: stranger.id, name: "" });
      expect((await block(ann, { id: newId() })).status).toBe(200);
    });
  });
});
