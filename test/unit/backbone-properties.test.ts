/** The backbone's pure decisions under random input. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { lingerOf, type Plan, SUSPECT_AFTER, takeNext } from "../../mixins/consumer/buffer.ts";
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
  const work = fc
    .record({ suspect: fc.boolean(), batch: fc.boolean() })
    .map(
      ({ suspect, batch }) => ({ state: { deliveryCount: suspect ? SUSPECT_AFTER : 0 }, handler: { batch } }) as Work,
    );

  it("takes each message once, suspects alone and last, and mixes no single with others", () => {
    fc.assert(
      fc.property(fc.array(work, { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (all, batch) => {
        const buffer = [...all];
        const taken: Work[] = [];
        const take = (): Plan | undefined => takeNext(buffer, 0, { batch, singles: 4 });
        for (let plan = take(); plan !== undefined; plan = take()) {
          const suspects = plan.chunk.filter((one) => one.state.deliveryCount >= SUSPECT_AFTER);
          const singles = plan.chunk.filter((one) => !one.handler?.batch);
          expect(plan.chunk.length).toBeGreaterThan(0);
          expect(plan.chunk.length).toBeLessThanOrEqual(batch);
          if (singles.length + suspects.length > 0) expect(plan.chunk).toHaveLength(1);
          expect(plan.alone).toBe(suspects.length > 0);
          if (plan.alone) expect(buffer.every((one) => one.state.deliveryCount >= SUSPECT_AFTER)).toBe(true);
          taken.push(...plan.chunk);
        }
        expect(new Set(taken)).toEqual(new Set(all));
        expect(taken).toHaveLength(all.length);
      }),
    );
  });

  it("starts neither a batch nor a suspect beside anything else, and no more singles than allowed", () => {
    fc.assert(
      fc.property(fc.array(work, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 8 }), (all, active) => {
        const plan = takeNext([...all], active, { batch: 10, singles: 4 });
        if (!plan) return;
        expect(active).toBeLessThan(4);
        expect(plan).toMatchObject({ alone: false, chunk: [{ handler: { batch: false } }] });
      }),
    );
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
