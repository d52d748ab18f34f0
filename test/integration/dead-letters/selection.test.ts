import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Answer } from "../../../mixins/retry/questions.ts";
import { type Lab, startLab } from "./lab.ts";
import { resolved } from "./steps.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.dispose());

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
    for (const { id } of some) await resolved(lab, id);
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
