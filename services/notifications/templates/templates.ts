/** Every template: what it is about, by which channels it can go, and the variables that it declares. */
import type { Channel, OutsideChannel, Topic } from "../topics.ts";

/** Names are null once the person has left. */
export interface TemplateVariables {
  welcome: { displayName: string };
  verify_email: { displayName: string; token: string; expiresAt: string; timeZone: string };
  reset_password: { displayName: string; token: string; expiresAt: string; timeZone: string };
  address_dead: { channel: OutsideChannel; address: string };
  building_assigned: { building: string };
  claim_to_decide: Record<never, never>;
  resident_verified: Record<never, never>;
  resident_unverified: { reason: string };
  ticket_created: { number: number; title: string };
  ticket_reported: { number: number; title: string; priority: string };
  ticket_assigned: { number: number };
  ticket_commented: { number: number };
  ticket_status_changed: { number: number; to: string; reason: string | null };
  emergency: { building: string | null; title: string; text: string };
  announcement: { building: string | null; title: string; text: string };
  post_created: { title: string; text: string };
  post_status_changed: { title: string; to: string };
  comment_created: { name: string | null; title: string; text: string };
  comment_status_changed: { to: string };
  mention_created: { name: string | null; title: string };
  message_sent: { name: string | null; text: string };
  message_status_changed: { to: string };
  moderation_case_created: { contentType: string; source: string };
  booking_created: Slot & { status: string };
  booking_to_approve: Slot;
  booking_status_changed: Slot & { status: string; reason: string | null };
  booking_moved: Slot;
  booking_cancelled: Slot & { reason: string | null; refund: Money | null };
}
/** When and what: ISO 8601, shown on the clock of the building. */
export interface Slot {
  resource: string;
  startsAt: string;
  endsAt: string;
  timeZone: string;
}
export interface Money {
  /** Minor units. */
  amount: number;
  /** ISO 4217. */
  currency: string;
}
export type Template = keyof TemplateVariables;

export interface TemplateDef {
  readonly topic: Topic;
  readonly channels: readonly Channel[];
}

const ALL: readonly Channel[] = ["in_app", "email", "sms", "push"];

export const TEMPLATES: Readonly<Record<Template, TemplateDef>> = {
  welcome: { topic: "account", channels: ["in_app"] },
  verify_email: { topic: "account", channels: ["email"] },
  reset_password: { topic: "account", channels: ["email"] },
  address_dead: { topic: "account", channels: ["in_app"] },
  building_assigned: { topic: "residency", channels: ["in_app", "email"] },
  claim_to_decide: { topic: "residency", channels: ["in_app", "push"] },
  resident_verified: { topic: "residency", channels: ["in_app", "push"] },
  resident_unverified: { topic: "residency", channels: ALL },
  ticket_created: { topic: "tickets", channels: ALL },
  ticket_reported: { topic: "tickets", channels: ["in_app", "push"] },
  ticket_assigned: { topic: "tickets", channels: ALL },
  ticket_commented: { topic: "tickets", channels: ALL },
  ticket_status_changed: { topic: "tickets", channels: ALL },
  emergency: { topic: "emergencies", channels: ALL },
  announcement: { topic: "announcements", channels: ALL },
  post_created: { topic: "posts", channels: ALL },
  post_status_changed: { topic: "moderation", channels: ALL },
  comment_created: { topic: "comments", channels: ALL },
  comment_status_changed: { topic: "moderation", channels: ALL },
  mention_created: { topic: "mentions", channels: ALL },
  message_sent: { topic: "messages", channels: ALL },
  message_status_changed: { topic: "moderation", channels: ALL },
  moderation_case_created: { topic: "moderation", channels: ["in_app", "push"] },
  booking_created: { topic: "bookings", channels: ALL },
  booking_to_approve: { topic: "bookings", channels: ["in_app", "push"] },
  booking_status_changed: { topic: "bookings", channels: ALL },
  booking_moved: { topic: "bookings", channels: ALL },
  booking_cancelled: { topic: "bookings", channels: ALL },
};
export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as Template[];

/** What one template says, in one language. */
export interface Text {
  title: string;
  body: string;
  /** Where an e-mail says more. */
  email?: string;
  /** Where title and body are too long for a text message. */
  sms?: string;
}

export interface Catalogue {
  readonly texts: { [T in Template]: (variables: TemplateVariables[T]) => Text };
  /** Closing lines of an e-mail that can be unsubscribed from. */
  readonly unsubscribe: (url: string) => string;
  readonly digest: (count: number) => { title: string; intro: string };
  /** The page behind the link of an e-mail. */
  readonly page: {
    readonly topics: Readonly<Record<Topic, string>>;
    readonly ask: (topic: string) => string;
    readonly button: string;
    readonly done: (topic: string) => string;
  };
}
