import { describe, expect, it } from "@jest/globals";
import { type Operation, orphansAmong } from "../../mixins/mongo/orphans.ts";

const idle = (id: string, connectionId: number, inactiveMs: number): Operation => ({
  type: "idleSession",
  connectionId,
  lsid: { id },
  active: false,
  transaction: { timeInactiveMicros: inactiveMs * 1_000 },
});
const connection = (connectionId: number): Operation => ({ type: "op", connectionId });

describe("orphansAmong", () => {
  it("finds the transactions whose connection is gone, and those that were left alone for half a minute", () => {
    const operations = [connection(1), idle("living", 1, 10), idle("dead", 2, 10), idle("hung", 1, 31_000)];
    expect(orphansAmong(operations)).toEqual([{ id: "dead" }, { id: "hung" }]);
  });

  it("leaves sessions without a transaction, and running operations, alone", () => {
    const session: Operation = { type: "idleSession", connectionId: 2, lsid: { id: "a" }, active: false };
    const running: Operation = { ...idle("b", 2, 60_000), type: "op", active: true };
    expect(orphansAmong([session, running])).toEqual([]);
  });
});
