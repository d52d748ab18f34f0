/** A booking as an iCalendar object (RFC 5545). Pure. */
import ical, { ICalCalendarMethod, ICalEventStatus } from "ical-generator";
import { type BookingDoc, RELEASED } from "./model.ts";

const statusOf = ({ status }: BookingDoc): ICalEventStatus => {
  if (RELEASED.includes(status)) return ICalEventStatus.CANCELLED;
  return status.startsWith("pending") ? ICalEventStatus.TENTATIVE : ICalEventStatus.CONFIRMED;
};

/** The same UID with a higher SEQUENCE replaces the event in a calendar that has it already. */
export function icsOf(booking: BookingDoc): string {
  const calendar = ical({ prodId: { company: "residents", product: "booking", language: "EN" } });
  calendar.method(ICalCalendarMethod.PUBLISH);
  calendar.createEvent({
    id: booking._id,
    sequence: booking.version - 1,
    start: booking.from,
    end: booking.to,
    stamp: booking.updatedAt,
    created: booking.createdAt,
    lastModified: booking.updatedAt,
    summary: booking.resourceName,
    status: statusOf(booking),
  });
  return calendar.toString();
}
