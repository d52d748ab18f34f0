import { describe, expect, it } from "@jest/globals";
import { ReadAhead } from "../../mixins/outbox/read-ahead.ts";

const isSettled = async (promise: Promise<void>): Promise<boolean> => {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
};

describe("what is read ahead of the publisher", () => {
  it("comes out in order, and only once", () => {
    const ahead = new ReadAhead<string>({ items: 10, bytes: 100 });
    ahead.push("a", 1);
    ahead.push("b", 1);
    expect([ahead.take(), ahead.take(), ahead.take()]).toEqual(["a", "b", undefined]);
    expect(ahead.isEmpty).toBe(true);
  });

  it.each([
    ["items", { items: 1, bytes: 100 }, 1],
    ["bytes", { items: 10, bytes: 5 }, 5],
  ])("makes the reader wait at its limit of %s, until something is taken", async (_, limits, bytes) => {
    const ahead = new ReadAhead<string>(limits);
    expect(ahead.hasRoom).toBe(true);
    ahead.push("a", bytes);
    expect(ahead.hasRoom).toBe(false);
    const room = ahead.room();
    expect(await isSettled(room)).toBe(false);
    ahead.take();
    expect(await isSettled(room)).toBe(true);
  });

  it("makes the taker wait while it is empty", async () => {
    const ahead = new ReadAhead<string>({ items: 1, bytes: 1 });
    const arrival = ahead.arrival();
    expect(await isSettled(arrival)).toBe(false);
    ahead.push("a", 1);
    expect(await isSettled(arrival)).toBe(true);
  });

  it("lets everybody go when it is closed", async () => {
    const full = new ReadAhead<string>({ items: 0, bytes: 0 });
    const empty = new ReadAhead<string>({ items: 1, bytes: 1 });
    const waits = [full.room(), empty.arrival()];
    full.close();
    empty.close();
    expect(await Promise.all(waits.map(isSettled))).toEqual([true, true]);
    expect(await isSettled(full.room())).toBe(true);
  });
});
