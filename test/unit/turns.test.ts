/** Turns of a node's consumers. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { Turns } from "../../mixins/kit/turns.ts";

const NEVER_MS = 2_147_483_647;

describe("turns", () => {
  it("come in the order of those who wait, as many at a time as were agreed", () => {
    const turns = new Turns(2, NEVER_MS);
    const began: string[] = [];
    const ends: (() => void)[] = [];
    const begin = (name: string): void => {
      began.push(name);
      ends.push(turns.begin());
    };
    begin("a");
    expect(turns.taken).toBe(false);
    begin("b");
    expect(turns.taken).toBe(true);
    for (const name of ["c", "d", "e"]) turns.wait(() => begin(name));
    ends[0]?.();
    expect(began).toEqual(["a", "b", "c"]);
    ends[1]?.();
    ends[2]?.();
    expect(began).toEqual(["a", "b", "c", "d", "e"]);
    for (const end of ends.slice(3)) end();
    expect(turns.taken).toBe(false);
  });

  it("pass by whoever wants none any more, or has to wait for something else", () => {
    const turns = new Turns(1, 0);
    const asked: string[] = [];
    const end = turns.begin();
    turns.wait(() => asked.push("nothing to do"));
    const again = (): void => {
      asked.push("waits for itself");
      if (asked.length < 4) turns.wait(again);
    };
    turns.wait(again);
    turns.wait(again);
    turns.wait(() => {
      asked.push("takes it");
      turns.begin();
    });
    end();
    expect(asked).toEqual(["nothing to do", "waits for itself", "takes it"]);
    expect(turns.taken).toBe(true);
  });

  it("are taken by those who wait for nothing else, too", async () => {
    const turns = new Turns(1, NEVER_MS);
    const end = await turns.take();
    const order: string[] = [];
    const all = ["a", "b"].map(async (name) => {
      const ended = await turns.take();
      order.push(`${name} begins`);
      await delay(5);
      order.push(`${name} ends`);
      ended();
    });
    end();
    await Promise.all(all);
    expect(order).toEqual(["a begins", "a ends", "b begins", "b ends"]);
    expect(turns.taken).toBe(false);
  });

  it("are overdue when another one hangs", async () => {
    const turns = new Turns(1, 20);
    turns.begin();
    const overdue = await new Promise<boolean>((resolve) => turns.wait(resolve));
    expect([overdue, turns.taken]).toEqual([true, true]);
    const calls: boolean[] = [];
    turns.wait((late) => calls.push(late));
    await delay(60);
    expect(calls).toEqual([true]);
  });
});
