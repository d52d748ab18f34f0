/** Flags and cases: what a flag weighs, when it hides, what a decision does. Pure. */
import { type ResourceDoc, viewResource } from "../../mixins/kit/fields.ts";
import type { StateOf } from "../../mixins/kit/states.ts";
import { CaseDecidedError } from "./errors.ts";
import type { ContentDoc, ContentStatus, ContentType, PostDoc } from "./model.ts";
import { type flag, moderationCase } from "./states.ts";

export type FlagReason =
  | "spam"
  | "off_topic"
  | "harassment"
  | "hate"
  | "violence"
  | "sexual"
  | "private_data"
  | "other";
export type FlagStatus = StateOf<typeof flag>;
export type CaseStatus = StateOf<typeof moderationCase>;
export type Decision = Exclude<CaseStatus, "pending">;
export type CaseSource = "flags" | "ai" | "revision";

export interface Subject {
  contentType: ContentType;
  contentId: string;
}
export interface FlagDoc extends ResourceDoc, Subject {
  buildingId: string;
  /** null: a former resident. */
  reporterId: string | null;
  reason: FlagReason;
  note: string | null;
  weight: number;
  status: FlagStatus;
  /** `{reporterId}/{contentType}/{contentId}` while open, with a unique index; absent afterwards. */
  open?: string;
}
export interface CaseDoc extends ResourceDoc, Subject {
  buildingId: string;
  revision: number;
  source: CaseSource;
  status: CaseStatus;
  score: number;
  reasons: string[];
  decidedBy: string | null;
  note: string | null;
  /** `{contentType}/{contentId}` while pending, with a unique index; absent afterwards. */
  open?: string;
}

const WEIGHTS: Readonly<Record<FlagReason, number>> = {
  spam: 1,
  off_topic: 1,
  other: 1,
  harassment: 2,
  sexual: 2,
  private_data: 2,
  hate: 3,
  violence: 3,
};
/** From this score on content is hidden until it was reviewed. */
export const HIDE_AT = 5;

export interface Reporter {
  /** Staff or manager of the building: counts double. */
  isStaff: boolean;
  /** Their earlier flags, by what came of them. */
  upheld: number;
  dismissed: number;
}

/** Who was mostly wrong so far counts half. */
export function weightOf(reason: FlagReason, { isStaff, upheld, dismissed }: Reporter): number {
  const unreliable = dismissed >= 3 && dismissed > upheld;
  return WEIGHTS[reason] * (isStaff ? 2 : unreliable ? 0.5 : 1);
}

/** Managers' notices are never hidden by a machine, nor what a moderator has approved as it stands. */
export function mayHide(doc: ContentDoc): boolean {
  const { kind = "post" } = doc as Partial<PostDoc>;
  return kind === "post" && doc.status === "visible" && doc.approvedRevision !== doc.revision;
}

export const caseKey = ({ contentType, contentId }: Subject): string => `${contentType}/${contentId}`;
export const flagKey = (reporterId: string, subject: Subject): string => `${reporterId}/${caseKey(subject)}`;

export interface Suspicion {
  source: CaseSource;
  reasons: readonly string[];
}

export function newCase(
  id: string,
  subject: Subject,
  doc: ContentDoc,
  { source, reasons }: Suspicion,
  now: Date,
): CaseDoc {
  return {
    _id: id,
    ...subject,
    buildingId: doc.buildingId,
    revision: doc.revision,
    source,
    status: "pending",
    score: doc.flagScore,
    reasons: [...reasons],
    decidedBy: null,
    note: null,
    open: caseKey(subject),
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/** One more reason to look at it, or another text: whoever was about to decide has to read again. */
export const moreOf = (old: CaseDoc, doc: ContentDoc, reasons: readonly string[], now: Date): CaseDoc => ({
  ...old,
  revision: doc.revision,
  score: doc.flagScore,
  reasons: [...new Set([...old.reasons, ...reasons])],
  version: old.version + 1,
  updatedAt: now,
});

/** @throws CaseDecidedError */
export function decide(
  old: CaseDoc,
  decision: Decision,
  by: { actorId: string; note?: string | undefined },
  now: Date,
): CaseDoc {
  if (!moderationCase.steps[old.status].includes(decision)) throw new CaseDecidedError(old.status);
  const { open: _, ...rest } = old;
  return {
    ...rest,
    status: decision,
    decidedBy: by.actorId,
    note: by.note ?? null,
    version: old.version + 1,
    updatedAt: now,
  };
}

/** What a decision makes of content and flags. */
export const OUTCOMES: Readonly<Record<Decision, { content: ContentStatus; flags: FlagStatus }>> = {
  approved: { content: "visible", flags: "dismissed" },
  rejected: { content: "hidden", flags: "upheld" },
  removed: { content: "removed", flags: "upheld" },
};

export const viewCase = (doc: CaseDoc) => ({
  ...viewResource(doc),
  buildingId: doc.buildingId,
  contentType: doc.contentType,
  contentId: doc.contentId,
  revision: doc.revision,
  source: doc.source,
  status: doc.status,
  score: doc.score,
  reasons: doc.reasons,
  decidedBy: doc.decidedBy,
  note: doc.note,
});
export const viewFlag = (doc: FlagDoc) => ({
  ...viewResource(doc),
  contentType: doc.contentType,
  contentId: doc.contentId,
  reason: doc.reason,
  note: doc.note,
  status: doc.status,
});
