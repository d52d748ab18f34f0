/** Resources and their rules. Pure. */
import type { Static } from "typebox";
import Type from "typebox";
import { type ResourceDoc, viewResource } from "../../mixins/kit/fields.ts";
import { ExceptionTwiceError, HoursOverlapError, LengthRangeError, OpeningEmptyError } from "./errors.ts";
import { type ResourceStatusSchema, rules } from "./schemas.ts";

const Rules = Type.Object(rules);
export type Rules = Static<typeof Rules>;
export type ResourceStatus = Static<typeof ResourceStatusSchema>;

export interface BookableDoc extends ResourceDoc, Rules {
  buildingId: string;
  /** Of the building. */
  timeZone: string;
  status: ResourceStatus;
}

/** What a manager need not say. */
export const DEFAULT_RULES = {
  description: "",
  exceptions: [],
  slotMinutes: 60,
  halfDayAt: "13:00",
  minSlots: 1,
  maxSlots: 4,
  noticeMinutes: 0,
  daysAhead: 60,
  bufferBeforeMinutes: 0,
  bufferAfterMinutes: 0,
  capacity: 1,
  price: 0,
  currency: "EUR",
  needsApproval: false,
  quotaPerWeek: null,
  checkIn: null,
  cancellation: [{ hoursBefore: 24, refundPercent: 100 }],
} satisfies Partial<Rules>;

export type AskedRules = Pick<Rules, "name" | "kind" | "unit" | "openingHours"> & Partial<Rules>;

/** @throws RuleError and its kind */
export function newBookable(
  id: string,
  asked: AskedRules,
  place: Pick<BookableDoc, "buildingId" | "timeZone">,
  now: Date,
): BookableDoc {
  const resource: BookableDoc = {
    _id: id,
    ...place,
    status: "active",
    ...DEFAULT_RULES,
    ...asked,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  checkRules(resource);
  return resource;
}

/** @throws RuleError and its kind */
export function changeBookable(
  old: BookableDoc,
  changes: Partial<Rules & Pick<BookableDoc, "status">>,
  now: Date,
): BookableDoc {
  const next = { ...old, ...changes, version: old.version + 1, updatedAt: now };
  checkRules(next);
  return next;
}

/** No booking is longer, buffers aside: its claims are entries of one index. */
export const MAX_LENGTH_DAYS = 14;
const DAY_MINUTES = 24 * 60;
/** Of one unit, at most. */
export const unitMinutes = ({ unit, slotMinutes }: Pick<Rules, "unit" | "slotMinutes">): number =>
  unit === "hour" ? slotMinutes : unit === "half_day" ? DAY_MINUTES / 2 : DAY_MINUTES;

function checkRules(rules: Rules): void {
  const { openingHours, exceptions, minSlots, maxSlots } = rules;
  const longest = Math.floor((MAX_LENGTH_DAYS * DAY_MINUTES) / unitMinutes(rules));
  if (minSlots > maxSlots || maxSlots > longest) throw new LengthRangeError(longest);
  for (let day = 1; day <= 7; day++) {
    const hours = openingHours.filter(({ days }) => days.includes(day));
    checkHours(hours, "openingHours");
  }
  const dates = exceptions.map(({ date }) => date);
  const twice = dates.find((date, index) => dates.indexOf(date) !== index);
  if (twice) throw new ExceptionTwiceError(twice);
  for (const { hours } of exceptions) checkHours(hours, "exceptions");
}

function checkHours(hours: readonly { from: string; to: string }[], field: string): void {
  const sorted = [...hours].sort((a, b) => (a.from < b.from ? -1 : 1));
  sorted.forEach(({ from, to }, index) => {
    if (to <= from) throw new OpeningEmptyError(field, from, to);
    const next = sorted[index + 1];
    if (next && next.from < to) throw new HoursOverlapError(field, from, to);
  });
}

export const viewBookable = (doc: BookableDoc) => ({
  ...viewResource(doc),
  buildingId: doc.buildingId,
  timeZone: doc.timeZone,
  status: doc.status,
  name: doc.name,
  kind: doc.kind,
  unit: doc.unit,
  description: doc.description,
  openingHours: doc.openingHours,
  exceptions: doc.exceptions,
  slotMinutes: doc.slotMinutes,
  halfDayAt: doc.halfDayAt,
  minSlots: doc.minSlots,
  maxSlots: doc.maxSlots,
  noticeMinutes: doc.noticeMinutes,
  daysAhead: doc.daysAhead,
  bufferBeforeMinutes: doc.bufferBeforeMinutes,
  bufferAfterMinutes: doc.bufferAfterMinutes,
  capacity: doc.capacity,
  price: doc.price,
  currency: doc.currency,
  needsApproval: doc.needsApproval,
  quotaPerWeek: doc.quotaPerWeek,
  checkIn: doc.checkIn,
  cancellation: doc.cancellation,
});
