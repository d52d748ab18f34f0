/** A resource as a manager would make it, for tests of the pure rules. */
import { type AskedRules, type BookableDoc, newBookable } from "../../services/booking/resource.ts";

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
export const ALWAYS_OPEN = [{ days: EVERY_DAY, from: "00:00", to: "24:00" }];

/** Open from 8 to 20, by the hour, in Berlin. */
export function bookable(rules: Partial<AskedRules> = {}, timeZone = "Europe/Berlin"): BookableDoc {
  const asked: AskedRules = {
    name: "Sauna",
    kind: "room",
    unit: "hour",
    openingHours: [{ days: EVERY_DAY, from: "08:00", to: "20:00" }],
    daysAhead: 400,
    ...rules,
  };
  return newBookable("sauna", asked, { buildingId: "house", timeZone }, new Date("2027-01-01T00:00:00Z"));
}
