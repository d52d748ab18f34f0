import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Answer } from "../../../mixins/retry/questions.ts";
import { waitFor } from "../../support/env.ts";
import { envelope, type Lab, type Shown, startLab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.dispose());
beforeEach(() => {
  lab.fail.code = null;
});

const steps = async (id: string) => (await lab.audit(id)).map(({ step, actorId }) => `${step} by ${actorId}`);
const show = (id: string) => lab.ask<Shown>("ops.showDeadLetter", { id });
const replay = (id: string, params: object = {}, by?: string, meta?: object) =>
  lab.ask<Shown>("ops.replayDeadLetter", { id, ...params }, by, meta);
const resolved = (id: string) =>
  waitFor(async () => ((await show(id)).status === "resolved" ? true : undefined), { message: `${id} to be resolved` });
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => ({ status: 200 as unknown, code: "OK" as unknown }),
    ({ status, code }: { status: unknown; code: unknown }) => ({
      status,
      code,
    }),
  );

describe("replay", () => {
  it("ends in one effect and a resolved letter, all of it in the audit", async () => {
    const { id, eventId } = await lab.dead();
    expect(await replay(id)).toMatchObject({
      status: "replaying",
      episode: 2,
      legal: [],
    });
    await resolved(id);
    expect(await lab.effects(eventId)).toBe(1);
    expect(await steps(id)).toEqual(["archived by system:lab", "replayed by ann", "resolved by system:lab"]);
    const [, replayed] = await lab.audit(id);
    expect(replayed?.detail).toMatchObject({
      queue: "lab.q",
      episode: 2,
      eventId,
    });
  });

  it("reaches its own consumer and nobody else", async () => {
    const { id, eventId } = await lab.dead();
    await replay(id);
    await resolved(id);
    const annex = lab.world.client.db(`${lab.world.env.DB_PREFIX}_annex`);
    expect(await annex.collection("inbox").countDocuments({ eventId })).toBe(0);
  });

  it("that fails again opens the same letter again, with both episodes in its error chain", async () => {
    lab.fail.code = "STILL_BROKEN";
    const body = envelope({ size: 1 });
    await lab.put("lab.q", body, { headers: { "x-attempt": 5 } });
    const { _id: id } = await lab.letter(`lab:${body.eventId}`);
    // A broken payload comes straight back, without the 15 s of retries.
    await lab.world.client
      .db(`${lab.world.env.DB_PREFIX}_lab`)
      .collection("dead_letters")
      .updateOne({ _id: id as never }, { $set: { body: JSON.stringify(body) } });
    await replay(id);
    const again = await waitFor(async () => ((await lab.letter(id)).status === "open" ? lab.letter(id) : undefined), {
      deadlineMs: 25_000,
      message: "the letter to be open again",
    });
    expect(again).toMatchObject({
      episode: 2,
      attempts: 6,
      code: "STILL_BROKEN",
      version: 3,
    });
    expect(await lab.letters().then((all) => all.filter(({ eventId }) => eventId === body.eventId))).toHaveLength(1);
    expect((await show(id)).errors.map(({ episode, attempt }) => `${episode}.${attempt}`)).toEqual([
      "1.6",
      "2.1",
      "2.2",
      "2.3",
      "2.4",
      "2.5",
      "2.6",
    ]);
    lab.fail.code = null;
    await replay(id);
    await resolved(id);
    expect(await lab.effects(body.eventId)).toBe(1);
    expect(await steps(id)).toEqual([
      "archived by system:lab",
      "replayed by ann",
      "archived by system:lab",
      "replayed by ann",
      "resolved by system:lab",
    ]);
  }, 45_000);

  it("by ten operators at once is done by one; the others get 409", async () => {
    const { id, eventId } = await lab.dead();
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => outcome(replay(id, {}, `operator-${i}`))));
    expect(outcomes.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(outcomes.filter(({ status, code }) => status === 409 && code === "DEAD_LETTER_STATE")).toHaveLength(9);
    await resolved(id);
    expect(await lab.effects(eventId)).toBe(1);
    expect((await lab.audit(id)).filter(({ step }) => step === "replayed")).toHaveLength(1);
  });

  it("after success is refused, also when the success came by a late duplicate", async () => {
    const { id, eventId } = await lab.dead();
    const [letter] = (await lab.letters()).filter(({ _id }) => _id === id);
    await lab.put("lab.q", Buffer.from(letter?.body ?? ""));
    await waitFor(() => lab.effects(eventId), {
      message: "the duplicate's effect",
    });
    await expect(replay(id)).rejects.toMatchObject({
      status: 409,
      code: "DEAD_LETTER_STATE",
      message: expect.stringContaining("the consumer has handled the event"),
    });
    expect(await show(id)).toMatchObject({ status: "resolved" });
    expect(await lab.effects(eventId)).toBe(1);
  });

  it("under a new id has its effect under that id, and comes back to the same letter when it fails", async () => {
    const { id, eventId } = await lab.dead();
    const { replayedAs } = await replay(id, { newEventId: true });
    expect(replayedAs).toHaveLength(1);
    await resolved(id);
    expect(await lab.effects(eventId)).toBe(0);
    expect(await lab.effects(replayedAs[0] as string)).toBe(1);
  });

  it("under a new id that fails comes back to the same letter, and resolves it when a copy gets through after all", async () => {
    const { id, eventId } = await lab.dead();
    lab.fail.code = "BROKEN_FOR_NOW";
    const { replayedAs } = await replay(id, { newEventId: true });
    const [newId] = replayedAs as [string];
    // The dead letter of the new id, without waiting 15 s for its retries.
    const sent = await lab.letter(id);
    await lab.put("lab.dlq", Buffer.from(sent.body), {
      headers: {
        "x-episode": 2,
        "x-dead-letter": id,
        "x-error-code": "AGAIN",
        "x-attempt": 6,
      },
    });
    await waitFor(async () => (await lab.letter(id)).status === "open", {
      message: "the same letter to be open again",
    });
    expect(await lab.letter(id)).toMatchObject({
      eventId,
      code: "AGAIN",
      episode: 2,
      replayedAs: [newId],
    });
    expect((await lab.letters()).filter((letter) => letter._id.endsWith(newId))).toEqual([]);
    lab.fail.code = null;
    await resolved(id);
    expect([await lab.effects(eventId), await lab.effects(newId)]).toEqual([0, 1]);
  });

  it("of a body that the consumer would refuse again is itself refused, with the reason", async () => {
    await lab.put("lab.q", Buffer.from("rubbish to replay"));
    const letter = await waitFor(async () => (await lab.letters()).find(({ body }) => body === "rubbish to replay"), {
      message: "the letter",
    });
    await expect(replay(letter._id)).rejects.toMatchObject({
      status: 422,
      code: "DEAD_LETTER_NOT_REPLAYABLE",
      message: expect.stringContaining("NOT_JSON"),
    });
  });

  it("of what is older than the inbox is refused unless forced", async () => {
    const body = envelope({ size: 1 });
    const headers = {
      "x-attempt": 6,
      "x-error-code": "OLD",
      "x-first-failed-at": new Date(Date.now() - 31 * 24 * 3600_000).toISOString(),
    };
    await lab.put("lab.dlq", body, { headers });
    const { _id: id } = await lab.letter(`lab:${body.eventId}`);
    await expect(replay(id)).rejects.toMatchObject({
      status: 409,
      code: "DEAD_LETTER_TOO_OLD",
    });
    await replay(id, { force: true });
    await resolved(id);
  });

  it("is refused to who has seen another version", async () => {
    const { id } = await lab.dead();
    await expect(replay(id, {}, "ann", { ifMatch: 7 })).rejects.toMatchObject({
      status: 412,
      code: "VERSION_MISMATCH",
    });
    await replay(id, {}, "ann", { ifMatch: 1 });
  });

  it("as a dry run tells what would happen and changes nothing", async () => {
    const { id, eventId } = await lab.dead();
    const before = await lab.letter(id);
    const run = await lab.ask<Answer<"dryRun">>("ops.replayDeadLetter", {
      id,
      dryRun: true,
    });
    expect(run).toMatchObject({
      allowed: true,
      refusal: null,
      contract: { ok: true },
      inbox: { done: false, withinRetention: true },
      queue: "lab.q",
      episode: 2,
      eventId,
    });
    expect(await lab.letter(id)).toEqual(before);
    await replay(id);
    await resolved(id);
    const after = await lab.ask<Answer<"dryRun">>("ops.replayDeadLetter", {
      id,
      dryRun: true,
    });
    expect(after).toMatchObject({
      allowed: false,
      refusal: { code: "DEAD_LETTER_STATE" },
      inbox: { done: true },
    });
  });
});

