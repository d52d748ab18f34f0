import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Answer } from "../../../mixins/retry/questions.ts";
import { type Lab, startLab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  // The annex consumes, but does not run.
  lab = await startLab({}, { without: ["annex"] });
});
afterAll(() => lab.dispose());

describe("an owner that is away", () => {
  it.each(["listDeadLetters", "groupDeadLetters", "audit", "relays"])(
    "is named by %s, which tells the others' share",
    async (action) => {
      const answer = await lab.ask<Answer<"list"> & { unavailable: string[] }>(`ops.${action}`);
      expect(answer.unavailable).toEqual(action === "relays" ? ["things", "annex"] : ["annex"]);
      expect(Array.isArray(answer.items)).toBe(true);
    },
  );

  it("makes a question about its own letter a 503, to be asked again", async () => {
    await expect(lab.ask("ops.showDeadLetter", { id: "annex:1" })).rejects.toMatchObject({
      status: 503,
      code: "UNAVAILABLE",
    });
  });

  it("still shows the depth of its queues", async () => {
    const { items } = await lab.ask<{
      items: { name: string; messages: number; consumers: number }[];
    }>("ops.queues");
    expect(items.find(({ name }) => name === "annex.q")).toMatchObject({
      messages: 0,
      consumers: 0,
    });
    expect(items.find(({ name }) => name === "lab.dlq")).toMatchObject({
      consumers: 1,
    });
  });
});
