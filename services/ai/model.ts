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
  /** null: a former resident. */
  authorId: string | null;
  title: string;
  text: string;
}
export type Task = "moderation" | "triage" | "summary";

export interface ResultDoc {
  /** `{type}/{id}/{revision}/{task}`, of a thread also a hash of what was said in it: one result each. */
  _id: string;
  subject: Subject;
  revision: number;
  buildingId: string;
  /** null: a former resident. */
  authorId: string | null;
  task: Task;
  moderation: Moderation | null;
  triage: Triage | null;
  summary: string | null;
  /** What a summary rests on. */
  sources: Subject[];
  provider: string;
  model: string;
  inputHash: string;
  createdAt: Date;
}

export const keyOf = ({ subject, revision }: Pick<Analysis, "subject" | "revision">): string =>
  `${subject.type}/${subject.id}/${revision}`;

export const inputOf = ({ title, text }: Pick<Analysis, "title" | "text">): string =>
  title === "" ? text : `${title}\n\n${text}`;
export const hashOf = (input: string): string => createHash("sha256").update(input).digest("hex");

export const resultIdOf = (about: Pick<Analysis, "subject" | "revision">, task: Task, thread = ""): string =>
  `${keyOf(about)}/${task}${thread === "" ? "" : `/${thread}`}`;

export type Findings = Partial<Pick<ResultDoc, "moderation" | "triage" | "summary" | "sources">>;
export type Made = Pick<ResultDoc, "provider" | "model" | "inputHash">;
export type About = Pick<ResultDoc, "subject" | "revision" | "buildingId" | "authorId">;

/** @param thread hash of the thread that was summed up; "": the text alone was */
export function resultDoc(
  { subject, revision, buildingId, authorId }: About,
  task: Task,
  findings: Findings,
  made: Made,
  now: Date,
  thread = "",
): ResultDoc {
  const none = { moderation: null, triage: null, summary: null, sources: [] };
  const about = { subject, revision, buildingId, authorId, task };
  const _id = resultIdOf({ subject, revision }, task, thread);
  return { _id, ...about, ...none, ...findings, ...made, createdAt: now };
}

export const viewResult = ({ _id, buildingId: _, authorId: __, sources = [], ...doc }: ResultDoc) => ({
  ...doc,
  id: _id,
  sources,
  createdAt: doc.createdAt.toISOString(),
});

/** A conversation: what it is about, and what was said to it. */
export interface Thread extends About {
  title: string;
  text: string;
  comments: { id: string; authorId: string | null; text: string }[];
  /** Everybody who wrote in it. */
  people: string[];
}

/** A post is summed up again after so many comments each. */
export const SUMMARY_EVERY = 10;
export const isLong = (comments: number): boolean => comments > 0 && comments % SUMMARY_EVERY === 0;

/** Where comments of tickets have no type of their own among the sources: their ticket stands for them. */
export const partsOf = ({ subject, title, text, comments }: Thread) => [
  { source: subject, text: inputOf({ title, text }) },
  ...comments.map((comment) => ({
    source: subject.type === "post" ? { type: "comment" as const, id: comment.id } : subject,
    text: comment.text,
  })),
];

const inputOfThread = (thread: Thread): string =>
  partsOf(thread)
    .map(({ text }) => text)
    .join("\n\n");
export const inputHashOf = (thread: Thread): string => hashOf(inputOfThread(thread));
/** Names what was summed up: an edited comment makes another one. "" without comments. */
export const threadHashOf = (thread: Thread): string =>
  thread.comments.length === 0 ? "" : inputHashOf(thread).slice(0, 16);
