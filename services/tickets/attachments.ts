/** Files of tickets in GridFS: what they are is told by their bytes, not by their name or header. */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileTypeFromBuffer } from "file-type";
import { type Db, GridFSBucket } from "mongodb";
import type { ResourceDoc } from "../../mixins/kit/fields.ts";
import { viewResource } from "../../mixins/kit/fields.ts";
import { AttachmentTypeError } from "./errors.ts";

export const MAX_BYTES = 10 * 1024 * 1024;
export const MAX_ATTACHMENTS = 20;
/** Pictures, films and PDF: nothing that runs, nothing that unpacks. */
export const TYPES: readonly string[] = [
  ...["image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/avif"],
  ...["application/pdf", "video/mp4", "video/quicktime"],
];

export interface AttachmentDoc extends ResourceDoc {
  ticketId: string;
  /** null: a former resident. */
  uploaderId: string | null;
  name: string;
  type: string;
  bytes: number;
  /** Hex. */
  sha256: string;
}

export const ATTACHMENTS = "attachments";
/** Its `_id` is the attachment's. */
const bucketOf = (db: Db) => new GridFSBucket(db, { bucketName: "files" });
type FileId = Parameters<GridFSBucket["delete"]>[0];

/** @throws AttachmentTypeError */
export async function sniff(content: Buffer): Promise<string> {
  const type = (await fileTypeFromBuffer(content))?.mime;
  if (!type || !TYPES.includes(type)) throw new AttachmentTypeError(type);
  return type;
}

export async function readAll(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

export async function storeFile(db: Db, id: string, name: string, content: Buffer): Promise<void> {
  await pipeline([content], bucketOf(db).openUploadStreamWithId(id as unknown as FileId, name));
}

/** Of a file that nothing refers to; none is no error. */
export const dropFile = (db: Db, id: string): Promise<void> =>
  bucketOf(db)
    .delete(id as unknown as FileId)
    .catch(() => {});

export const openFile = (db: Db, id: string): Readable => bucketOf(db).openDownloadStream(id as unknown as FileId);

const HOUR_MS = 3_600_000;

/** Files of processes that died between the bytes and the attachment. */
export async function dropOrphans(db: Db, now: Date): Promise<void> {
  const old = await bucketOf(db)
    .find({ uploadDate: { $lt: new Date(now.getTime() - HOUR_MS) } }, { projection: { _id: 1 } })
    .toArray();
  const ids = old.map(({ _id }) => String(_id));
  const known = await db
    .collection<AttachmentDoc>(ATTACHMENTS)
    .find({ _id: { $in: ids } }, { projection: { _id: 1 } })
    .toArray();
  const kept = new Set(known.map(({ _id }) => _id));
  for (const id of ids) if (!kept.has(id)) await dropFile(db, id);
}

export const viewAttachment = (doc: AttachmentDoc) => ({
  ...viewResource(doc),
  ticketId: doc.ticketId,
  uploaderId: doc.uploaderId,
  name: doc.name,
  type: doc.type,
  bytes: doc.bytes,
  sha256: doc.sha256,
});
