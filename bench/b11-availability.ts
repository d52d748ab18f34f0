import autocannon from "autocannon";
import { blockOf, type ClaimDoc, claimBlock, newClaim } from "../services/booking/claims.ts";
import type { BookableDoc } from "../services/booking/resource.ts";

import { startProduct } from "../test/support/product.ts";
import type { Bench, Figures } from "./lib/bench.ts";
import { figure } from "./lib/summary.ts";
import { openWorld } from "./lib/world.ts";

const SECONDS = 5;
const BOOKINGS = 500;
const HOUR_MS = 3_600_000;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
/** 28 half-hours a day for two at a time: 500 of an hour and a half fill 30 days well. */
const ROOM = {
  name: "Room",
  kind: "room",
  unit: "hour",
  slotMinutes: 30,
  capacity: 2,
  bufferAfterMinutes: 15,
  minSlots: 2,
  openingHours: [{ days: EVERY_DAY, from: "08:00", to: "22:00" }],
};

export const b11: Bench = {
  id: "B11",
  title: `availability of 30 days with ${BOOKINGS} bookings, by REST, one caller at a time`,
  units: { rate: "requests/s", p50: "ms", p99: "ms", slots: "slots" },
  goals: [{ name: "p99, ms", value: (round) => figure(round, "GET availability", "p99"), atMost: 50 }],
  limit: "Three reads of MongoDB, and the JSON of 840 slots through validation of the answer, compression and HTTP.",
  async open() {
    const world = await openWorld({ RATE_LIMIT_PER_MINUTE: 10_000_000 });
    const { rest } = await startProduct(world);
    const admin = await rest.admin();
    const { buildingId, manager } = await rest.newBuilding(admin, "Bench");
    const room = await rest.ok(201, rest.as(manager).post(`/buildings/${buildingId}/resources`, ROOM));
    const path = `/api/v1/resources/${room.body.id}/availability?from=${day(1)}&to=${day(30)}`;
    const claims = world.client.db(`${world.env.DB_PREFIX}_booking`).collection<ClaimDoc>("claims");
    await claims.insertMany(booked(room.body));
    const authorization = `Bearer ${manager.token}`;
    return {
      variants: [{ name: "GET availability", measure: () => load(rest.url + path, { authorization }) }],
      close: () => world.dispose(),
    };
  },
};

const day = (ahead: number): string => new Date(Date.now() + ahead * 24 * HOUR_MS).toISOString().slice(0, 10);

/** Claims as those of bookings, spread over the 30 days. */
function booked({ id, ...rules }: { id: string } & BookableDoc): ClaimDoc[] {
  const made: ClaimDoc[] = [];
  for (let n = 0; made.length < BOOKINGS; n++) {
    const from = new Date(Date.parse(`${day(1 + (n % 30))}T07:00Z`) + Math.floor(n / 60) * 1.75 * HOUR_MS);
    const span = { from, to: new Date(from.getTime() + 1.5 * HOUR_MS) };
    const block = blockOf(rules, span);
    const others = made.flatMap(({ slots }) => slots);
    const slots = claimBlock(block, rules.capacity, others);
    if (!slots) throw new Error(`The ${n}th booking does not fit.`);
    made.push(newClaim(`booking-${n}`, id, span, block, slots));
  }
  return made;
}

async function load(url: string, headers: Record<string, string>): Promise<Figures> {
  const { body } = await fetch(url, { headers }).then(async (answer) => ({ body: (await answer.json()) as Body }));
  const slots = body.days.flatMap((one) => one.slots).length;
  const run = () => autocannon({ url, headers, connections: 1, duration: SECONDS, workers: 1 });
  const { requests, latency, non2xx, errors } = await run();
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} answers were no 2xx, ${errors} failed.`);
  return { rate: requests.average, p50: latency.p50, p99: latency.p99, slots };
}

interface Body {
  days: { slots: object[] }[];
}
