/** The checker of the fault suite has to find what it is there for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { selectScenarios } from "../../faults/lib/catalog.ts";
import {
  type ConsumerFacts,
  check,
  isClean,
  type LetterFacts,
  type RowFacts,
  type Snapshot,
  told,
} from "../../faults/lib/checker.ts";
import { countedOf } from "../../faults/lib/effects.ts";
import { mutants, mutatedFiles } from "../../faults/lib/mutants.ts";
import { asPage, type FaultReport } from "../../faults/lib/report.ts";
import { ROOT } from "../../faults/lib/root.ts";
import type { Scenario } from "../../faults/lib/scenario.ts";
import { hasReached } from "../../faults/lib/token.ts";

const row = (eventId: string, fields: Partial<RowFacts> = {}): RowFacts => ({
  id: eventId,
  eventId,
  eventType: "probe.happened",
  owner: "probe",
  published: true,
  unroutable: false,
  failed: false,
  target: null,
  aggregateId: null,
  causationId: null,
  n: Number(eventId.slice(1)),
  buildingId: "b1",
  ...fields,
});

const letter = (eventId: string, fields: Partial<LetterFacts> = {}): LetterFacts => ({
  id: `alpha:${eventId}`,
  eventId,
  replayedAs: [],
  status: "open",
  code: "POISON",
  attempts: 6,
  version: 1,
  buildingId: "b1",
  auditEntries: 1,
  ...fields,
});

/** Two events, written, published, handled once. `e3` is the third, for whoever wants to break something. */
function healthy(): Snapshot & { alpha: ConsumerFacts } {
  const done = ["e1", "e2"];
  const alpha: ConsumerFacts = {
    name: "alpha",
    patterns: ["probe.*"],
    inbox: done.map((eventId) => ({ key: `alpha/${eventId}`, eventId, handled: true })),
    effects: done.map((eventId) => ({ eventId, part: "", buildingId: "b1" })),
    leaves: () => true,
    letters: [],
    attempts: [],
  };
  return {
    writes: done.map((eventId) => ({
      owner: "probe",
      eventType: "probe.happened",
      state: "accepted" as const,
      eventId,
      n: Number(eventId.slice(1)),
    })),
    rows: done.map((eventId) => row(eventId)),
    consumers: [alpha],
    queues: [{ name: "alpha.q", messages: 0 }],
    jobs: [],
    wire: new Map(done.map((eventId) => [eventId, 1])),
    tokens: [],
    alpha,
  };
}

/** Findings as `invariant kind consumer id`, after `harm`. */
function found(harm: (snapshot: ReturnType<typeof healthy>) => void): string[] {
  const snapshot = healthy();
  harm(snapshot);
  const { findings } = check(snapshot);
  return findings.map(({ invariant, kind, consumer, id }) => `${invariant} ${kind} ${consumer ?? "-"} ${id}`);
}
const accepted = (n: number, eventId?: string) => ({
  owner: "probe",
  eventType: "probe.happened",
  state: "accepted" as const,
  n,
  ...(eventId !== undefined && { eventId }),
});

