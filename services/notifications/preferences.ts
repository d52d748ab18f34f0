/** What people want to be told, how, and when not. Pure. */
import type { QuietHours } from "./quiet-hours.ts";
import {
  type Channel,
  type ChannelChoice,
  isCritical,
  OPTIONAL_TOPICS,
  type OptionalTopic,
  TOPICS,
  type Topic,
} from "./topics.ts";

export interface PreferencesDoc {
  /** userId */
  _id: string;
  /** Only what differs from the defaults of the topic. */
  types: Partial<Record<OptionalTopic, Partial<ChannelChoice>>>;
  quietHours: QuietHours | null;
  /** `HH:MM` in the person's zone: e-mails of low urgency come together then; null: one by one. */
  digestAt: string | null;
  version: number;
  updatedAt: Date;
}

export const DEFAULT_DIGEST_AT = "18:00";

export const defaultPreferences = (userId: string, now: Date): PreferencesDoc => ({
  _id: userId,
  types: {},
  quietHours: null,
  digestAt: DEFAULT_DIGEST_AT,
  version: 0,
  updatedAt: now,
});

/** Whether the person wants news of this topic by this channel. Critical ones are not asked about. */
export function wants(preferences: PreferencesDoc | undefined, topic: Topic, channel: Channel): boolean {
  if (isCritical(topic)) return true;
  return preferences?.types[topic as OptionalTopic]?.[channel] ?? TOPICS[topic].defaults[channel];
}

/** Every choice, the defaults included. */
export const choicesOf = (preferences: PreferencesDoc | undefined) =>
  Object.fromEntries(
    OPTIONAL_TOPICS.map((topic) => [topic, { ...TOPICS[topic].defaults, ...preferences?.types[topic] }]),
  ) as Record<OptionalTopic, ChannelChoice>;
