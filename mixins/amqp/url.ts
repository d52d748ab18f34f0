/**
 * Seconds. A black hole is noticed after 2.4 to 2.9 intervals (measured): before the watchdog of the transporter takes
 * the silence for a dead channel.
 */
const HEARTBEAT_S = 4;

/** amqplib reads the heartbeat from the URL, and from nowhere else; without one the broker's applies, 60 s. Pure. */
export function withHeartbeat(url: string): string {
  const changed = new URL(url);
  if (!changed.searchParams.has("heartbeat")) changed.searchParams.set("heartbeat", String(HEARTBEAT_S));
  return changed.href;
}
