/** Shapes of what booking shows: the contract's pieces. */
import Type, { type Static } from "typebox";
import { closed, Id, line, nullable, oneOf, resource, Time, text } from "../../mixins/kit/fields.ts";

/** Every time of the rules lies on this grid, so that slot claims can be counted in it. Minutes. */
export const GRID_MINUTES = 5;

export const KindSchema = oneOf("room", "court", "desk", "workspace", "other");
export const UnitSchema = oneOf("hour", "half_day", "day");
export const ResourceStatusSchema = oneOf("active", "inactive");
export const BookingStatusSchema = oneOf(
  "pending_payment",
  "pending_approval",
  "confirmed",
  "checked_in",
  "completed",
  "cancelled",
  "rejected",
  "expired",
  "no_show",
);

const WALL = "\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])";
const CLOCK = "T([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,3})?)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)?";
/** ISO 8601. */
export const BookingTime = Type.String({
  pattern: `^${WALL}${CLOCK}$`,
  examples: ["2026-01-31T18:00"],
  description: "Date and time; without an offset it is read off the building's clock.",
});
export const RangeEnd = Type.String({
  pattern: `^${WALL}(${CLOCK})?$`,
  examples: ["2026-01-31"],
  description: "Date and time, or a day of the building's calendar as a whole.",
});

const ClockTime = Type.String({
  pattern: "^([01][0-9]|2[0-3]):[0-5][05]$|^24:00$",
  examples: ["08:00"],
  description: "HH:MM on the building's clock, in steps of five minutes, to 24:00.",
});
const span = { from: ClockTime, to: ClockTime };
const Day = Type.String({ format: "date", description: "YYYY-MM-DD on the building's calendar." });

export const OpeningSchema = Type.Object(
  {
    days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      description: "1 is Monday.",
    }),
    ...span,
  },
  closed,
);
export const ExceptionSchema = Type.Object(
  {
    date: Day,
    hours: Type.Array(Type.Object(span, closed), {
      maxItems: 10,
      description: "Instead of the usual ones; none: closed.",
    }),
    note: Type.Optional(line(120)),
  },
  closed,
);
export const CheckInSchema = Type.Object(
  {
    opensMinutesBefore: Type.Integer({ minimum: 0, maximum: 1_440 }),
    closesMinutesAfter: Type.Integer({ minimum: 1, maximum: 1_440 }),
  },
  closed,
);
export const TierSchema = Type.Object(
  {
    hoursBefore: Type.Integer({ minimum: 0, maximum: 2_160, description: "At least so long before the beginning." }),
    refundPercent: Type.Integer({ minimum: 0, maximum: 100 }),
  },
  closed,
);
const CurrencySchema = Type.String({ pattern: "^[A-Z]{3}$", examples: ["EUR"], description: "ISO 4217." });
const minutes = (maximum: number, description: string) => Type.Integer({ minimum: 0, maximum, description });
const onGrid = (maximum: number, description: string) =>
  Type.Integer({ minimum: 0, maximum, multipleOf: GRID_MINUTES, description });

/** The rules of a resource, as a manager sets them. */
export const rules = {
  name: line(120),
  kind: KindSchema,
  unit: Type.Unsafe<Static<typeof UnitSchema>>({
    ...UnitSchema,
    description: "What is booked, and what the price is for.",
  }),
  description: text(2_000),
  openingHours: Type.Array(OpeningSchema, { minItems: 1, maxItems: 21 }),
  exceptions: Type.Array(ExceptionSchema, { maxItems: 400 }),
  slotMinutes: Type.Integer({
    minimum: GRID_MINUTES,
    maximum: 1_440,
    multipleOf: GRID_MINUTES,
    description: "Of resources by the hour: bookings begin and end on such steps from the opening.",
  }),
  halfDayAt: Type.Unsafe<string>({ ...ClockTime, description: "Where a half-day ends and the next one begins." }),
  minSlots: Type.Integer({ minimum: 1, maximum: 500, description: "Steps, half-days or days." }),
  maxSlots: Type.Integer({ minimum: 1, maximum: 500 }),
  noticeMinutes: minutes(43_200, "A booking is made at least so long before it begins."),
  daysAhead: Type.Integer({ minimum: 0, maximum: 400, description: "Not further ahead, in days of the calendar." }),
  bufferBeforeMinutes: onGrid(720, "Kept free before every booking."),
  bufferAfterMinutes: onGrid(720, "Kept free after every booking."),
  capacity: Type.Integer({ minimum: 1, maximum: 500, description: "So many bookings at a time." }),
  price: Type.Integer({ minimum: 0, maximum: 100_000_000, description: "Minor units, for an hour, half-day or day." }),
  currency: CurrencySchema,
  needsApproval: Type.Boolean({ description: "A manager approves each booking." }),
  quotaPerWeek: nullable(Type.Integer({ minimum: 1, maximum: 100, description: "Bookings of a resident in a week." })),
  checkIn: nullable(CheckInSchema),
  cancellation: Type.Array(TierSchema, { maxItems: 10, description: "The refund is that of the longest time kept." }),
};

export const SlotReasonSchema = oneOf(
  "past",
  "inactive",
  "too_soon",
  "too_far_ahead",
  "taken",
  "buffer",
  "quota",
  "too_short",
);
export type SlotReason = Static<typeof SlotReasonSchema>;

export const AvailabilitySchema = Type.Object({
  resourceId: Id,
  timeZone: Type.String(),
  days: Type.Array(
    Type.Object({
      date: Day,
      closed: nullable(
        Type.Object(
          { reason: oneOf("weekly", "exception"), note: nullable(Type.String()) },
          { description: "All day." },
        ),
      ),
      slots: Type.Array(
        Type.Object({
          from: Time,
          to: Time,
          free: Type.Integer({ description: "So many more bookings fit." }),
          reason: nullable(SlotReasonSchema),
        }),
      ),
    }),
  ),
});

export const CancellationSchema = Type.Object({
  refundPercent: Type.Integer(),
  refundAmount: Type.Integer({ description: "Minor units; 0 where nothing was paid." }),
  currency: Type.String(),
  until: nullable(Type.String({ format: "date-time", description: "Then it becomes less." })),
});

export const ResourceSchema = Type.Object({
  ...resource,
  buildingId: Id,
  timeZone: Type.String({ description: "Of the building." }),
  status: ResourceStatusSchema,
  ...rules,
  description: Type.String(),
});

export const BookingSchema = Type.Object({
  ...resource,
  resourceId: Id,
  resourceName: Type.String(),
  buildingId: Id,
  userId: nullable(Id),
  unitId: nullable(Id),
  from: Time,
  to: Time,
  status: BookingStatusSchema,
  reason: nullable(Type.String({ description: "Of the last step." })),
  amount: Type.Integer({ description: "Minor units." }),
  currency: Type.String(),
  holdExpiresAt: nullable(Time),
  checkInOpensAt: nullable(Time),
  checkInClosesAt: nullable(Type.String({ format: "date-time", description: "Then it is given to others." })),
  cancellation: Type.Array(TierSchema, { description: "The policy, as it was when the booking was made." }),
  refundAmount: nullable(Type.Integer({ description: "Minor units, once it is cancelled." })),
});