describe("the checker", () => {
  it("has nothing to say about a healthy system", () => {
    const verdict = check(healthy());
    expect(isClean(verdict)).toBe(true);
    expect(told(verdict)).toBe("lost 0, doubled 0, phantom 0, pending 0");
    expect(verdict).toMatchObject({ accepted: 2, events: 2, effects: 2 });
  });

  it("finds an accepted write that is in no outbox", () => {
    expect(found(({ writes }) => (writes as object[]).push(accepted(3, "e3")))).toEqual(["I1 lost - e3"]);
  });

  it("finds an event that a consumer has neither handled nor given up", () => {
    const harm = ({ alpha }: ReturnType<typeof healthy>) => {
      alpha.inbox.pop();
      alpha.effects.pop();
    };
    expect(found(harm)).toEqual(["I1 lost alpha e2"]);
  });

  it("finds a handled event without its effect", () => {
    expect(found(({ alpha }) => alpha.effects.pop())).toEqual(["I6 lost alpha e2"]);
  });

  it("finds a second effect, but takes several parts of one for what they are", () => {
    expect(found(({ alpha }) => alpha.effects.push({ eventId: "e1", part: "", buildingId: null }))).toEqual([
      "I2 doubled alpha e1",
    ]);
    expect(found(({ alpha }) => alpha.effects.push({ eventId: "e1", part: "ann/email", buildingId: null }))).toEqual(
      [],
    );
  });

  it("finds an event that was counted twice, or not at all", () => {
    const counted = (count: number) =>
      found(({ alpha }) => {
        alpha.effects = countedOf([{ _id: "e1" }, { _id: "e2" }], count, "2026-11-26||probe.happened");
      });
    expect(counted(2)).toEqual([]);
    expect(counted(3)).toEqual(["I2 doubled alpha e2"]);
    expect(counted(1)).toEqual(["I6 lost alpha e2"]);
  });

  it("finds one write with two outbox rows", () => {
    expect(found(({ rows }) => rows.push(row("e1", { id: "again" })))).toEqual(["I2 doubled - e1"]);
  });

  it("finds effects and entries of events that nobody has committed", () => {
    const harm = ({ alpha }: ReturnType<typeof healthy>) => {
      alpha.inbox.push({ key: "alpha/e9", eventId: "e9", handled: true });
      alpha.effects.push({ eventId: "e9", part: "", buildingId: null });
    };
    expect(found(harm)).toEqual(["I3 phantom alpha e9", "I3 phantom alpha e9"]);
  });

  it("finds a refused write that is in the outbox all the same, and a row that nobody asked for", () => {
    expect(found(({ writes }) => Object.assign(writes[0] as object, { state: "refused" }))).toEqual([
      "I3 phantom - e1",
    ]);
    expect(found(({ writes }) => (writes as object[]).pop())).toEqual(["I3 phantom - e2"]);
  });

  it("takes an uncertain write either way", () => {
    const there = ({ writes }: ReturnType<typeof healthy>) => {
      const { eventId: _, ...uncertain } = accepted(2, "e2");
      (writes as object[]).splice(1, 1, { ...uncertain, state: "uncertain" });
    };
    expect(found(there)).toEqual([]);
    expect(found(({ writes }) => (writes as object[]).push({ ...accepted(7), state: "uncertain" }))).toEqual([]);
  });

  it("finds a mark of something that was never on the wire", () => {
    expect(found((snapshot) => Object.assign(snapshot, { wire: new Map([["e1", 1]]) }))).toEqual(["I4 broken - e2"]);
  });

  it("passes on what was found about resume tokens", () => {
    const finding = { kind: "broken", invariant: "I5", id: "e1", consumer: null, text: "passed" } as const;
    expect(found(({ tokens }) => tokens.push(finding))).toEqual(["I5 broken - e1"]);
  });

  it("finds an inbox key that does not name its consumer, and an effect beside the inbox", () => {
    expect(found(({ alpha }) => Object.assign(alpha.inbox[0] as object, { key: "e1" }))).toEqual([
      "I6 broken alpha e1",
    ]);
    const beside = ({ alpha, rows, writes, wire }: ReturnType<typeof healthy>) => {
      rows.push(row("e3"));
      (writes as object[]).push(accepted(3, "e3"));
      (wire as Map<string, number>).set("e3", 1);
      alpha.letters.push(letter("e3"));
      alpha.effects.push({ eventId: "e3", part: "", buildingId: "b1" });
    };
    expect(found(beside)).toEqual(["I6 broken alpha e3"]);
  });

  it("finds a seventh attempt", () => {
    expect(found(({ alpha }) => alpha.attempts.push({ eventId: "e1", episode: 1, count: 7 }))).toEqual([
      "I7 broken alpha e1",
    ]);
  });

  it("finds a dead letter without its audit, of another building, doubled, or without an end", () => {
    const dead = (...letters: LetterFacts[]) =>
      found(({ alpha, rows, writes, wire }) => {
        rows.push(row("e3"));
        (writes as object[]).push(accepted(3, "e3"));
        (wire as Map<string, number>).set("e3", 1);
        alpha.letters.push(...letters);
      });
    expect(dead(letter("e3"))).toEqual([]);
    expect(dead(letter("e3", { version: 3, auditEntries: 2 }))).toEqual(["I8 broken alpha alpha:e3"]);
    expect(dead(letter("e3", { buildingId: "b2" }))).toEqual(["I9 broken alpha alpha:e3"]);
    expect(dead(letter("e3"), letter("e3", { id: "alpha:other" }))).toEqual(["I6 doubled alpha e3"]);
    expect(dead(letter("e3", { status: "replaying" }))).toEqual(["I10 pending alpha alpha:e3"]);
    expect(dead(letter("e3", { status: "resolved" }))).toEqual(["I6 lost alpha alpha:e3"]);
  });

  it("finds an effect in another building than its event's", () => {
    expect(found(({ alpha }) => Object.assign(alpha.effects[0] as object, { buildingId: "b2" }))).toEqual([
      "I9 broken alpha e1",
    ]);
  });

  it("finds what is left: rows, messages, jobs", () => {
    const harm = ({ rows, queues, jobs, writes }: ReturnType<typeof healthy>) => {
      rows.push(row("e3", { published: false }));
      (writes as object[]).push(accepted(3, "e3"));
      queues.push({ name: "alpha.retry.1s", messages: 2 });
      jobs.push({ service: "tickets", id: "sla/1" });
    };
    expect(found(harm)).toEqual(["I10 pending - e3", "I10 pending - alpha.retry.1s", "I10 pending - sla/1"]);
  });

  it("lists what it has found, with the ids", () => {
    const snapshot = healthy();
    snapshot.alpha.effects.pop();
    expect(told(check(snapshot))).toBe(
      "lost 1, doubled 0, phantom 0, pending 0\n  I6 lost: alpha, e2: probe.happened is in the inbox, its effect is missing",
    );
  });

  it("says that what it read was moving still", () => {
    const verdict = { ...check(healthy()), moving: "queues: alpha.q 3" };
    expect(told(verdict)).toBe(
      "lost 0, doubled 0, phantom 0, pending 0\n  read while it still moved: queues: alpha.q 3",
    );
  });
});

