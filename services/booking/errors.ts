import { InvalidInputError } from "../../mixins/kit/errors.ts";

/** A field's sentence and the whole's are the same. */
const at = (path: string, message: string) => ({ errors: [{ path, message }] });

export class OpeningEmptyError extends InvalidInputError {
  override readonly code = "OPENING_EMPTY";
  constructor(field: string, from: string, to: string) {
    super(
      `Opening hours from ${from} to ${to} are none: they have to end after they begin.`,
      at(`/${field}`, "is empty"),
    );
  }
}
export class HoursOverlapError extends InvalidInputError {
  override readonly code = "OPENING_OVERLAPS";
  constructor(field: string, from: string, to: string) {
    super(`The opening hours from ${from} to ${to} overlap others of the same day.`, at(`/${field}`, "overlaps"));
  }
}
export class ExceptionTwiceError extends InvalidInputError {
  override readonly code = "EXCEPTION_TWICE";
  constructor(date: string) {
    super(`There are two exceptions for ${date}; put its hours into one.`, at("/exceptions", "names a date twice"));
  }
}
export class LengthRangeError extends InvalidInputError {
  override readonly code = "LENGTH_RANGE";
  constructor(longest: number) {
    super(
      `minSlots can't be more than maxSlots, and maxSlots not more than ${longest}: no booking is longer than 14 days.`,
      at("/maxSlots", `must lie between minSlots and ${longest}`),
    );
  }
}
