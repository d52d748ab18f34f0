/**
 * The service's secrets: the Ed25519 keys of its tokens, and the one that refresh tokens are derived with. Kept in
 * iam's database, so that all nodes have the same. The newest key signs; an older one verifies for a day, which is as
 * long as the longest token lives, unless it was revoked.
 */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import type { Collection, Db } from "mongodb";
import { isDuplicateKey } from "../../mixins/kit/failure.ts";

interface KeyDoc {
  /** `active`: the first one, which also holds the refresh secret; else the key id. */
  _id: string;
  /** PKCS#8 PEM. */
  privateKey: string;
  /** base64 */
  refreshSecret?: string;
  createdAt: Date;
  revokedAt?: Date;
}

export interface SigningKey {
  /** Key id: in the header of every token. */
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  createdAt: Date;
}

const FIRST = "active";
/** How long an older key verifies after the next one was made, milliseconds. */
const OVERLAP_MS = 25 * 3600 * 1000;
/** An unknown key id makes a node read the keys again, but not more often, milliseconds. */
const RELOAD_MS = 1_000;

/** Pure. `keys` from oldest to newest: those that verify at `now`. The last one signs. */
export const validKeys = <K extends { createdAt: Date }>(keys: readonly K[], now: Date): K[] =>
  keys.filter((_, index) => {
    const next = keys[index + 1];
    return next === undefined || now.getTime() - next.createdAt.getTime() < OVERLAP_MS;
  });

export class Keyring {
  readonly #collection: Collection<KeyDoc>;
  readonly #configured: SigningKey | undefined;
  #keys: SigningKey[] = [];
  #refreshSecret = Buffer.alloc(0);
  #readAt = 0;
  /** Readings that have begun; and the latest of them whose outcome is in use. */
  #begun = 0;
  #applied = 0;

  private constructor(collection: Collection<KeyDoc>, configured: string) {
    this.#collection = collection;
    // Signs instead of the stored ones, which verify nothing from then on.
    if (configured) this.#configured = signingKey(Buffer.from(configured, "base64").toString(), new Date(0));
  }

  /** @param configured a private key of the settings (base64 of PEM), or an empty string */
  static async load(db: Db, configured: string): Promise<Keyring> {
    const keyring = new Keyring(db.collection<KeyDoc>("signing_keys"), configured);
    await keyring.reload();
    return keyring;
  }

  get signing(): SigningKey {
    return this.#keys.at(-1) as SigningKey;
  }

  /** Those that verify at this moment: the JSON Web Key Set (RFC 7517). */
  jwks(now: Date): JsonWebKey[] {
    return validKeys(this.#keys, now).map(({ kid, publicKey }) => ({
      ...publicKey.export({ format: "jwk" }),
      kid,
      alg: "EdDSA",
      use: "sig",
    }));
  }

  /** @returns undefined for a key that is not one of ours, too old, or revoked */
  async verifying(kid: string, now: Date): Promise<KeyObject | undefined> {
    const find = () => validKeys(this.#keys, now).find((key) => key.kid === kid)?.publicKey;
    const known = find();
    if (known || performance.now() - this.#readAt < RELOAD_MS) return known;
    await this.reload();
    return find();
  }

  /** The one successor of a refresh token: a repeated refresh gets the same answer, and nothing readable is stored. */
  successor(refreshToken: string): string {
    const sessionPart = refreshToken.slice(0, refreshToken.indexOf("."));
    return `${sessionPart}.${createHmac("sha256", this.#refreshSecret).update(refreshToken).digest("base64url")}`;
  }

  /** @param revoke the older keys verify nothing from now on: for a key that has leaked */
  async rotate(now: Date, revoke: boolean): Promise<void> {
    const privateKey = newPrivateKey();
    const { kid } = signingKey(privateKey, now);
    await this.#collection.insertOne({ _id: kid, privateKey, createdAt: now });
    if (revoke)
      await this.#collection.updateMany(
        { _id: { $ne: kid }, revokedAt: { $exists: false } },
        { $set: { revokedAt: now } },
      );
    await this.reload();
  }

  async reload(): Promise<void> {
    this.#readAt = performance.now();
    const turn = ++this.#begun;
    let docs = await this.#read();
    if (!docs.some(({ _id }) => _id === FIRST)) {
      await this.#makeFirst();
      docs = await this.#read();
    }
    // A slower one that began before a revocation would bring the key back.
    if (turn < this.#applied) return;
    this.#applied = turn;
    const stored = docs.filter(({ revokedAt }) => !revokedAt).map((doc) => signingKey(doc.privateKey, doc.createdAt));
    this.#keys = this.#configured ? [...stored, this.#configured] : stored;
    this.#refreshSecret = Buffer.from(docs.find(({ _id }) => _id === FIRST)?.refreshSecret ?? "", "base64");
  }

  #read(): Promise<KeyDoc[]> {
    return this.#collection.find().sort({ createdAt: 1, _id: 1 }).toArray();
  }

  /** Several nodes that start at once end with the same. */
  async #makeFirst(): Promise<void> {
    const refreshSecret = randomBytes(32).toString("base64");
    try {
      await this.#collection.insertOne({
        _id: FIRST,
        privateKey: newPrivateKey(),
        refreshSecret,
        createdAt: new Date(),
      });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
}

const newPrivateKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();

function signingKey(pem: string, createdAt: Date): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ format: "der", type: "spki" });
  return { kid: createHash("sha256").update(spki).digest("base64url").slice(0, 16), privateKey, publicKey, createdAt };
}