describe("edit", () => {
  it("and replay end in one effect with the mended payload; the difference is in the audit", async () => {
    const body = envelope({ size: "huge", buildingId: "b1" });
    await lab.put("lab.q", body);
    const { _id: id } = await lab.letter(`lab:${body.eventId}`);
    const edited = await lab.ask<Shown>("ops.editDeadLetter", { id, payload: { size: 9, buildingId: "b1" } }, "eve");
    expect(edited).toMatchObject({
      edited: true,
      status: "open",
      version: 2,
      contract: { ok: true },
      payload: { size: 9, buildingId: "b1" },
    });
    await replay(id);
    await resolved(id);
    const effect = await lab.world.client
      .db(`${lab.world.env.DB_PREFIX}_lab`)
      .collection("effects")
      .findOne({ eventId: body.eventId });
    expect(effect?.payload).toEqual({ size: 9, buildingId: "b1" });
    expect(await lab.effects(body.eventId)).toBe(1);
    const [, audit] = await lab.audit(id);
    expect(audit).toMatchObject({
      step: "edited",
      actorId: "eve",
      detail: { diff: [{ path: "/payload/size", from: "huge", to: 9 }] },
    });
  });

  it("mends bytes that were no event at all, and their replay is handled", async () => {
    await lab.put("lab.q", Buffer.from([0xff, 0xfe, 0x01]));
    const letter = await waitFor(async () => (await lab.letters()).find(({ bytes }) => bytes === 3), {
      message: "the letter",
    });
    const body = envelope({ size: 11 });
    await lab.ask("ops.editDeadLetter", { id: letter._id, body });
    await replay(letter._id);
    await resolved(letter._id);
    expect(await lab.effects(body.eventId)).toBe(1);
  });

  it.each([
    ["a broken payload", { payload: { size: -1 } }, "/payload"],
    ["another building", { payload: { size: 1, buildingId: "b2" } }, "/payload/buildingId"],
    ["another event", { body: envelope({ size: 1, buildingId: "b1" }) }, "/body/eventId"],
    ["nothing", {}, ""],
  ])("refuses %s and names the field", async (_, change, path) => {
    const { id } = await lab.dead({ size: 1, buildingId: "b1" });
    const before = await lab.letter(id);
    const refusal = lab.ask("ops.editDeadLetter", { id, ...change });
    await expect(refusal).rejects.toMatchObject({
      status: 422,
      code: "DEAD_LETTER_EDIT_REFUSED",
      data: { errors: [{ path }] },
    });
    expect(await lab.letter(id)).toEqual(before);
    expect(await lab.audit(id)).toHaveLength(1);
  });
});

