/** The backbone's pure decisions under random input. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Candidate, lingerOf, type Plan, SUSPECT_AFTER, takeNext } from "../../mixins/consumer/buffer.ts";
import { type EventHandler, handlerFor, matches } from "../../mixins/consumer/handler.ts";
import { groupsOf, type Work } from "../../mixins/consumer/work.ts";
import { Watermark } from "../../mixins/outbox/watermark.ts";
import { MAX_ATTEMPTS, nextStep, pauseMs } from "../../mixins/retry/policy.ts";

describe("the watermark", () => {
  it("is the last event of the finished prefix, whatever the order of the confirms", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 4_000 }), fc.infiniteStream(fc.nat()), (steps, picks) => {
        const mark = new Watermark<number>();
        const open: number[] = [];
        let added = 0;
        for (const add of steps) {
          if (add || open.length === 0) open.push(mark.add(added++));
          else mark.done(open.splice((picks.next().value as number) % open.length, 1)[0] as number);
          const firstOpen = open.length === 0 ? added : open.reduce((least, handle) => Math.min(least, handle));
          expect(mark.token).toBe(firstOpen === 0 ? undefined : firstOpen - 1);
          expect(mark.pending).toBe(added - firstOpen);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("takes a second confirm of one event, and one of an event long gone, for nothing", () => {
    const mark = new Watermark<string>();
    const handles = Array.from({ length: 5_000 }, (_, n) => mark.add(String(n)));
    for (const handle of handles) mark.done(handle);
    for (const handle of handles) mark.done(handle);
    expect([mark.token, mark.pending]).toEqual(["4999", 0]);
    mark.add("next");
    mark.done(handles[0] as number);
    expect([mark.token, mark.pending]).toEqual(["4999", 1]);
  });
});

describe("what the consumer takes next", () => {
  const handleAll = async () => {};
  const limits = { batch: 5, shared: 2, beside: 3, singles: 4 };
  const isSuspect = ({ state }: Candidate) => state.deliveryCount >= SUSPECT_AFTER;
  const aggregatesOf = ({ chunk }: Plan) => chunk.flatMap(({ event }) => event.meta.aggregateId ?? []);
  const takesAll = ({ chunk }: Plan) => chunk.some(({ handler }) => handler?.handleAll);
  const candidate = fc
    .record({
      suspect: fc.boolean(),
      handler: fc.constantFrom({ batch: false }, { batch: true }, { batch: true, handleAll }, undefined),
      aggregateId: fc.constantFrom(undefined, "a", "b", "c", "d"),
    })
    .map(
      ({ suspect, handler, aggregateId }): Candidate => ({
        state: { deliveryCount: suspect ? SUSPECT_AFTER : 0 },
        handler,
        event: { meta: aggregateId ? { aggregateId } : {} },
      }),
    );

  /** Takes all that may begin, ends one at random when nothing may, and looks on after each step. */
  function drain(all: readonly Candidate[], picks: Iterator<number>, look: (plan: Plan, beside: Plan[]) => void) {
    const buffer = [...all];
    const order: Candidate[] = [];
    let running: Plan[] = [];
    while (buffer.length + running.length > 0) {
      const plan = takeNext(buffer, running, limits);
      if (plan) {
        look(plan, running);
        order.push(...plan.chunk);
        running.push(plan);
      } else {
        expect(running).not.toEqual([]);
        const ended = running[picks.next().value % running.length];
        running = running.filter((one) => one !== ended);
      }
    }
    return order;
  }
  const always = (look: (plan: Plan, beside: Plan[]) => void) =>
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 60 }), fc.infiniteStream(fc.nat()), (all, picks) => {
        const order = drain(all, picks, look);
        expect(new Set(order)).toEqual(new Set(all));
        expect(order).toHaveLength(all.length);
        for (const aggregate of ["a", "b", "c", "d"]) {
          const its = (some: readonly Candidate[]) =>
            some.filter((one) => !isSuspect(one) && one.event.meta.aggregateId === aggregate);
          expect(its(order)).toEqual(its(all));
        }
      }),
      { numRuns: 500 },
    );

  it("takes each message once, those of one aggregate in their order, singles for themselves, suspects last", () => {
    always(({ chunk, kind }) => {
      expect(chunk.length).toBeGreaterThan(0);
      expect(chunk.length).toBeLessThanOrEqual(kind === "shared" ? limits.batch : 1);
      for (const one of chunk) {
        expect(kind === "suspect").toBe(isSuspect(one));
        if (kind !== "suspect") expect(kind === "single").toBe(one.handler?.batch === false);
      }
    });
  });

  it("never has two transactions of one aggregate, a suspect beside anything, or more than the limits", () => {
    always((plan, beside) => {
      expect(beside.flatMap(aggregatesOf).filter((one) => aggregatesOf(plan).includes(one))).toEqual([]);
      const together = [...beside, plan];
      if (together.some(({ kind }) => kind === "suspect")) expect(beside).toEqual([]);
      for (const kind of ["shared", "singles"] as const) {
        const ofKind = together.filter((one) => one.kind === (kind === "shared" ? "shared" : "single"));
        expect(ofKind.length).toBeLessThanOrEqual(limits[kind]);
      }
    });
  });

  it("shares nothing beside a handler that takes all in one go", () => {
    always((plan, beside) => {
      const shared = [...beside, plan].filter(({ kind }) => kind === "shared");
      if (shared.some(takesAll)) expect(shared).toHaveLength(1);
    });
  });

  it("begins a second shared transaction while the first one runs if enough is there", () => {
    const buffer: Candidate[] = Array.from({ length: 8 }, (_, n) => ({
      state: { deliveryCount: 0 },
      handler: { batch: true },
      event: { meta: { aggregateId: String(n) } },
    }));
    const first = takeNext(buffer, [], limits) as Plan;
    expect(first.chunk).toHaveLength(5);
    const second = takeNext([...buffer], [first], limits) as Plan;
    expect(second.chunk).toHaveLength(3);
    expect(takeNext([...first.chunk], [first, second], limits)).toBeUndefined();
    const tooFew = buffer.slice(1);
    expect(takeNext(tooFew, [first], limits)).toBeUndefined();
    expect(takeNext([...tooFew], [], limits)?.chunk).toHaveLength(2);
    // The same where the node's turns are taken by other services.
    const taken = { taken: true };
    expect(takeNext([...tooFew], [], limits, taken)).toBeUndefined();
    expect(takeNext([...first.chunk], [], limits, taken)?.chunk).toHaveLength(5);
    const single = { ...(tooFew[0] as Candidate), handler: { batch: false } };
    expect(takeNext([single], [], limits, taken)?.kind).toBe("single");
  });
});

