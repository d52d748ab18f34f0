/**
 * Personal data is replaced before a text leaves the house, and put back into what comes back. The placeholders carry a
 * mark of this one request, so that nobody can write one into a text and be told what it stands for. Pure.
 */
import { randomBytes } from "node:crypto";

export interface Mask {
  /** The same value has the same placeholder in every text. */
  hide: (text: string) => string;
  show: (text: string) => string;
}

const PATTERNS: readonly [string, RegExp][] = [
  ["EMAIL", /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/giu],
  ["IBAN", /\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b/gi],
  ["CARD", /\b(?:\d[ -]?){12,18}\d\b/g],
  ["PHONE", /(?<![\p{L}\p{N}])(?:\+|00|0)[\d][\d\s()/.-]{5,18}\d(?![\p{L}\p{N}])/gu],
];

/** Shorter parts of names are words like any other. */
const MIN_NAME = 3;

/** @param names of people, as they are shown: each is hidden whole and by its parts */
export function maskOf(names: readonly string[], mark = randomBytes(3).toString("hex")): Mask {
  const placeholders = new Map<string, string>();
  const values = new Map<string, string>();
  const counts = new Map<string, number>();
  const placeholder = (kind: string, value: string): string => {
    const key = `${kind} ${value.toLowerCase()}`;
    const known = placeholders.get(key);
    if (known) return known;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const made = `[${kind}_${count}_${mark}]`;
    placeholders.set(key, made);
    values.set(made, value);
    return made;
  };
  const patterns: [string, RegExp][] = [...PATTERNS, ...namesPattern(names)];
  const hide = (text: string): string =>
    patterns.reduce((left, [kind, pattern]) => left.replace(pattern, (value) => placeholder(kind, value)), text);
  const show = (text: string): string => text.replace(/\[[A-Z]+_\d+_[0-9a-f]+\]/g, (made) => values.get(made) ?? made);
  return { hide, show };
}

function namesPattern(names: readonly string[]): [string, RegExp][] {
  const parts = names
    .flatMap((name) => [name.trim(), ...name.split(/[\s-]+/)])
    .filter((part) => part.length >= MIN_NAME);
  if (parts.length === 0) return [];
  const longestFirst = [...new Set(parts)].sort((a, b) => b.length - a.length).map(escapeRegExp);
  return [["NAME", new RegExp(`(?<![\\p{L}\\p{N}_])(?:${longestFirst.join("|")})(?![\\p{L}\\p{N}_])`, "giu")]];
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
