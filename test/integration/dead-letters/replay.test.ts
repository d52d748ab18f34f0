import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Answer } from "../../../mixins/retry/questions.ts";
import { waitFor } from "../../support/env.ts";
import { envelope, type Lab, startLab } from "./lab.ts";
import { replay, resolved, show, steps } from "./steps.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.dispose());
beforeEach(() => {
  lab.fail.code = null;
});

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
    expect(await replay(lab, id)).toMatchObject({
      status: "replaying",
      episode: 2,
      legal: [],
    });
    await resolved(lab, id);
    expect(await lab.effects(eventId)).toBe(1);
    expect(await steps(lab, id)).toEqual(["archived by system:lab", "replayed by ann", "resolved by system:lab"]);
    const [, replayed] = await lab.audit(id);
    expect(replayed?.detail).toMatchObject({
      queue: "lab.q",
      episode: 2,
      eventId,
    });
  });

  it("reaches its own consumer and nobody else", async () => {
    const { id, eventId } = await lab.dead();
    await replay(lab, id);
    await resolved(lab, id);
    const annex = lab.world.client.db(`${lab.world.env.DB_PREFIX}_annex`);
    expect(await annex.collection("inbox").countDocuments({ eventId })).toBe(0);
  });

  it("that fails again opens the same letter again, with both episodes in its error chain", async () => {
    lab.fail.code = "STILL_BROKEN";
    const body = envelope({ size: 1 });
    await lab.put("lab.q", body, { headers: { "x-attempt": 5 } });
    const { _id: id } = await lab.letter(`lab:${body.eventId}`);
    // A broken payload comes straight back, without the 15 s of retries.
    await lab.db.collection("dead_letters").updateOne({ _id: id as never }, { $set: { body: JSON.stringify(body) } });
    await replay(lab, id);
    const again = await waitFor(async () => ((await lab.letter(id)).status === "open" ? lab.letter(id) : undefined), {
      message: "the letter to be open again",
    });
    expect(again).toMatchObject({
      episode: 2,
      attempts: 6,
      code: "STILL_BROKEN",
      version: 3,
    });
    expect(await lab.letters().then((all) => all.filter(({ eventId }) => eventId === body.eventId))).toHaveLength(1);
    expect((await show(lab, id)).errors.map(({ episode, attempt }) => `${episode}.${attempt}`)).toEqual([
      "1.6",
      "2.1",
      "2.2",
      "2.3",
      "2.4",
      "2.5",
      "2.6",
    ]);
    lab.fail.code = null;
    await replay(lab, id);
    await resolved(lab, id);
    expect(await lab.effects(body.eventId)).toBe(1);
    expect(await steps(lab, id)).toEqual([
      "archived by system:lab",
      "replayed by ann",
      "archived by system:lab",
      "replayed by ann",
      "resolved by system:lab",
    ]);
  });

  it("by ten operators at once is done by one; the others get 409", async () => {
    const { id, eventId } = await lab.dead();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, i) => outcome(replay(lab, id, {}, `operator-${i}`))),
    );
    expect(outcomes.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(outcomes.filter(({ status, code }) => status === 409 && code === "DEAD_LETTER_STATE")).toHaveLength(9);
    await resolved(lab, id);
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
    await expect(replay(lab, id)).rejects.toMatchObject({
      status: 409,
      code: "DEAD_LETTER_STATE",
      message: expect.stringContaining("the consumer has handled the event"),
    });
    expect(await show(lab, id)).toMatchObject({ status: "resolved" });
    expect(await lab.effects(eventId)).toBe(1);
  });

  it("under a new id has its effect under that id, and comes back to the same letter when it fails", async () => {
    const { id, eventId } = await lab.dead();
    const { replayedAs } = await replay(lab, id, { newEventId: true });
    expect(replayedAs).toHaveLength(1);
    await resolved(lab, id);
    expect(await lab.effects(eventId)).toBe(0);
    expect(await lab.effects(replayedAs[0] as string)).toBe(1);
  });

  it("under a new id that fails comes back to the same letter, and resolves it when a copy gets through after all", async () => {
    const { id, eventId } = await lab.dead();
    lab.fail.code = "BROKEN_FOR_NOW";
    const { replayedAs } = await replay(lab, id, { newEventId: true });
    const [newId] = replayedAs as [string];
    // The dead letter of the new id, without waiting 15 s for its retries.
    const sent = await lab.letter(id);
    const row = await lab.db.collection("outbox").findOne({ eventId: newId });
    const headers = { ...row?.target.headers, "x-error-code": "AGAIN", "x-attempt": 6 };
    await lab.put("lab.dlq", Buffer.from(sent.body), { headers });
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
    await resolved(lab, id);
    expect([await lab.effects(eventId), await lab.effects(newId)]).toEqual([0, 1]);
  });

  it("of a body that the consumer would refuse again is itself refused, with the reason", async () => {
    await lab.put("lab.q", Buffer.from("rubbish to replay"));
    const letter = await waitFor(async () => (await lab.letters()).find(({ body }) => body === "rubbish to replay"), {
      message: "the letter",
    });
    await expect(replay(lab, letter._id)).rejects.toMatchObject({
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
    await expect(replay(lab, id)).rejects.toMatchObject({
      status: 409,
      code: "DEAD_LETTER_TOO_OLD",
    });
    await replay(lab, id, { force: true });
    await resolved(lab, id);
  });

  it("is refused to who has seen another version", async () => {
    const { id } = await lab.dead();
    await expect(replay(lab, id, {}, "ann", { ifMatch: 7 })).rejects.toMatchObject({
      status: 412,
      code: "VERSION_MISMATCH",
    });
    await replay(lab, id, {}, "ann", { ifMatch: 1 });
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
    await replay(lab, id);
    await resolved(lab, id);
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