describe("discard and restore", () => {
  it("keep reason and actor, and let nobody replay meanwhile", async () => {
    const { id } = await lab.dead();
    expect(await lab.ask("ops.discardDeadLetter", { id, reason: "test data" }, "dan")).toMatchObject({
      status: "discarded",
      reason: "test data",
    });
    await expect(replay(id)).rejects.toMatchObject({
      status: 409,
      data: { status: "discarded", legal: ["restore"] },
    });
    expect(await lab.ask("ops.restoreDeadLetter", { id }, "rob")).toMatchObject({ status: "open", reason: null });
    await replay(id);
    await resolved(id);
    expect(await steps(id)).toEqual([
      "archived by system:lab",
      "discarded by dan",
      "restored by rob",
      "replayed by ann",
      "resolved by system:lab",
    ]);
  });

  it("needs a reason", async () => {
    const { id } = await lab.dead();
    await expect(lab.ask("ops.discardDeadLetter", { id })).rejects.toMatchObject({
      status: 422,
      data: { errors: [{ path: "/reason" }] },
    });
  });
});

describe("a selection", () => {
  it("is replayed letter by letter; a refusal stops nobody else", async () => {
    const some = await Promise.all([1, 2, 3].map((size) => lab.dead({ size }, "BATCHED")));
    const broken = await lab.dead({ size: "x" }, "BATCHED");
    const fingerprint = "lab|BATCHED|thing.made";
    const groups = await lab.ask<Answer<"groups">>("ops.groupDeadLetters");
    expect(groups.items.find((group) => group.fingerprint === fingerprint)).toMatchObject({
      count: 4,
      consumer: "lab",
      eventType: "thing.made",
      code: "BATCHED",
    });
    const result = await lab.ask<Answer<"replaySelection">>("ops.replaySelection", { filter: { fingerprint } });
    expect(result).toMatchObject({
      selected: 4,
      replayed: 3,
      remaining: 0,
      refused: [{ id: broken.id, code: "DEAD_LETTER_NOT_REPLAYABLE" }],
    });
    for (const { id } of some) await resolved(id);
    for (const { eventId } of some) expect(await lab.effects(eventId)).toBe(1);
  });

  it("by ids takes just these, and by limit leaves the rest", async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => lab.dead({ size: 1 }, "PICKED")));
    expect(await lab.ask("ops.replaySelection", { ids: [a?.id] })).toMatchObject({ replayed: 1 });
    expect(
      await lab.ask("ops.replaySelection", {
        filter: { fingerprint: "lab|PICKED|thing.made" },
        limit: 1,
      }),
    ).toMatchObject({ replayed: 1, remaining: 1 });
    for (const one of [b, c])
      expect(["open", "replaying", "resolved"]).toContain((await lab.letter(one?.id ?? "")).status);
  });

  it.each([
    [{}],
    [{ filter: {} }],
    [{ filter: { status: "open" } }],
    [{ ids: ["lab:x"], filter: { consumer: "lab" } }],
  ])("%j is refused: it would select everything, or two things", async (params) => {
    await expect(lab.ask("ops.replaySelection", params)).rejects.toMatchObject({ status: 422 });
  });
});

