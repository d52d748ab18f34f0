/** Documents -> what operators see. Pure. Lists carry no body: personal data is shown for one letter at a time. */
import type { AuditEntry, DeadLetter, FailedAttempt } from "./dead-letter.ts";
import { readable } from "./incoming.ts";
import { legalVerbs, type Verdict } from "./model.ts";
import type { Answer } from "./questions.ts";

type ItemView = Answer<"list">["items"][number];
type AuditView = Answer<"audit">["items"][number];
export type DetailView = Answer<"show">;

/** Of a body, bytes. */
const MAX_SHOWN_BYTES = 256 * 1024;

export const itemView = (letter: Omit<DeadLetter, "body" | "properties">): ItemView => ({
  id: letter._id,
  version: letter.version,
  status: letter.status,
  consumer: letter.consumer,
  eventId: letter.eventId,
  eventType: letter.eventType,
  code: letter.code,
  message: letter.message,
  fingerprint: letter.fingerprint,
  attempts: letter.attempts,
  episode: letter.episode,
  bytes: letter.bytes,
  edited: letter.edited,
  buildingId: letter.buildingId,
  reason: letter.reason,
  firstFailedAt: letter.firstFailedAt.toISOString(),
  deadAt: letter.deadAt.toISOString(),
  createdAt: letter.createdAt.toISOString(),
  updatedAt: letter.updatedAt.toISOString(),
});

export const auditView = ({ _id, at, ...entry }: AuditEntry): AuditView => ({
  id: _id,
  ...entry,
  at: at.toISOString(),
});

export interface DetailParts {
  content: Buffer;
  failures: FailedAttempt[];
  audit: AuditEntry[];
  contract: Verdict;
}

export function detailView(letter: DeadLetter, { content, failures, audit, contract }: DetailParts): DetailView {
  const bodyEncoding = letter.bodyEncoding === "chunks" ? "base64" : letter.bodyEncoding;
  return {
    ...itemView(letter),
    replayedAs: letter.replayedAs,
    body: content.subarray(0, MAX_SHOWN_BYTES).toString(bodyEncoding),
    bodyEncoding,
    bodyTruncated: content.length > MAX_SHOWN_BYTES,
    payload: content.length > MAX_SHOWN_BYTES ? null : (readable(content).payload ?? null),
    properties: letter.properties,
    errors: failures.map(({ at, ...failure }) => ({
      ...failure,
      at: at.toISOString(),
    })),
    audit: audit.map(auditView),
    contract,
    legal: legalVerbs(letter.status),
  };
}
