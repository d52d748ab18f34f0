/** What can be booked in the demo building, and some bookings in several states. */
import type { Account } from "./demo.ts";

const DAY_MS = 24 * 3_600_000;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const ZONE = "Europe/Berlin";

/** `YYYY-MM-DD` in the building, so many days from today. */
const day = (ahead: number): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(Date.now() + ahead * DAY_MS);

const RESOURCES = {
  sauna: {
    name: "Sauna",
    kind: "room",
    unit: "hour",
    description: "In the cellar of house A, for up to six people.",
    openingHours: [{ days: EVERY_DAY, from: "08:00", to: "22:00" }],
    bufferAfterMinutes: 30,
    quotaPerWeek: 2,
    checkIn: { opensMinutesBefore: 15, closesMinutesAfter: 20 },
  },
  partyRoom: {
    name: "Party room",
    kind: "room",
    unit: "half_day",
    description: "Ground floor, with a kitchen, for up to 40 people. The manager approves each booking.",
    openingHours: [{ days: EVERY_DAY, from: "09:00", to: "22:00" }],
    halfDayAt: "15:00",
    noticeMinutes: 24 * 60,
    needsApproval: true,
  },
  court: {
    name: "Tennis court",
    kind: "court",
    unit: "hour",
    openingHours: [
      { days: [1, 2, 3, 4, 5], from: "07:00", to: "21:00" },
      { days: [6, 7], from: "09:00", to: "20:00" },
    ],
    maxSlots: 2,
    price: 600,
    cancellation: [
      { hoursBefore: 24, refundPercent: 100 },
      { hoursBefore: 2, refundPercent: 50 },
    ],
  },
  desks: {
    name: "Desks in the library",
    kind: "desk",
    unit: "day",
    openingHours: [{ days: EVERY_DAY, from: "07:00", to: "20:00" }],
    maxSlots: 5,
    capacity: 6,
  },
} as const;

export async function bookings(
  { manager, resident, neighbour }: Record<"manager" | "resident" | "neighbour", Account>,
  buildingId: string,
): Promise<void> {
  const made = await Promise.all(
    Object.entries(RESOURCES).map(async ([name, rules]) => {
      const { id } = await manager.call("POST", `/buildings/${buildingId}/resources`, rules);
      return [name, id as string] as const;
    }),
  );
  const { sauna, partyRoom, court, desks } = Object.fromEntries(made);
  const book = (by: Account, resourceId: string | undefined, from: string, to: string): Promise<{ id: string }> =>
    by.call("POST", "/bookings", { resourceId, from, to });
  await book(resident, sauna, `${day(1)}T18:00`, `${day(1)}T20:00`);
  const early = await book(neighbour, sauna, `${day(2)}T09:00`, `${day(2)}T10:00`);
  await neighbour.call("POST", `/bookings/${early.id}/cancel`, { reason: "Visitors." });
  await book(resident, partyRoom, `${day(5)}T15:00`, `${day(5)}T22:00`);
  const brunch = await book(neighbour, partyRoom, `${day(6)}T09:00`, `${day(6)}T15:00`);
  await manager.call("POST", `/bookings/${brunch.id}/approve`);
  await book(neighbour, court, `${day(3)}T10:00`, `${day(3)}T11:00`);
  await book(neighbour, desks, `${day(1)}T07:00`, `${day(3)}T20:00`);
}
