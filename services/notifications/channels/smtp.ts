import { createTransport } from "nodemailer";
import { RefusedError, type Sender } from "./channel.ts";

const TIMEOUT_MS = 10_000;

export function smtpSender(url: string, from: string): Sender & { close: () => void } {
  const transport = createTransport(
    { url, pool: true, connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    { from },
  );
  return {
    channel: "email",
    async send({ notificationId, to, subject, text }) {
      try {
        // A repeated try has the same Message-ID: mail servers that look drop the second.
        await transport.sendMail({ to, subject, text, messageId: `<${notificationId}@notifications>` });
      } catch (error) {
        const { responseCode } = error as { responseCode?: number };
        if (responseCode !== undefined && responseCode >= 500) throw new RefusedError(`SMTP ${responseCode}`);
        throw error;
      }
    },
    close: () => transport.close(),
  };
}
