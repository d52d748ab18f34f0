/** What is shown of a hit: a piece of its text around the first match, as HTML that is inert. Pure. */
import { escapeHtml } from "../../mixins/kit/html.ts";
import { tokensOf } from "../../mixins/kit/words.ts";

const LENGTH = 160;
const BEFORE = 40;

/** @param matched words, as `wordsOf` makes them @returns the text escaped, matches in `<mark>` */
export function snippetOf(text: string, matched: readonly string[]): string {
  const wanted = new Set(matched);
  const hits = tokensOf(text).filter(({ words }) => words.some((word) => wanted.has(word)));
  const first = hits[0]?.start ?? 0;
  const from = first <= BEFORE ? 0 : wholeFrom(text, first - BEFORE);
  const to = Math.min(text.length, from + LENGTH);
  let html = from > 0 ? "…" : "";
  let at = from;
  for (const { start, end } of hits) {
    if (end > to) break;
    html += `${escapeHtml(text.slice(at, start))}<mark>${escapeHtml(text.slice(start, end))}</mark>`;
    at = end;
  }
  return `${html}${escapeHtml(text.slice(at, to))}${to < text.length ? "…" : ""}`;
}

/** Never inside of a pair that makes one character. */
const wholeFrom = (text: string, at: number): number => (/[\udc00-\udfff]/.test(text[at] ?? "") ? at + 1 : at);
