/** A browser or device that takes push messages (W3C Push API), and whom we trust to carry them. Pure. */
import { createECDH } from "node:crypto";
import { PushEndpointError, PushKeysError } from "./errors.ts";

export interface SubscriptionDoc {
  _id: string;
  userId: string;
  /** Of the push service; whoever knows it can't read what we send. Unique: a browser has one owner. */
  endpoint: string;
  keys: { p256dh: string; auth: string };
  createdAt: Date;
}

/** The one that was made first goes when there are more. */
export const MAX_SUBSCRIPTIONS = 10;

/**
 * The server calls what a user has named, so only push services that the operator trusts are called (`PUSH_HOSTS`:
 * a host, or `*.` and its domain), over TLS; without it only on this machine, for trials.
 */
export function isTrusted(endpoint: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname, username } = new URL(endpoint);
  const known = hosts.some((host) => (host.startsWith("*.") ? hostname.endsWith(host.slice(1)) : hostname === host));
  return known && username === "" && (protocol === "https:" || (protocol === "http:" && hostname === "127.0.0.1"));
}

/** @throws PushEndpointError */
export function checkEndpoint(endpoint: string, hosts: readonly string[]): void {
  if (!isTrusted(endpoint, hosts)) throw new PushEndpointError();
}

/** @throws PushKeysError unless p256dh is a point of P-256 and auth has 16 bytes (RFC 8291) */
export function checkKeys({ p256dh, auth }: SubscriptionDoc["keys"]): void {
  if (Buffer.from(auth, "base64url").length !== 16) throw new PushKeysError("auth");
  try {
    const probe = createECDH("prime256v1");
    probe.generateKeys();
    const point = Buffer.from(p256dh, "base64url");
    if (point.length !== 65) throw new PushKeysError("p256dh");
    probe.computeSecret(point);
  } catch {
    throw new PushKeysError("p256dh");
  }
}

export const viewSubscription = ({ _id, endpoint, createdAt }: SubscriptionDoc) => ({
  id: _id,
  endpoint,
  createdAt: createdAt.toISOString(),
});
