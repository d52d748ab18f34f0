import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import type { Bench } from "../../bench/lib/bench.ts";
import { Running } from "../../bench/lib/bench.ts";
import { atSteadyRate } from "../../bench/lib/load.ts";
import { readArguments } from "../../bench/lib/options.ts";
import { plot } from "../../bench/lib/plot.ts";
import { asMarkdown, asText, type Report, renewed } from "../../bench/lib/report.ts";
import { type BenchResult, figure, median, percentile } from "../../bench/lib/summary.ts";

const OPTIONS = readArguments(["--rounds", "3"], ["B1"]);
const known = ["B1", "B2"];

describe("what the benchmarks are asked for", () => {
  it("is everything in full length unless told otherwise", () => {
    expect(readArguments([], known)).toEqual({
      ids: [],
      save: false,
      debezium: true,
      rounds: 5,
      minutes: 10,
      backlog: [10_000, 100_000, 1_000_000],
      published: 1_000_000,
    });
  });

  it("may be short, and any size may be given on top of that", () => {
    const { ids, rounds, minutes, backlog } = readArguments(["b2", "--quick", "--backlog", "5000"], known);
    expect({ ids, rounds, minutes, backlog }).toEqual({ ids: ["B2"], rounds: 1, minutes: 0.25, backlog: [5_000] });
  });

  it.each([
    [["B77"], "There is no benchmark B77; remedy: one of B1, B2."],
    [["--rounds", "0"], "--rounds must be a whole number from 1 to 100; remedy: for example --rounds 5."],
    [["--minutes", "soon"], "--minutes must be a number from 0.05 to 1440; remedy: for example --minutes 10."],
    [["--backlog", "10000,"], "--backlog must be a whole number from 1000 to 100000000"],
    [["--fast"], "Unknown option '--fast'"],
  ])("%j is refused with what would be right", (args, message) => {
    expect(() => readArguments(args, known)).toThrow(message);
  });
});

describe("a load at a steady rate", () => {
  it("is over when all have ended", async () => {
    let ended = 0;
    await atSteadyRate(100, 0.1, async () => {
      await delay(30);
      ended++;
    });
    expect(ended).toBe(10);
  });

  it("ends at once when one fails, with its error", async () => {
    let begun = 0;
    const load = atSteadyRate(100, 60, async () => {
      if (++begun === 3) throw new Error("401");
    });
    await expect(load).rejects.toThrow("401");
    expect(begun).toBeLessThan(100);
  });
});

describe("the middle of many", () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])("of %j is %d", (values, expected) => expect(median(values)).toBe(expected));

  it("and the rank near the end", () => {
    const values = Array.from({ length: 200 }, (_, n) => n + 1);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile([5], 0.99)]).toEqual([100, 198, 5]);
  });
});

/** Each measurement is one step more than the last. */
function counter(order: string[], name: string, step: number, before = async () => {}) {
  let rate = 0;
  const measure = async () => {
    await before();
    order.push(name);
    rate += step;
    return { rate };
  };
  return { name, measure };
}

function counting(order: string[], beforeB = async () => {}): Bench {
  return {
    id: "B1",
    title: "counts & <compares>",
    units: { rate: "events/s" },
    goals: [
      { name: "b of a", value: (r) => figure(r, "b", "rate") / figure(r, "a", "rate"), atLeast: 20 },
      { name: "of one that was left out", value: (r) => figure(r, "c", "rate"), atLeast: 1 },
    ],
    limit: "The counting.",
    open: async () => ({
      variants: [counter(order, "a", 1), counter(order, "b", 10, beforeB)],
      notes: ["c was left out."],
      close: async () => void order.push("closed"),
    }),
  };
}

describe("a benchmark", () => {
  it("measures in alternation after a round that does not count, and is closed", async () => {
    const order: string[] = [];
    const result = await new Running(counting(order)).run(OPTIONS, () => {});
    expect(order.join(" ")).toBe("a b a b b a a b closed");
    expect(result.medians).toEqual({ a: { rate: 3 }, b: { rate: 30 } });
    expect(result.verdicts).toEqual([
      { goal: "b of a", median: 10, values: [10, 10, 10], atLeast: 20, reached: false },
    ]);
  });

  it("that breaks is closed, and what it had measured can still be had", async () => {
    const order: string[] = [];
    let turns = 0;
    const breaking = counting(order, async () => {
      if (++turns === 3) throw new Error("broken");
    });
    const running = new Running(breaking);
    expect(running.result).toBeUndefined();
    await expect(running.run(OPTIONS, () => {})).rejects.toThrow("broken");
    expect(order.at(-1)).toBe("closed");
    expect(running.result?.rounds).toEqual([{ a: { rate: 2 }, b: { rate: 20 } }]);
  });
});

describe("the report", () => {
  const result = (): Promise<BenchResult> => new Running(counting([])).run(OPTIONS, () => {});
  const measured = async (): Promise<Report> => ({
    at: "2026-01-02T03:04:05.000Z",
    commit: "abc1234",
    machine: { cpu: "2 x fast", mongodb: "6.0.5" },
    asked: "npm run bench -- --save",
    rounds: 3,
    remarks: ["The machine was busy."],
    results: [await result()],
  });

  it("tells figures, goals, what was left out, what limits, and where", async () => {
    const text = asMarkdown(renewed([], await measured()));
    for (const part of [
      "0 of 1 goals are reached",
      "> The machine was busy.",
      "mongodb 6.0.5",
      "| a | rate 3.00 events/s |",
      "| b of a | 10.0 | ≥ 20 | missed | 10.0 to 10.0 |",
      "![B1](performance/b1.svg)",
      "c was left out.",
      "**What limits it now.** The counting.",
    ])
      expect(text).toContain(part);
  });

  it("of some benchmarks renews these in the reference; the others stay with the run that measured them", async () => {
    const first = await measured();
    const [b1] = first.results as [BenchResult];
    const all = renewed([], { ...first, results: [{ ...b1, id: "B10" }, b1, { ...b1, id: "B2" }] });
    const next = renewed(all, { ...first, commit: "def5678", results: [{ ...b1, id: "B2", title: "anew" }] });
    expect(next.map(({ id, title, run }) => [id, title === "anew", run.commit])).toEqual([
      ["B1", false, "abc1234"],
      ["B2", true, "def5678"],
      ["B10", false, "abc1234"],
    ]);
    expect(asMarkdown(next)).toContain("2026-01-02, commit def5678, up to 3 rounds");
  });

  it("is shown in the terminal too", async () => {
    expect(asText(await result())).toContain("✗ b of a: 10.0 (goal ≥ 20, missed; rounds 10.0 to 10.0)");
  });

  it("has a picture: a bar a variant, a mark a round, nothing that could be taken for markup", async () => {
    const whole = await result();
    expect(plot(whole).match(/<rect /g)).toHaveLength(2);
    expect(plot(whole).match(/<line /g)).toHaveLength(6);
    expect(plot({ ...whole, medians: { "<a> & b": { rate: 3 } } })).toContain("&lt;a&gt; &amp; b");
  });
});
