import { DEAD_LETTERS, type DeadLetter } from "../../mixins/retry/dead-letter.ts";
import { EFFECTS, type EffectDoc } from "../probe/documents.ts";
import type { Lab } from "./lab.ts";
import { until } from "./wait.ts";

/** Waits for alpha's dead letter of this event. */
export const deadLetterOf = (lab: Lab, eventId: string, deadlineMs: number): Promise<DeadLetter> =>
  until(`the dead letter of ${eventId}`, deadlineMs, () =>
    lab.database("alpha").collection<DeadLetter>(DEAD_LETTERS).findOne({ eventId }),
  );

/** From its commit to its effect, the longest of alpha's events that were handled, seconds. */
export async function slowestNeighbour(lab: Lab): Promise<number> {
  const effects = await lab.database("alpha").collection<EffectDoc>(EFFECTS).find({ consumer: "alpha" }).toArray();
  const rows = await lab.database("probe").collection<{ _id: string; timestamp: Date }>("outbox").find().toArray();
  const written = new Map(rows.map(({ _id, timestamp }) => [_id, timestamp.getTime()]));
  const lags = effects.map(({ eventId, at }) => at.getTime() - (written.get(eventId) ?? at.getTime()));
  return Math.max(0, ...lags) / 1_000;
}
