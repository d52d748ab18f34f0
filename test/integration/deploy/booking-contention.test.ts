/** Three processes that book the same things at the same moment: no time is given twice, and nobody gets a 5xx. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { blockOf, type ClaimDoc } from "../../../services/booking/claims.ts";
import { type BookingDoc, RELEASED } from "../../../services/booking/model.ts";
import type { BookableDoc } from "../../../services/booking/resource.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { type NodeProcess, startNode } from "../../support/node-process.ts";
import type { Answer, Person, Rest } from "../../support/product.ts";

const HOUR = 3_600_000;
const ATOM = 5 * 60_000;
const OPEN = [{ days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00" }];
/** The first process runs all; the others what decides about a booking. */
const PARTS: Record<string, string>[] = [{}, { SERVICES: "gateway,booking" }, { SERVICES: "gateway,booking" }];

/** Repeatable. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("bookings from three processes", () => {
  let world: World;
  const nodes: NodeProcess[] = [];
  let manager: Person;
  let residents: Person[] = [];
  let buildingId = "";
  const at = (index: number): Rest => (nodes[index % nodes.length] as NodeProcess).rest;
  const as = (n: number): Rest => at(n).as(residents[n % residents.length] as Person);
  const start = (Math.floor(Date.now() / HOUR) + 24) * HOUR;
  const span = (hour: number, hours = 1) => ({
    from: new Date(start + hour * HOUR).toISOString(),
    to: new Date(start + (hour + hours) * HOUR).toISOString(),
  });
  const newResource = async (rules: object = {}): Promise<string> => {
    const court = { name: "Court", kind: "court", unit: "hour", openingHours: OPEN, ...rules };
    return (await at(0).ok(201, at(0).as(manager).post(`/buildings/${buildingId}/resources`, court))).body.id;
  };
  const collection = <D extends object>(name: string) =>
    world.client.db(`${world.env.DB_PREFIX}_booking`).collection<D>(name);

  beforeAll(async () => {
    world = await createWorld();
    const launch = async (part: Record<string, string>, index: number): Promise<void> => {
      // A machine that is busy with other things makes nobody time out here: this is about who wins.
      const env = { NODE_ID: `${world.env.DB_PREFIX}-${index}`, REQUEST_TIMEOUT_MS: "60000", ...part };
      const node = await startNode(world, env);
      nodes.push(node);
      await node.ready();
    };
    // The first one makes databases and queues.
    const [first = {}, ...others] = PARTS;
    await launch(first, 0);
    await Promise.all(others.map((part, index) => launch(part, index + 1)));
    const admin = await at(0).admin();
    const home = await at(0).newBuilding(admin, "Lime");
    ({ buildingId, manager } = home);
    const names = ["Ann", "Bob", "Eve", "Dan", "Liz"];
    residents = await Promise.all(names.map((name) => at(0).newPerson(admin, name)));
    for (const person of residents) await at(0).moveIn(person, manager, home.unitId);
    const known = async () =>
      (
        await Promise.all(
          nodes.flatMap((_, n) => residents.map((one) => at(n).as(one).get(`/buildings/${buildingId}`))),
        )
      ).every(({ status }) => status === 200);
    await waitFor(known, { message: "every node to know the residents" });
  }, 200_000);
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await world.dispose();
  });

  /** What has to hold of everything that is booked, counted from the bookings themselves. */
  async function check(resourceIds: readonly string[]): Promise<void> {
    const [resources, bookings, claims] = await Promise.all([
      collection<BookableDoc>("resources")
        .find({ _id: { $in: [...resourceIds] } })
        .toArray(),
      collection<BookingDoc>("bookings")
        .find({ resourceId: { $in: [...resourceIds] } })
        .toArray(),
      collection<ClaimDoc>("claims")
        .find({ resourceId: { $in: [...resourceIds] } })
        .toArray(),
    ]);
    const held = bookings.filter(({ status }) => !RELEASED.includes(status));
    expect(claims.map(({ _id }) => _id).sort()).toEqual(held.map(({ _id }) => _id).sort());
    const claimed = new Map(claims.map((claim) => [claim._id, claim]));
    const there = new Map<string, number>();
    for (const booking of held) {
      const resource = resources.find(({ _id }) => _id === booking.resourceId) as BookableDoc;
      const block = blockOf(resource, booking);
      const { slots = [], startsAt, endsAt } = claimed.get(booking._id) ?? {};
      expect([booking._id, slots.length, startsAt, endsAt]).toEqual([
        booking._id,
        (+block.to - +block.from) / ATOM,
        booking.from,
        booking.to,
      ]);
      for (let time = +block.from; time < +block.to; time += ATOM) {
        const key = `${resource._id}/${time}`;
        there.set(key, (there.get(key) ?? 0) + 1);
        expect([key, (there.get(key) as number) <= resource.capacity]).toEqual([key, true]);
      }
    }
  }
  const tally = (answers: readonly Answer[]): Record<string, number> => {
    const count: Record<string, number> = {};
    for (const { status, body } of answers) {
      const key = status < 300 ? String(status) : `${status} ${body?.code}`;
      count[key] = (count[key] ?? 0) + 1;
    }
    return count;
  };

  const winners = (answers: readonly Answer[]): Record<string, number> => {
    const {
      "201": made,
      "409 SLOT_TAKEN": taken = 0,
      "409 BOOKING_CONTESTED": contested = 0,
      ...others
    } = tally(answers);
    return { made: made ?? 0, refused: taken + contested, ...others };
  };

  it("of 200 for one slot exactly one is booked, the others are told that it is taken", async () => {
    const resourceId = await newResource();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => as(n).post("/bookings", { resourceId, ...span(0) })),
    );
    expect(winners(answers)).toEqual({ made: 1, refused: 199 });
    await check([resourceId]);
  });

  it("of 200 for ten places of one slot exactly ten are", async () => {
    const resourceId = await newResource({ capacity: 10 });
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => as(n).post("/bookings", { resourceId, ...span(0) })),
    );
    expect(winners(answers)).toEqual({ made: 10, refused: 190 });
    await check([resourceId]);
  });

  it("2,000 random bookings, moves and cancellations leave no overlap and no orphan claim", async () => {
    const resourceIds = await Promise.all([
      newResource(),
      newResource({ bufferBeforeMinutes: 15, bufferAfterMinutes: 30 }),
      newResource({ capacity: 2, bufferAfterMinutes: 60 }),
      newResource({ capacity: 3, maxSlots: 8 }),
    ]);
    const below = random(20_270_301);
    /** With who has made it. */
    const made: { id: string; n: number }[] = [];
    const results: Record<string, Answer[]> = { create: [], move: [], cancel: [] };
    const one = async (n: number): Promise<void> => {
      const dice = below(100);
      const when = span(below(60), 1 + below(3));
      const target = made.length > 0 ? made[below(made.length)] : undefined;
      if (dice < 55 || !target) {
        const answer = await as(n).post("/bookings", { resourceId: resourceIds[below(4)], ...when });
        if (answer.status === 201) made.push({ id: answer.body.id, n });
        results.create?.push(answer);
      } else if (dice < 80) results.move?.push(await as(target.n).post(`/bookings/${target.id}/move`, when));
      else results.cancel?.push(await as(target.n).post(`/bookings/${target.id}/cancel`));
    };
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < 2_000) await one(next++);
    };
    await Promise.all(Array.from({ length: 60 }, worker));
    const counts = Object.fromEntries(Object.entries(results).map(([name, answers]) => [name, tally(answers)]));
    const refusals = Object.values(counts).flatMap((count) =>
      Object.keys(count).filter((key) => !/^20[01]$/.test(key)),
    );
    const expected = ["409 SLOT_TAKEN", "409 BOOKING_CONTESTED", "409 BOOKING_FINAL", "409 ILLEGAL_BOOKING_STEP"];
    expect(refusals.filter((key) => !expected.includes(key))).toEqual([]);
    // It was worth the name: enough of each came through.
    expect(
      [counts.create?.["201"], counts.move?.["200"], counts.cancel?.["200"]].every((count = 0) => count > 50),
    ).toBe(true);
    await check(resourceIds);
  }, 300_000);
});
