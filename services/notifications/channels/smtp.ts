/** E-mail by SMTP (nodemailer). */
import { createTransport } from "nodemailer";
import {
  AddressDeadError,
  ChannelAwayError,
  type Message,
  RefusedError,
  type Sender,
  ThrottledError,
} from "./channel.ts";

const TIMEOUT_MS = 10_000;
/** "Slow down": mail servers name no time. */
const THROTTLE_MS = 30_000;

export interface SmtpSettings {
  /** smtp:// or smtps:// */
  url: string;
  from: string;
  perSecond: number;
}

export function smtpSender({ url, from, perSecond }: SmtpSettings): Sender {
  const transport = createTransport(
    { url, pool: true, connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    { from },
  );
  return {
    channel: "email",
    perSecond,
    async send(message) {
      const { notificationId, address, subject, text } = message;
      try {
        // A repeated try has the same Message-ID: mail servers that look drop the second.
        const messageId = `<${notificationId}@notifications>`;
        await transport.sendMail({ to: address.to, subject, text, messageId, headers: headersOf(message) });
      } catch (error) {
        throw verdictOf(error as SmtpFailure);
      }
    },
    close: () => transport.close(),
  };
}

/** RFC 8058: a mail program shows its own button, and POSTs. Out-of-office robots keep silent. */
function headersOf({ unsubscribeUrl }: Message): Record<string, string> {
  const automatic = { "Auto-Submitted": "auto-generated" };
  if (unsubscribeUrl === null) return automatic;
  return {
    ...automatic,
    "List-Unsubscribe": `<${unsubscribeUrl}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
}

export interface SmtpFailure {
  responseCode?: number;
  /** The SMTP command that was answered. */
  command?: string;
  response?: string;
}

/** Mailbox unknown, moved or disabled (RFC 3463): of the address, not of this message. */
const DEAD = /^5\.(1\.(1|2|3|6|10)|2\.1)$/;
/** The codes of RFC 5321 that say so where no enhanced one is given. */
const DEAD_CODES = new Set([550, 551, 553]);
/** Too many messages, connections or recipients. */
const THROTTLED = /^4\.(7\.0|5\.3|3\.2|7\.28)$/;

/** Pure. */
export function verdictOf({ responseCode, command, response = "" }: SmtpFailure): Error {
  if (responseCode === undefined) return new ChannelAwayError("The mail server does not answer.");
  const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  if (responseCode === 421 || responseCode === 450 || responseCode === 451 || responseCode === 452) {
    return enhanced && THROTTLED.test(enhanced)
      ? new ThrottledError(THROTTLE_MS)
      : new ChannelAwayError(`SMTP ${responseCode}`);
  }
  if (responseCode < 500) return new ChannelAwayError(`SMTP ${responseCode}`);
  // A wrong password of ours is nobody's message's fault.
  if (command === "AUTH PLAIN" || command === "AUTH LOGIN" || responseCode === 530 || responseCode === 535)
    return new ChannelAwayError(`SMTP ${responseCode}`);
  const ofRecipient = command === "RCPT TO";
  const dead = enhanced ? DEAD.test(enhanced) : ofRecipient && DEAD_CODES.has(responseCode);
  return dead ? new AddressDeadError(`SMTP ${responseCode}`) : new RefusedError(`SMTP ${responseCode}`);
}
