/** The service's secrets: the Ed25519 key of its tokens, and the one that refresh tokens are derived with. */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { type Db, MongoServerError } from "mongodb";

interface KeyDoc {
  _id: string;
  /** PKCS#8 PEM. */
  privateKey: string;
  /** base64 */
  refreshSecret: string;
  createdAt: Date;
}

export interface Keys {
  /** Key id: in the header of every token. */
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** The one successor of a refresh token: a repeated refresh gets the same answer, and nothing readable is stored. */
  successor: (refreshToken: string) => string;
}

/** Made once and kept in iam's database; several nodes that start at once end with the same. */
export async function loadKeys(db: Db, configured: string): Promise<Keys> {
  const collection = db.collection<KeyDoc>("signing_keys");
  const doc = (await collection.findOne({ _id: "active" })) ?? (await make(collection));
  const privateKey = createPrivateKey(configured ? Buffer.from(configured, "base64").toString() : doc.privateKey);
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ format: "der", type: "spki" });
  const sessionPart = (token: string): string => token.slice(0, token.indexOf("."));
  return {
    kid: createHash("sha256").update(spki).digest("base64url").slice(0, 16),
    privateKey,
    publicKey,
    successor: (token) =>
      `${sessionPart(token)}.${createHmac("sha256", Buffer.from(doc.refreshSecret, "base64")).update(token).digest("base64url")}`,
  };
}

async function make(collection: ReturnType<typeof keyCollection>): Promise<KeyDoc> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const doc: KeyDoc = {
    _id: "active",
    privateKey: pem,
    refreshSecret: randomBytes(32).toString("base64"),
    createdAt: new Date(),
  };
  try {
    await collection.insertOne(doc);
    return doc;
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === 11000)) throw error;
    return (await collection.findOne({ _id: "active" })) as KeyDoc;
  }
}

const keyCollection = (db: Db) => db.collection<KeyDoc>("signing_keys");