describe("what shares a call of its handler, and what waits for company", () => {
  const handleAll = async () => {};
  const kinds = { a: { handleAll }, b: { handleAll: async () => {} }, alone: {}, none: undefined };
  const kind = fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[]));

  it("neighbours with the same one do, in their order; nobody else does", () => {
    fc.assert(
      fc.property(fc.array(kind, { maxLength: 30 }), (names) => {
        const works = names.map((name) => ({
          name,
          handler: kinds[name] as { handleAll?: typeof handleAll } | undefined,
        }));
        const groups = groupsOf(works);
        expect(groups.flat()).toEqual(works);
        for (const [index, group] of groups.entries()) {
          const [{ name }] = group;
          expect(new Set(group.map((one) => one.name))).toEqual(new Set([name]));
          if (name === "alone" || name === "none") expect(group).toHaveLength(1);
          else expect(groups[index + 1]?.[0].name).not.toBe(name);
        }
      }),
    );
  });

  it("until the first of them has waited its time, one comes that does not wait, or they fill a batch", () => {
    const work = (lingerMs: number | undefined, since: number) =>
      ({ handler: lingerMs === undefined ? undefined : { lingerMs }, since }) as Pick<Work, "handler" | "since">;
    expect(lingerOf([work(100, 0), work(100, 50)], 64, 60)).toBe(40);
    expect(lingerOf([work(100, 0), work(30, 50)], 64, 60)).toBe(20);
    expect(lingerOf([work(100, 0)], 64, 101)).toBe(0);
    expect(lingerOf([work(100, 0), work(undefined, 50)], 64, 60)).toBe(0);
    expect(lingerOf([work(100, 0), work(100, 0)], 2, 0)).toBe(0);
  });
});

describe("topic patterns", () => {
  const word = fc.constantFrom("ticket", "post", "created", "closed", "a");
  const key = fc.array(word, { minLength: 1, maxLength: 5 });
  const pattern = fc.array(fc.oneof(word, fc.constantFrom("*", "#")), { minLength: 1, maxLength: 5 });

  it("match as the same pattern written as a regular expression", () => {
    fc.assert(
      fc.property(pattern, key, (words, parts) => {
        // Each word with its dot behind it; "#" is any number of those.
        const source = words.map((one) => (one === "#" ? "(?:\\w+\\.)*" : one === "*" ? "\\w+\\." : `${one}\\.`));
        const wanted = new RegExp(`^${source.join("")}$`).test(`${parts.join(".")}.`);
        expect([words, parts, matches(words.join("."), parts.join("."))]).toEqual([words, parts, wanted]);
      }),
      { numRuns: 5_000 },
    );
  });

  it("the handler by name goes before every pattern, and a longer literal before a shorter one", () => {
    const handler = (of: string) => ({ pattern: of }) as EventHandler;
    const all = ["#", "ticket.*", "ticket.created", "*.created"].map(handler);
    const chosen = (eventType: string) => handlerFor(all, eventType)?.pattern;
    expect(chosen("ticket.created")).toBe("ticket.created");
    expect(chosen("ticket.closed")).toBe("ticket.*");
    expect(chosen("post.created")).toBe("*.created");
    expect(chosen("a.b.c")).toBe("#");
    expect(handlerFor([handler("ticket.*")], "post.created")).toBeUndefined();
  });
});

describe("what follows a failed attempt", () => {
  it("is at once, then 1, 2, 4, 8 s, then the dead letters, for ever", () => {
    const steps = Array.from({ length: MAX_ATTEMPTS + 2 }, (_, index) => nextStep(index + 1));
    const delays = [1, 2, 4, 8].map((seconds) => ({ kind: "delay", seconds }));
    const end = { kind: "dead-letter" };
    expect(steps).toEqual([{ kind: "again" }, ...delays, end, end, end]);
  });

  it("the pause while something is away grows to 10 s and no further", () => {
    fc.assert(
      fc.property(fc.nat(), (tries) => {
        expect(pauseMs(tries)).toBeLessThanOrEqual(10_000);
        expect(pauseMs(tries + 1)).toBeGreaterThanOrEqual(pauseMs(tries));
      }),
    );
    expect(pauseMs(0)).toBe(250);
  });
});
