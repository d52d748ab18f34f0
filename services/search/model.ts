/** Search documents: what is kept, how text becomes trigrams, what a hit looks like. Pure. */
import { escapeHtml } from "../../mixins/kit/html.ts";

export type DocumentType = "ticket" | "post" | "resource" | "provider" | "listing";

export interface SearchDoc {
  /** `{type}/{id}` */
  _id: string;
  type: DocumentType;
  refId: string;
  buildingId: string | null;
  /** Who wrote it; null: a former resident, or nobody. */
  ownerId: string | null;
  /** `building`: every resident. `staff`: its owner and the building's staff. */
  audience: "building" | "staff";
  title: string;
  body: string;
  grams: string[];
  status: string | null;
  /** Of what the text was taken from, and of what the status was: each wins over older ones by itself. */
  textVersion: number;
  statusVersion: number;
}

export const docId = (type: DocumentType, refId: string): string => `${type}/${refId}`;

const MAX_INDEXED = 4_000;

export const wordsOf = (text: string): string[] => [
  ...new Set(
    [
      ...text
        .slice(0, MAX_INDEXED)
        .normalize("NFKD")
        .toLowerCase()
        .replace(/\p{M}/gu, "")
        .matchAll(/[\p{L}\p{N}]+/gu),
    ].map(([word]) => word),
  ),
];

/** `leak` -> `^le lea eak`: without a mark at the end, so that a beginning of the word has grams of its own only. */
export function gramsOfWord(word: string): string[] {
  const marked = `^${word}`;
  if (marked.length <= 3) return [marked];
  return Array.from({ length: marked.length - 2 }, (_, index) => marked.slice(index, index + 3));
}

export const gramsOf = (text: string): string[] => [...new Set(wordsOf(text).flatMap(gramsOfWord))];

/** Of the query's grams, this share has to be in the document. One wrong letter of six costs three of six. */
export const MIN_SHARE = 0.5;

export interface Candidate extends Omit<SearchDoc, "grams"> {
  /** 0 to 1: share of the query's grams. */
  share: number;
  /** MongoDB's text score, 0 where no whole word matched. */
  textScore: number;
}

/** A title counts twice: it is what people remember. */
export function scoreOf({ share, textScore, title }: Candidate, query: string): number {
  const grams = gramsOf(query);
  const inTitle = new Set(gramsOf(title));
  const titleShare = grams.length === 0 ? 0 : grams.filter((gram) => inTitle.has(gram)).length / grams.length;
  return Math.round((share + titleShare + textScore) * 1000) / 1000;
}

const SNIPPET = 160;

/** A piece of the text around the first match, as HTML: escaped, matches in `<mark>`. */
export function snippetOf(text: string, query: string): string {
  const words = wordsOf(query).filter((word) => word.length > 1);
  const lower = text.toLowerCase();
  const first = Math.min(...words.map((word) => lower.indexOf(word)).filter((at) => at >= 0), text.length);
  const start = first === text.length ? 0 : Math.max(0, first - SNIPPET / 4);
  const piece = `${start > 0 ? "…" : ""}${text.slice(start, start + SNIPPET)}${text.length > start + SNIPPET ? "…" : ""}`;
  if (words.length === 0) return escapeHtml(piece);
  // Words are letters and digits only: nothing in them is special to a regular expression.
  return piece
    .split(new RegExp(`(${words.join("|")})`, "giu"))
    .map((part, index) => (index % 2 === 1 ? `<mark>${escapeHtml(part)}</mark>` : escapeHtml(part)))
    .join("");
}
