/** What a notification is about: how urgent it is, and by which channels people are told unless they say otherwise. Pure. */
export const CHANNELS = ["in_app", "email", "sms", "push"] as const;
export type Channel = (typeof CHANNELS)[number];
/** Those that leave the house. */
export type OutsideChannel = Exclude<Channel, "in_app">;
export const OUTSIDE: readonly OutsideChannel[] = ["email", "sms", "push"];
export type ChannelChoice = Readonly<Record<Channel, boolean>>;

/** `critical`: preferences and quiet hours do not count. `low`: e-mails are gathered into a digest. */
export type Urgency = "critical" | "normal" | "low";

export interface TopicDef {
  readonly urgency: Urgency;
  readonly defaults: ChannelChoice;
}

const told = (...channels: readonly Channel[]): ChannelChoice => ({
  in_app: channels.includes("in_app"),
  email: channels.includes("email"),
  sms: channels.includes("sms"),
  push: channels.includes("push"),
});

/** The notification types of people's preferences. */
export const TOPICS = {
  /** Security: verification, passwords, addresses that are dead. */
  account: { urgency: "critical", defaults: told("in_app", "email", "sms", "push") },
  emergencies: { urgency: "critical", defaults: told("in_app", "email", "sms", "push") },
  residency: { urgency: "normal", defaults: told("in_app", "email", "push") },
  tickets: { urgency: "normal", defaults: told("in_app", "email", "push") },
  bookings: { urgency: "normal", defaults: told("in_app", "email", "push") },
  announcements: { urgency: "normal", defaults: told("in_app", "email", "push") },
  messages: { urgency: "normal", defaults: told("in_app", "push") },
  mentions: { urgency: "normal", defaults: told("in_app", "email", "push") },
  comments: { urgency: "normal", defaults: told("in_app", "push") },
  moderation: { urgency: "normal", defaults: told("in_app", "email") },
  posts: { urgency: "low", defaults: told("in_app", "email") },
} as const satisfies Record<string, TopicDef>;

export type Topic = keyof typeof TOPICS;
export const TOPIC_NAMES = Object.keys(TOPICS) as Topic[];
/** Those that preferences are about. */
export type OptionalTopic = { [T in Topic]: (typeof TOPICS)[T]["urgency"] extends "critical" ? never : T }[Topic];
export const OPTIONAL_TOPICS = TOPIC_NAMES.filter((name) => TOPICS[name].urgency !== "critical") as OptionalTopic[];

export const isCritical = (topic: Topic): boolean => TOPICS[topic].urgency === "critical";
