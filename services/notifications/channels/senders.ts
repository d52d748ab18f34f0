/** Which adapter carries which channel, by the settings: the provider's where one is named, else the embedded one. */
import type { Db } from "mongodb";
import type { Backbone } from "../../../mixins/backbone.ts";
import type { OutsideChannel } from "../topics.ts";
import type { Sender } from "./channel.ts";
import { embeddedSender } from "./embedded.ts";
import { smtpSender } from "./smtp.ts";
import { twilioSender } from "./twilio.ts";
import { webPushSender } from "./web-push.ts";

export type Senders = Readonly<Record<OutsideChannel, Sender>>;

export function sendersOf({ env, clock }: Pick<Backbone, "env" | "clock">, db: Db): Senders {
  const email = env.SMTP_URL
    ? smtpSender({ url: env.SMTP_URL, from: env.SMTP_FROM, perSecond: env.SMTP_PER_SECOND })
    : embeddedSender(db, "email");
  const sms = env.TWILIO_ACCOUNT_SID
    ? twilioSender({
        url: env.TWILIO_URL,
        accountSid: env.TWILIO_ACCOUNT_SID,
        authToken: env.TWILIO_AUTH_TOKEN,
        from: env.TWILIO_FROM,
        perSecond: env.TWILIO_PER_SECOND,
        clock,
      })
    : embeddedSender(db, "sms");
  const push = env.VAPID_PRIVATE_KEY
    ? webPushSender({
        publicKey: env.VAPID_PUBLIC_KEY,
        privateKey: env.VAPID_PRIVATE_KEY,
        subject: env.VAPID_SUBJECT,
        hosts: env.PUSH_HOSTS,
        perSecond: env.PUSH_PER_SECOND,
        clock,
      })
    : embeddedSender(db, "push");
  return { email, sms, push };
}
