import { InvalidInputError } from "./errors.ts";

/** The name itself, if it is an IANA time zone. @throws InvalidInputError naming `/timeZone` */
export function checkTimeZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return timeZone;
  } catch {
    throw new InvalidInputError(`${timeZone} is not an IANA time zone.`, {
      errors: [{ path: "/timeZone", message: "is not an IANA time zone" }],
    });
  }
}
