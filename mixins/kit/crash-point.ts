/**
 * Named places where the fault suite kills this process (SIGKILL, at once): between two steps whose order is a promise.
 * Armed by `CRASH_AT=relay.after-confirm`, or `CRASH_AT=relay.after-confirm:3` for the third passage; else it costs one
 * comparison. Production refuses to start with it.
 */
export const CRASH_POINTS = [
  /** The row has been read, nothing is sent. */
  "relay.before-publish",
  /** The broker has confirmed, nothing is marked. */
  "relay.after-confirm",
  /** A batch of marks is complete and not written. */
  "relay.before-mark",
  /** Marks are written, the token is not saved. */
  "relay.after-mark",
  /** Everything of the action is written, its transaction is open. */
  "service.in-transaction",
  /** Committed; the caller has no answer. */
  "service.after-commit",
  /** The handler has run, its transaction is open. */
  "consumer.mid-handler",
  /** Committed, not acked. */
  "consumer.before-ack",
  /** The retry copy is confirmed, the original is not acked. */
  "consumer.after-retry-confirm",
  /** The dead letter is confirmed, the original is not acked. */
  "consumer.after-dead-letter-confirm",
  /** Archived, the copy in the dead-letter queue is not acked. */
  "archiver.before-ack",
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

let armed: { point: string; passages: number } | undefined;

/** `spec`: `point` or `point:passage`; empty disarms. */
export function armCrashPoint(spec: string): void {
  const [point = "", passage = "1"] = spec.split(":");
  armed = point === "" ? undefined : { point, passages: Number(passage) };
}

export const isCrashSpec = (spec: string): boolean => {
  const [point, passage = "1", ...rest] = spec.split(":");
  return rest.length === 0 && CRASH_POINTS.some((known) => known === point) && /^[1-9]\d{0,5}$/.test(passage);
};

export function crashPoint(point: CrashPoint): void {
  if (armed?.point !== point || --armed.passages > 0) return;
  process.kill(process.pid, "SIGKILL");
}
