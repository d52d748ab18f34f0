import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Lanes } from "../../mixins/jobs/lanes.ts";

/** The next turns while every lane has work. */
const turns = (lanes: Lanes, count: number): string[] =>
  Array.from({ length: count }, () => {
    const lane = lanes.take() as string;
    lanes.open(lane);
    return lane;
  });

describe("lanes", () => {
  it("share the turns by weight, and none of them waits longer than one round", () => {
    const lanes = new Lanes({ a: 4, b: 2, c: 1 });
    lanes.openAll();
    const round = turns(lanes, 7);
    expect([...round].sort()).toEqual(["a", "a", "a", "a", "b", "b", "c"]);
    expect(turns(lanes, 7)).toEqual(round);
  });

  it("one that was empty gets its next turn as if it had never been: it has saved none up", () => {
    const lanes = new Lanes({ bulk: 1, urgent: 1 });
    lanes.open("bulk");
    turns(lanes, 50);
    lanes.open("urgent");
    expect(turns(lanes, 4).filter((lane) => lane === "urgent")).toHaveLength(2);
    lanes.take();
    lanes.take();
    lanes.empty("bulk");
    lanes.empty("urgent");
    expect([lanes.take(), lanes.anyOpen]).toEqual([undefined, false]);
  });

  it("jobs that are known get a turn each, and nobody looks for a further one", () => {
    const lanes = new Lanes({ a: 1, b: 1 });
    lanes.add("a");
    lanes.add("a");
    const taken = [lanes.take(), lanes.take()];
    lanes.found("a");
    expect([...taken, lanes.take(), lanes.anyOpen]).toEqual(["a", "a", undefined, false]);
  });

  it("a lane in which a look has found one may hold more; one that came meanwhile is not forgotten", () => {
    const lanes = new Lanes({ a: 1 });
    lanes.openAll();
    lanes.take();
    lanes.found("a");
    expect(lanes.take()).toBe("a");
    lanes.add("a");
    lanes.empty("a");
    expect([lanes.take(), lanes.take()]).toEqual(["a", undefined]);
  });

  it("unknown lanes are not opened", () => {
    const lanes = new Lanes({ a: 1 });
    lanes.open("b");
    lanes.add("b");
    expect(lanes.take()).toBeUndefined();
  });

  it("whatever the weights, a lane with work gets its share of any long row of turns", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), (weights) => {
        const lanes = new Lanes(Object.fromEntries(weights.map((weight, index) => [`l${index}`, weight])));
        lanes.openAll();
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const got = turns(lanes, total * 3);
        weights.forEach((weight, index) => {
          expect(got.filter((lane) => lane === `l${index}`)).toHaveLength(weight * 3);
        });
      }),
    );
  });
});
