import { v7, validate } from "uuid";

/** A new UUID v7: sortable by time of making, unique across nodes. Used for every `_id` and `eventId`. */
export const newId = (): string => v7();

/** True for any well-formed UUID string. */
export const isId = (value: unknown): value is string => typeof value === "string" && validate(value);
