/** Words, times and money in people's language. Pure. */
import { DateTime } from "luxon";
import type { Money, Slot } from "./templates.ts";

/** A word of the events; an unknown one (of a newer contract) as it is. */
export const word =
  (words: Readonly<Record<string, string>>) =>
  (key: string): string =>
    words[key] ?? key;

/** A moment on the person's clock. */
export const moment =
  (locale: string, day: string) =>
  (time: string, timeZone: string): string => {
    const at = DateTime.fromISO(time, { zone: timeZone }).setLocale(locale);
    return at.isValid ? at.toFormat(`${day}, HH:mm`) : time;
  };

/** A span on the building's clock; the second day is told only where it is another one. */
export const slot =
  (locale: string, day: string) =>
  ({ startsAt, endsAt, timeZone }: Omit<Slot, "resource">): string => {
    const [from, to] = [startsAt, endsAt].map((time) => DateTime.fromISO(time, { zone: timeZone }).setLocale(locale));
    if (!from?.isValid || !to?.isValid) return `${startsAt} – ${endsAt}`;
    const end = to.hasSame(from, "day") ? "HH:mm" : `${day}, HH:mm`;
    return `${from.toFormat(`${day}, HH:mm`)} – ${to.toFormat(end)}`;
  };

export const money =
  (locale: string) =>
  ({ amount, currency }: Money): string => {
    const format = new Intl.NumberFormat(locale, { style: "currency", currency });
    return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  };
