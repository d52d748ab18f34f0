/** Search documents: what is kept, what news changes, how hits are ranked. Pure. */

import { wordsOf } from "../../mixins/kit/words.ts";
import { type Audience, shelfOf } from "./access.ts";

export type DocumentType = "ticket" | "post" | "resource" | "provider" | "listing";

export interface SearchDoc {
  /** `{type}/{id}` */
  _id: string;
  type: DocumentType;
  refId: string;
  buildingId: string;
  /** Who wrote it, where that alone lets them find it; null: a former resident, or nobody. */
  ownerId: string | null;
  audience: Audience;
  /** What the audience comes to: queries ask for it (access.ts). null: found by nobody. */
  shelf: string | null;
  readers: string[];
  title: string;
  body: string;
  words: string[];
  titleWords: string[];
  status: string | null;
  /** When it was made: the newest of equal hits comes first. */
  at: Date;
  /** false: nobody finds it at the moment. */
  listed: boolean;
  /** Its text is gone for good. */
  removed: boolean;
  /** Of what the text was taken from, and of what the status was: each wins over older ones by itself. */
  textVersion: number;
  statusVersion: number;
}

export interface Text {
  ownerId: string | null;
  audience: Audience;
  title: string;
  body: string;
  status: string | null;
  at: Date;
}
export interface Status {
  status: string;
  /** false: nobody finds it while it is so. */
  listed: boolean;
  /** A tombstone is left. */
  removed: boolean;
}
/** What an event says about one document. Either part may come first, more than once, and late. */
export interface News {
  type: DocumentType;
  refId: string;
  buildingId: string;
  version: number;
  text?: Text;
  status?: Status;
}

export const docId = (type: DocumentType, refId: string): string => `${type}/${refId}`;

const blank = ({ type, refId, buildingId }: News): SearchDoc => ({
  ...{ _id: docId(type, refId), type, refId, buildingId, ownerId: null, audience: "staff", shelf: null, readers: [] },
  ...{ title: "", body: "", words: [], titleWords: [], status: null, at: new Date(0), listed: true, removed: false },
  ...{ textVersion: 0, statusVersion: 0 },
});

/** The document after the news, or null where they are none: delivery may be re-ordered and repeated. */
export function withNews(before: SearchDoc | null, news: News): SearchDoc | null {
  const doc = before ?? blank(news);
  const { version } = news;
  const text = news.text && version > doc.textVersion ? news.text : undefined;
  const status = news.status && version > doc.statusVersion ? news.status : undefined;
  if (!text && !status) return null;
  return placed({
    ...doc,
    ...(text && { ...partsOf(text), textVersion: version }),
    // A text brings the status that it was born with.
    ...(text && doc.statusVersion === 0 && { status: text.status }),
    ...(status && { ...status, removed: doc.removed || status.removed, statusVersion: version }),
  });
}

function partsOf({ ownerId, audience, title, body, at }: Text) {
  const titleWords = wordsOf(title);
  const words = [...new Set([...titleWords, ...wordsOf(body)])];
  const readers = typeof audience === "string" ? [] : [...audience];
  return { ownerId, audience, readers, title, body, words, titleWords, at };
}

function placed(doc: SearchDoc): SearchDoc {
  const shelf = shelfOf(doc.audience, doc.buildingId, doc.listed && !doc.removed && doc.textVersion > 0);
  return { ...doc, shelf, ...(doc.removed && { title: "", body: "", words: [], titleWords: [] }) };
}

/** Of two states of one document, each part by its newer one. */
export function newerOf(a: SearchDoc, b: SearchDoc | null): SearchDoc {
  if (!b) return a;
  const text = a.textVersion > b.textVersion ? a : b;
  const status = a.statusVersion > b.statusVersion ? a : b;
  const { status: word, listed, statusVersion } = status;
  const parts = { status: statusVersion === 0 ? text.status : word, listed, statusVersion };
  return placed({ ...text, ...parts, removed: a.removed || b.removed });
}
