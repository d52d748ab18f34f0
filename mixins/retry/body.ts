/** Bodies of dead letters: inside the document, or in chunks where MongoDB's 16 MB limit comes near. */
import { Binary, type ClientSession, type Db } from "mongodb";
import type { Stored } from "./archive.ts";
import { DEAD_LETTER_CHUNKS, type DeadLetter, type DeadLetterChunk } from "./dead-letter.ts";
import { storedBody } from "./incoming.ts";

/** base64 makes this 5.6 MB at most. */
const MAX_INLINE_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 8 * 1024 * 1024;

const needsChunks = (content: Buffer): boolean => content.length > MAX_INLINE_BYTES;

export const storedForm = (content: Buffer): Stored =>
  needsChunks(content) ? { body: "", bodyEncoding: "chunks", bytes: content.length } : storedBody(content);

/** Replaces the chunks of a dead letter; does nothing for a body that fits into the document. */
export async function writeChunks(
  db: Db,
  session: ClientSession,
  deadLetterId: string,
  content: Buffer,
): Promise<void> {
  if (!needsChunks(content)) return;
  const chunks = db.collection<DeadLetterChunk>(DEAD_LETTER_CHUNKS);
  await chunks.deleteMany({ deadLetterId }, { session });
  for (let index = 0; index * CHUNK_BYTES < content.length; index++) {
    const data = content.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    await chunks.insertOne({ _id: `${deadLetterId}#${index}`, deadLetterId, index, data }, { session });
  }
}

/** The bytes as they came, or as they were edited. */
export async function contentOf(db: Db, letter: Pick<DeadLetter, "_id" | "body" | "bodyEncoding">): Promise<Buffer> {
  if (letter.bodyEncoding !== "chunks") return Buffer.from(letter.body, letter.bodyEncoding);
  const chunks = await db
    .collection<DeadLetterChunk>(DEAD_LETTER_CHUNKS)
    .find({ deadLetterId: letter._id })
    .sort({ index: 1 })
    .toArray();
  return Buffer.concat(chunks.map(({ data }) => (data instanceof Binary ? Buffer.from(data.buffer) : data)));
}
