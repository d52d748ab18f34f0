/** What the probes leave in their databases. */
export const THINGS = "things";
export const EFFECTS = "effects";
/** Database of the services that share one. */
export const SHARED = "shared";

export interface EffectDoc {
  _id: string;
  consumer: string;
  eventId: string;
  n: number;
  /** Process that had the effect. */
  pid: number;
  at: Date;
}
