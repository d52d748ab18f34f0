/** Results: types and views. Pure. */
import { createHash } from "node:crypto";
import type { Moderation, Triage } from "./provider.ts";

export interface Subject {
  type: "ticket" | "post" | "comment" | "message";
  id: string;
}
/** A text to judge, and who may see what comes of it. */
export interface Analysis {
  subject: Subject;
  revision: number;
  buildingId: string;
  authorId: string;
  title: string;
  text: string;
}
export type Task = "moderation" | "triage" | "summary";

export interface ResultDoc {
  /** `{type}/{id}/{revision}/{task}`: one result each. */
  _id: string;
  subject: Subject;
  revision: number;
  buildingId: string;
  authorId: string;
  task: Task;
  moderation: Moderation | null;
  triage: Triage | null;
  summary: string | null;
  provider: string;
  model: string;
  inputHash: string;
  createdAt: Date;
}

export const keyOf = ({ subject, revision }: Pick<Analysis, "subject" | "revision">): string =>
  `${subject.type}/${subject.id}/${revision}`;

export const inputOf = ({ title, text }: Pick<Analysis, "title" | "text">): string => `${title}\n\n${text}`;
export const hashOf = (input: string): string => createHash("sha256").update(input).digest("hex");

export type Findings = Partial<Pick<ResultDoc, "moderation" | "triage" | "summary">>;

export function resultDoc(
  analysis: Analysis,
  task: Task,
  findings: Findings,
  made: Pick<ResultDoc, "provider" | "model" | "inputHash">,
  now: Date,
): ResultDoc {
  const { subject, revision, buildingId, authorId } = analysis;
  const none = { moderation: null, triage: null, summary: null };
  const about = { subject, revision, buildingId, authorId, task };
  return { _id: `${keyOf(analysis)}/${task}`, ...about, ...none, ...findings, ...made, createdAt: now };
}

export const viewResult = ({ _id, buildingId: _, authorId: __, ...doc }: ResultDoc) => ({
  ...doc,
  id: _id,
  createdAt: doc.createdAt.toISOString(),
});
