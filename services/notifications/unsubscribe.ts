/**
 * Links that end e-mails of one kind without a log-in. The token names person and topic, is signed, and never expires:
 * it has to work in the oldest e-mail. It can do nothing else.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Db } from "mongodb";
import { isId } from "../../mixins/kit/ids.ts";
import { UnsubscribeTokenError } from "./errors.ts";
import { OPTIONAL_TOPICS, type OptionalTopic, type Topic } from "./topics.ts";

export type UnsubscribeUrl = (userId: string, topic: Topic) => Promise<string>;

export interface Unsubscription {
  userId: string;
  topic: OptionalTopic;
}

interface SecretDoc {
  _id: string;
  key: string;
}

/** Made at the first start, kept in the database: all nodes sign alike. */
export async function loadSecret(db: Db): Promise<Buffer> {
  const secrets = db.collection<SecretDoc>("secrets");
  const fresh = { key: randomBytes(32).toString("base64") };
  await secrets.updateOne({ _id: "unsubscribe" }, { $setOnInsert: fresh }, { upsert: true });
  const kept = await secrets.findOne({ _id: "unsubscribe" });
  if (!kept) throw new Error("The secret of the unsubscribe links could not be kept.");
  return Buffer.from(kept.key, "base64");
}

const sign = (secret: Buffer, text: string): Buffer =>
  createHmac("sha256", secret).update(`unsubscribe/${text}`).digest();

/** `{userId}.{topic}.{signature}`. Pure. */
export const unsubscribeToken = (secret: Buffer, userId: string, topic: Topic): string =>
  `${userId}.${topic}.${sign(secret, `${userId}.${topic}`).toString("base64url")}`;

/** @throws UnsubscribeTokenError. Pure. */
export function readToken(secret: Buffer, token: string): Unsubscription {
  const [userId = "", name = "", signature = "", ...more] = token.split(".");
  const topic = OPTIONAL_TOPICS.find((known) => known === name);
  const given = Buffer.from(signature, "base64url");
  const real = sign(secret, `${userId}.${name}`);
  const genuine = given.length === real.length && timingSafeEqual(given, real);
  if (!genuine || !topic || !isId(userId) || more.length > 0) throw new UnsubscribeTokenError();
  return { userId, topic };
}
