/**
 * What keeps bookings apart. A booking claims every five minutes of its time and of the buffers around it, each as one
 * number: which five minutes, and which of the `capacity` places in them. A unique index over (resource, number) lets
 * nobody else claim the same, whatever has been decided before. Pure.
 */
import type { BookableDoc } from "./resource.ts";
import { GRID_MINUTES } from "./schemas.ts";
import type { Span } from "./times.ts";

const MINUTE_MS = 60_000;
export const ATOM_MS = GRID_MINUTES * MINUTE_MS;
/** More than any capacity; claims stay exact numbers for thousands of years. */
const PLACES = 1_024;

export interface ClaimDoc {
  /** The booking's. */
  _id: string;
  resourceId: string;
  /** Of the booking. */
  startsAt: Date;
  endsAt: Date;
  /** With its buffers. */
  from: Date;
  to: Date;
  slots: number[];
}

/** Indices of five minutes since the epoch: `[first, end)`. */
export const atomsOf = (from: number, to: number): [first: number, end: number] => [
  Math.floor(from / ATOM_MS),
  Math.ceil(to / ATOM_MS),
];

/** A booking's time with what is kept free around it. */
export const blockOf = (
  { bufferBeforeMinutes, bufferAfterMinutes }: Pick<BookableDoc, "bufferBeforeMinutes" | "bufferAfterMinutes">,
  { from, to }: Span,
): Span => ({
  from: new Date(from.getTime() - bufferBeforeMinutes * MINUTE_MS),
  to: new Date(to.getTime() + bufferAfterMinutes * MINUTE_MS),
});

/**
 * The lowest free place in each five minutes.
 * @param taken claims of others that may lie in the block
 * @returns in ascending order; undefined: somewhere in it, as many as the capacity are there
 */
export function claimBlock(block: Span, capacity: number, taken: Iterable<number>): number[] | undefined {
  const [first, end] = atomsOf(block.from.getTime(), block.to.getTime());
  const places = new Map<number, Set<number>>();
  for (const claim of taken) {
    const atom = Math.floor(claim / PLACES);
    if (atom < first || atom >= end) continue;
    places.set(atom, (places.get(atom) ?? new Set()).add(claim % PLACES));
  }
  const slots: number[] = [];
  for (let atom = first; atom < end; atom++) {
    const used = places.get(atom);
    // Also where the capacity is less than it was: those who are there stay, and count.
    if (used && used.size >= capacity) return undefined;
    let place = 0;
    while (used?.has(place)) place++;
    slots.push(atom * PLACES + place);
  }
  return slots;
}

export const newClaim = (id: string, resourceId: string, span: Span, block: Span, slots: number[]): ClaimDoc => ({
  _id: id,
  resourceId,
  startsAt: span.from,
  endsAt: span.to,
  ...block,
  slots,
});