describe("the suite's own pieces", () => {
  const some = [
    { row: 1, name: "a" },
    { row: 12, name: "b" },
    { row: 12, name: "c" },
  ] as unknown as Scenario[];

  it("picks scenarios by row and by name, and tells wrong words", () => {
    const names = (words: string[]) => {
      const selected = selectScenarios(some, words);
      return "wrong" in selected ? selected : selected.map(({ name }) => name);
    };
    expect(names([])).toEqual(["a", "b", "c"]);
    expect(names(["12"])).toEqual(["b", "c"]);
    expect(names(["c", "1"])).toEqual(["a", "c"]);
    expect(names(["2", "a", "x"])).toEqual({ wrong: ["2", "x"] });
  });

  it("compares a resume token with a cluster time", () => {
    const token = { _data: "826B0743B000000004" };
    const time = (high: number, low: number) => ({ high, low });
    expect([hasReached(token, time(0x6b0743b0, 4)), hasReached(token, time(0x6b0743b0, 5))]).toEqual([true, false]);
    expect([hasReached(token, time(0x6b0743b1, 0)), hasReached(undefined, time(0, 0))]).toEqual([false, false]);
  });

  it("refuses a mutant whose text is no longer there, or there twice", () => {
    const made = (source: string, ...edits: [find: string, replace: string][]) =>
      mutatedFiles({ edits: edits.map(([find, replace]) => ({ file: "f", find, replace })) }, () => source).get("f");
    expect(made("abc", ["b", "$&x"], ["a", ""])).toBe("$&xc");
    expect(() => made("abc", ["z", ""])).toThrow("f has the text to be changed 0 times");
    expect(() => made("bb", ["b", ""])).toThrow("2 times");
  });

  it.each(mutants)("the mutant $name still fits the code", (mutant) => {
    const files = mutatedFiles(mutant, (file) => readFileSync(join(ROOT, file), "utf8"));
    expect(files.size).toBeGreaterThan(0);
  });

  it("has the six mutants, each naming its scenario", () => {
    expect(mutants.map(({ name }) => name)).toHaveLength(6);
    expect(mutants.every(({ scenario, edits }) => scenario !== "" && edits.length > 0)).toBe(true);
  });

  it("shows a failed scenario as failed on the page", () => {
    const result = { row: 5, name: "x", fault: "f|g", passed: false, error: "gone", happened: "", healedMs: 1_500 };
    const rest = { promises: [], verdict: null, nearest: "one machine", beside: "7 tickets", seconds: 1, load: 2 };
    const report: FaultReport = {
      machine: { cpu: "2 x cpu", memory: "4 GB", node: "v24" },
      results: [{ ...result, ...rest }],
      chaos: [],
      mutants: [{ name: "m", what: "w", caughtBy: null, how: "h" }],
    };
    const page = asPage(report);
    expect(page).toContain("| 5 | x | f\\|g | **FAILED**: gone  | 7 tickets | 1.50 s | not reached | 2.0 |");
    expect(page).toContain("- 5 x: one machine");
    expect(page).toContain("0 of 1 were caught");
  });
});