describe("lists", () => {
  it("page through all letters, newest first, each once", async () => {
    await Promise.all(Array.from({ length: 5 }, (_, size) => lab.dead({ size }, "PAGED")));
    const filter = { fingerprint: "lab|PAGED|thing.made", limit: 2 };
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Answer<"list"> = await lab.ask("ops.listDeadLetters", {
        ...filter,
        ...(cursor && { cursor }),
      });
      seen.push(...page.items.map((item) => `${item.deadAt} ${item.id}`));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toHaveLength(5);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
    expect(seen[0]).not.toContain("size");
  });

  it("show no payload, and filter by status, type and consumer", async () => {
    const { id } = await lab.dead({ size: 1, note: "private" }, "FILTERED");
    const filters = {
      consumer: "lab",
      eventType: "thing.made",
      status: "open",
      fingerprint: "lab|FILTERED|thing.made",
    };
    const { items } = await lab.ask<Answer<"list">>("ops.listDeadLetters", filters);
    expect(items.map((item) => item.id)).toEqual([id]);
    expect(JSON.stringify(items)).not.toContain("private");
    expect(
      (
        await lab.ask<Answer<"list">>("ops.listDeadLetters", {
          ...filters,
          eventType: "thing.other",
        })
      ).items,
    ).toEqual([]);
    await expect(lab.ask("ops.listDeadLetters", { consumer: "nobody" })).rejects.toMatchObject({ status: 404 });
    await expect(lab.ask("ops.listDeadLetters", { cursor: "rubbish" })).rejects.toMatchObject({ status: 422 });
    await expect(lab.ask("ops.listDeadLetters", { nonsense: 1 })).rejects.toMatchObject({ status: 422 });
  });

  it("of the audit filter by actor and page", async () => {
    const { id } = await lab.dead();
    await lab.ask("ops.discardDeadLetter", { id, reason: "audit me" }, "zoe");
    await lab.ask("ops.restoreDeadLetter", { id }, "zoe");
    const first = await lab.ask<Answer<"audit">>("ops.audit", {
      actorId: "zoe",
      limit: 1,
    });
    expect(first.items.map(({ step }) => step)).toEqual(["restored"]);
    const second = await lab.ask<Answer<"audit">>("ops.audit", {
      actorId: "zoe",
      limit: 1,
      cursor: first.nextCursor,
    });
    expect(second.items.map(({ step, detail }) => [step, detail])).toEqual([["discarded", { reason: "audit me" }]]);
    expect((await lab.ask<Answer<"audit">>("ops.audit", { deadLetterId: id })).items).toHaveLength(3);
  });
});

describe("who may", () => {
  it.each(["lab:0198c0de-0000-7000-8000-00000000dead", "nobody:1", "rubbish"])("gets 404 for %s", async (id) => {
    for (const action of ["showDeadLetter", "restoreDeadLetter", "replayDeadLetter"]) {
      await expect(lab.ask(`ops.${action}`, { id })).rejects.toMatchObject({
        status: 404,
        code: "DEAD_LETTER_NOT_FOUND",
      });
    }
  });

  it("is an admin only", async () => {
    const { id } = await lab.dead();
    const manager = {
      actor: {
        userId: "m",
        sessionId: "s",
        roles: [{ role: "manager", buildingId: "b1" }],
        memberships: [],
      },
    };
    await expect(lab.broker.call("ops.showDeadLetter", { id }, { meta: manager })).rejects.toMatchObject({
      status: 403,
    });
    await expect(lab.broker.call("ops.replayDeadLetter", { id })).rejects.toMatchObject({ status: 401 });
    await expect(lab.broker.call("lab.deadLetters.replay", { id })).rejects.toMatchObject({ status: 401 });
  });
});
