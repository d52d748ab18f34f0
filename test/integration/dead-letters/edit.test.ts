import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { waitFor } from "../../support/env.ts";
import { envelope, type Lab, type Shown, startLab } from "./lab.ts";
import { replay, resolved, steps } from "./steps.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.dispose());

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
    await replay(lab, id);
    await resolved(lab, id);
    const effect = await lab.db.collection("effects").findOne({ eventId: body.eventId });
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
    await replay(lab, letter._id);
    await resolved(lab, letter._id);
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
    await expect(replay(lab, id)).rejects.toMatchObject({
      status: 409,
      data: { status: "discarded", legal: ["restore"] },
    });
    expect(await lab.ask("ops.restoreDeadLetter", { id }, "rob")).toMatchObject({ status: "open", reason: null });
    await replay(lab, id);
    await resolved(lab, id);
    expect(await steps(lab, id)).toEqual([
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
