import { v7, validate } from "uuid";

/** A new UUID v7: sortable by time of making, unique across nodes. Used for every `_id` and `eventId`. */
export const newId = (): string => v7();

/** True for any well-formed UUID string. */
export const isId = (value: unknown): value is string => typeof value === "string" && validate(value);

/** The lowest UUID v7 of that moment: everything made later sorts behind it. */
export function firstIdAt(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
