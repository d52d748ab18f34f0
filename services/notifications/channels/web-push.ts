/** Push to browsers: RFC 8030, encrypted by RFC 8291, signed by RFC 8292 (`web-push` makes both; the request is ours). */
import { createHash } from "node:crypto";
import webPush from "web-push";
import type { Clock } from "../../../mixins/kit/clock.ts";
import { isTrusted } from "../push-subscription.ts";
import { excerpt } from "../templates/render.ts";
import {
  AddressDeadError,
  ChannelAwayError,
  type Message,
  RefusedError,
  retryAfterMs,
  type Sender,
  ThrottledError,
} from "./channel.ts";

const TIMEOUT_MS = 10_000;
/** Later than that it is no news. */
const TTL_S = 24 * 3600;
const URGENCY = { critical: "high", normal: "normal", low: "low" } as const;

export interface WebPushSettings {
  publicKey: string;
  privateKey: string;
  /** mailto: or https:, for the push service's operators. */
  subject: string;
  /** Trusted push services. */
  hosts: readonly string[];
  perSecond: number;
  clock: Clock;
}

export function webPushSender({ publicKey, privateKey, subject, hosts, perSecond, clock }: WebPushSettings): Sender {
  const vapidDetails = { subject, publicKey, privateKey };
  return {
    channel: "push",
    perSecond,
    async send(message) {
      const { to: endpoint, keys } = message.address;
      // The list of trusted hosts may have changed since it was stored.
      if (!keys || !isTrusted(endpoint, hosts)) throw new RefusedError("No endpoint of a push service that we use.");
      const request = webPush.generateRequestDetails({ endpoint, keys }, payloadOf(message), {
        vapidDetails,
        TTL: TTL_S,
        urgency: URGENCY[message.urgency],
        topic: topicOf(message),
        contentEncoding: "aes128gcm",
      });
      const { "Content-Length": _, ...headers } = request.headers;
      const response = await fetch(endpoint, {
        method: "POST",
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        body: request.body as unknown as Uint8Array<ArrayBuffer>,
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((cause: unknown) => {
        throw new ChannelAwayError("The push service does not answer.", { cause });
      });
      await response.body?.cancel();
      if (!response.ok) throw verdictOf(response, clock());
    },
  };
}

/** What a service worker shows. */
const payloadOf = ({ notificationId, subject, text, data }: Message): string =>
  JSON.stringify({ id: notificationId, title: excerpt(subject, 200), body: text, ...data });

/** A second message of the same topic takes the place of the first: nobody sees two. */
const topicOf = ({ notificationId }: Message): string =>
  createHash("sha256").update(notificationId).digest("base64url").slice(0, 32);

function verdictOf({ status, headers }: Response, now: Date): Error {
  if (status === 404 || status === 410) return new AddressDeadError(`Push ${status}`);
  if (status === 429) return new ThrottledError(retryAfterMs(headers.get("retry-after"), now));
  if (status >= 500 || status === 401 || status === 403) return new ChannelAwayError(`Push ${status}`);
  return new RefusedError(`Push ${status}`);
}
