/** What notifications shows, and what people may set. */
import Type from "typebox";
import { closed, Id, nullable, oneOf, Time } from "../../mixins/kit/fields.ts";
import { OPTIONAL_TOPICS, type OptionalTopic, TOPIC_NAMES } from "./topics.ts";

/** What releases before this one knew. */
export const ChannelV1 = oneOf("in_app", "email");
export const ChannelSchema = oneOf("in_app", "email", "sms", "push");
export const OutsideSchema = oneOf("email", "sms", "push");
const TopicSchema = Type.Unsafe<(typeof TOPIC_NAMES)[number]>(Type.Enum([...TOPIC_NAMES]));

export const NotificationSchema = Type.Object({
  id: Id,
  type: TopicSchema,
  template: Type.String(),
  title: Type.String(),
  body: Type.String(),
  subject: nullable(Type.Object({ type: Type.String(), id: Id }, { description: "What it is about." })),
  causeEventId: Id,
  readAt: nullable(Time),
  createdAt: Time,
});

export const DeliverySchema = Type.Object({
  id: Id,
  notificationId: Type.String(),
  channel: OutsideSchema,
  to: Type.String(),
  subject: Type.String(),
  text: Type.String(),
  unsubscribeUrl: nullable(Type.String({ description: "Also in the headers of the e-mail (RFC 8058)." })),
  at: Time,
});

const choice = { in_app: Type.Boolean(), email: Type.Boolean(), sms: Type.Boolean(), push: Type.Boolean() };
const Choice = Type.Object(choice);
const maybe = Type.Optional(Type.Boolean());
const AskedChoice = Type.Object({ in_app: maybe, email: maybe, sms: maybe, push: maybe }, closed);
const perTopic = <S>(schema: S) =>
  Object.fromEntries(OPTIONAL_TOPICS.map((topic) => [topic, schema])) as Record<OptionalTopic, S>;

const ClockTime = (description: string) => Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$", description });
const quiet = {
  from: ClockTime("HH:MM in the account's time zone."),
  to: ClockTime("HH:MM; before `from`: of the next day."),
};
const DigestAt = nullable(ClockTime("HH:MM: e-mails of low urgency (`posts`) come together then; null: one by one."));

/** What is left out goes back to its default. */
export const asked = {
  types: Type.Optional(
    Type.Object(
      Object.fromEntries(OPTIONAL_TOPICS.map((topic) => [topic, Type.Optional(AskedChoice)])) as Record<
        OptionalTopic,
        ReturnType<typeof Type.Optional<typeof AskedChoice>>
      >,
      closed,
    ),
  ),
  quietHours: Type.Optional(nullable(Type.Object(quiet, closed))),
  digestAt: Type.Optional(DigestAt),
};

const AddressSchema = nullable(
  Type.Object({
    address: Type.String(),
    state: Type.Unsafe<"ok" | "dead">(
      Type.Enum(["ok", "dead"], { description: "`dead`: we have stopped sending there." }),
    ),
    reason: nullable(Type.String()),
  }),
);
export const PreferencesSchema = Type.Object({
  version: Type.Integer({ description: "0: never set." }),
  types: Type.Object(perTopic(Choice), { description: "Account and emergencies are not optional." }),
  quietHours: nullable(Type.Object(quiet)),
  digestAt: DigestAt,
  addresses: Type.Object({ email: AddressSchema, sms: AddressSchema, push: Type.Integer({ description: "Devices." }) }),
  updatedAt: nullable(Time),
});

const Base64Url = (minLength: number, maxLength: number) =>
  Type.String({ minLength, maxLength, pattern: "^[\\w-]+=*$", examples: ["A".repeat(minLength)] });
export const askedSubscription = {
  endpoint: Type.String({
    maxLength: 1_000,
    pattern: "^https?://\\S+$",
    examples: ["https://fcm.googleapis.com/fcm/send/id"],
  }),
  keys: Type.Object({ p256dh: Base64Url(80, 100), auth: Base64Url(20, 30) }, closed),
  expirationTime: Type.Optional(
    nullable(Type.Number({ description: "As browsers give it; we go by the push service's answers." })),
  ),
};
export const SubscriptionSchema = Type.Object({ id: Id, endpoint: Type.String(), createdAt: Time });
export const Page = Type.Object({ html: Type.String() });
export const UnsubscribeToken = Type.String({ minLength: 20, maxLength: 200, description: "Of the link." });
