/** A step of a booking that somebody takes: read, decide, write, tell. */
import type { Actor } from "../../mixins/kit/actor.ts";
import type { Store } from "../../mixins/kit/implement.ts";
import { inContest } from "./book.ts";
import { publishStep } from "./facts.ts";
import { type BookingDoc, viewBooking } from "./model.ts";
import { readForChange, saveBooking } from "./repository.ts";
import type { SetTimer } from "./timers.ts";

interface Caller {
  actor: Actor;
  store: Store<"booking">;
  ifMatch: number | undefined;
}

export interface Change {
  id: string;
  /** Default: who may see it. To others it is not there. */
  allowed?: (booking: BookingDoc) => boolean;
  decide: (booking: BookingDoc, now: Date) => BookingDoc;
}

/** @throws NotFoundError, VersionMismatchError, and what `decide` throws */
export const changeBooking = (setTimer: SetTimer, { actor, store, ifMatch }: Caller, { id, allowed, decide }: Change) =>
  inContest(store, async (tx) => {
    const before = await readForChange(tx, { id, actor, ifMatch }, allowed);
    const after = decide(before, tx.now);
    await saveBooking(tx, after);
    publishStep(tx, before, after, actor.userId);
    await setTimer(tx, after);
    return viewBooking(after);
  });
