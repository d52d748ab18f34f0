/** Who is told by which channels, and when. Pure. */
import { addressOf, type PersonDoc } from "./people.ts";
import { DEFAULT_DIGEST_AT, type PreferencesDoc, wants } from "./preferences.ts";
import { afterQuietHours, nextLocalTime } from "./quiet-hours.ts";
import { TEMPLATES, type Template } from "./templates/templates.ts";
import { type Channel, isCritical, type OutsideChannel, TOPICS } from "./topics.ts";

export interface Recipient {
  userId: string;
  /** Undefined: user.created is still on its way. */
  person: PersonDoc | undefined;
  preferences: PreferencesDoc | undefined;
  /** Has a device that takes push messages. */
  push: boolean;
}

export interface Planned {
  channel: Channel;
  /** Of outside channels: not before. */
  dueAt: Date;
  /** Waits for the digest of that time. */
  digest: boolean;
}

export function planFor(recipient: Recipient, template: Template, now: Date): Planned[] {
  if (recipient.person?.deleted) return [];
  const { topic, channels } = TEMPLATES[template];
  return channels
    .filter((channel) => wants(recipient.preferences, topic, channel) && isReachable(recipient, channel))
    .map((channel) =>
      channel === "in_app" ? { channel, dueAt: now, digest: false } : outside(recipient, template, channel, now),
    );
}

function isReachable({ person, push }: Recipient, channel: Channel): boolean {
  if (channel === "in_app") return true;
  if (channel === "push") return push;
  // Of somebody new the e-mail address is about to come; a number, if any, later.
  if (!person || person.email === "") return channel === "email";
  return addressOf(person, channel) !== undefined;
}

function outside({ person, preferences }: Recipient, template: Template, channel: OutsideChannel, now: Date): Planned {
  const { topic } = TEMPLATES[template];
  if (isCritical(topic)) return { channel, dueAt: now, digest: false };
  const zone = person?.timeZone ?? "UTC";
  const digestAt = preferences ? preferences.digestAt : DEFAULT_DIGEST_AT;
  const digest = channel === "email" && TOPICS[topic].urgency === "low" && digestAt !== null;
  const wanted = digest ? nextLocalTime(now, digestAt, zone) : now;
  return { channel, dueAt: afterQuietHours(wanted, preferences?.quietHours ?? null, zone), digest };
}

/** Of each outside channel; a lane's share of the provider's rate is its weight. */
export const LANE_WEIGHTS = { urgent: 8, emergency: 4, normal: 4, bulk: 1 } as const;
export type Lane = keyof typeof LANE_WEIGHTS;

/** What one person waits for goes before what everybody gets. */
export function laneOf(template: Template, toMany: boolean): Lane {
  const { topic } = TEMPLATES[template];
  if (topic === "account") return "urgent";
  if (topic === "emergencies") return "emergency";
  return toMany ? "bulk" : "normal";
}

export const laneName = (channel: OutsideChannel, lane: Lane): string => `${channel}:${lane}`;
