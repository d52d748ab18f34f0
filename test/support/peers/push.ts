/**
 * A push service (RFC 8030) and, behind it, a browser: it checks the VAPID token (RFC 8292) and decrypts what comes
 * (RFC 8291, aes128gcm of RFC 8188) with the keys that only the browser has.
 */
import { createDecipheriv, createECDH, createHmac, type ECDH, randomBytes } from "node:crypto";
import { importJWK, jwtVerify } from "jose";
import { HttpPeer, type Received, type Reply } from "./http.ts";

export interface Pushed {
  // biome-ignore lint/suspicious/noExplicitAny: whatever was sent
  data: any;
  topic: string | undefined;
  ttl: string | undefined;
  urgency: string | undefined;
  subject: string | undefined;
}

export class Browser {
  readonly endpoint: string;
  readonly keys: { p256dh: string; auth: string };
  readonly received: Pushed[] = [];
  /** Status of the next answers; 201 when there is none left. */
  readonly statuses: number[] = [];
  /** It answers only then. */
  hold: () => Promise<void> = async () => {};
  readonly #own: ECDH;
  readonly #auth = randomBytes(16);

  constructor(endpoint: string) {
    this.endpoint = endpoint;
    this.#own = createECDH("prime256v1");
    this.#own.generateKeys();
    this.keys = { p256dh: this.#own.getPublicKey("base64url"), auth: this.#auth.toString("base64url") };
  }

  /** RFC 8291 section 3.4. */
  decrypt(body: Buffer): string {
    const salt = body.subarray(0, 16);
    const recordSize = body.readUInt32BE(16);
    const idLength = body.readUInt8(20);
    const sender = body.subarray(21, 21 + idLength);
    const record = body.subarray(21 + idLength);
    if (idLength !== 65 || record.length > recordSize) throw new Error("Not one record of aes128gcm.");
    const shared = this.#own.computeSecret(sender);
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), this.#own.getPublicKey(), sender]);
    const ikm = expand(hmac(this.#auth, shared), info, 32);
    const prk = hmac(salt, ikm);
    const key = expand(prk, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
    const nonce = expand(prk, Buffer.from("Content-Encoding: nonce\0"), 12);
    const decipher = createDecipheriv("aes-128-gcm", key, nonce);
    decipher.setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    const end = padded.lastIndexOf(2);
    if (end === -1 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error("No last record.");
    return padded.subarray(0, end).toString();
  }
}

const hmac = (key: Buffer, data: Buffer): Buffer => createHmac("sha256", key).update(data).digest();
const expand = (prk: Buffer, info: Buffer, length: number): Buffer =>
  hmac(prk, Buffer.concat([info, Buffer.from([1])])).subarray(0, length);

export class PushPeer {
  readonly #browsers = new Map<string, Browser>();
  readonly #publicKey: string;
  #peer: HttpPeer | undefined;

  private constructor(publicKey: string) {
    this.#publicKey = publicKey;
  }

  /** @param publicKey the application server's, that its subscriptions are bound to */
  static async start(publicKey: string): Promise<PushPeer> {
    const peer = new PushPeer(publicKey);
    peer.#peer = await HttpPeer.start((received) => peer.#answer(received));
    return peer;
  }

  /** A new browser with a subscription. */
  subscribe(): Browser {
    const path = `/push/${randomBytes(12).toString("base64url")}`;
    const browser = new Browser(`${this.#peer?.url}${path}`);
    this.#browsers.set(path, browser);
    return browser;
  }

  close = (): Promise<void> => this.#peer?.close() ?? Promise.resolve();

  async #answer({ method, path, headers, body }: Received): Promise<Reply> {
    const browser = this.#browsers.get(path);
    if (method !== "POST" || !browser) return { status: 404 };
    const subject = await this.#identify(headers.authorization ?? "").catch(() => undefined);
    if (subject === undefined) return { status: 403 };
    if (headers["content-encoding"] !== "aes128gcm" || !headers.ttl || body.length > 4_096) return { status: 400 };
    await browser.hold();
    const status = browser.statuses.shift() ?? 201;
    if (status !== 201) return { status, headers: status === 429 ? { "retry-after": "1" } : {} };
    const { topic, ttl, urgency } = headers as Record<string, string | undefined>;
    browser.received.push({ data: JSON.parse(browser.decrypt(body)), topic, ttl, urgency, subject });
    return { status: 201, headers: { location: `${this.#peer?.url}/message/1` } };
  }

  /** @returns who sends, as the token says @throws Error of a token that is not by the right key, for us, or now */
  async #identify(authorization: string): Promise<string | undefined> {
    const [, token = "", key = ""] = /^vapid t=([^,]+), ?k=(.+)$/.exec(authorization) ?? [];
    if (key !== this.#publicKey) return undefined;
    const point = Buffer.from(key, "base64url");
    const [x, y] = [point.subarray(1, 33).toString("base64url"), point.subarray(33).toString("base64url")];
    const jwk = await importJWK({ kty: "EC", crv: "P-256", x, y }, "ES256");
    const { payload } = await jwtVerify(token, jwk, { algorithms: ["ES256"], audience: this.#peer?.url ?? "" });
    const tooLong = (payload.exp ?? Number.POSITIVE_INFINITY) - Date.now() / 1000 > 24 * 3600;
    return tooLong ? undefined : payload.sub;
  }
}
