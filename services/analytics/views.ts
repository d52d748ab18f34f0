/** Documents -> what operators see. Pure. */
import type { ResultOf } from "../../mixins/kit/contracts.ts";
import type { EventDoc } from "./repository.ts";

export type LoggedEvent = ResultOf<"analytics.showSaga">["items"][number];

/** Dates of another node arrive as text. */
export const iso = (date: Date | string | null | undefined): string | null =>
  date ? new Date(date).toISOString() : null;

export const loggedEvent = ({
  _id,
  payload: _payload,
  personId: _personId,
  payloadVersion: _payloadVersion,
  timestamp,
  receivedAt,
  ...rest
}: EventDoc): LoggedEvent => ({
  ...rest,
  eventId: _id,
  timestamp: timestamp.toISOString(),
  receivedAt: receivedAt.toISOString(),
});
