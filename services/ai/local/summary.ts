/** Extractive summary: the sentences that hold most of the words that matter, in their own order. Pure. */
const SHORT = 400;
const SENTENCES = 2;
const MIN_WORD = 4;

const words = (text: string): string[] =>
  [...text.toLowerCase().matchAll(/\p{L}+/gu)].map(([word]) => word).filter((word) => word.length >= MIN_WORD);

/** null for a text that is short enough as it is. */
export function summarise(text: string): string | null {
  if (text.length <= SHORT) return null;
  const segments = new Intl.Segmenter("en", { granularity: "sentence" }).segment(text);
  const sentences = [...segments].map(({ segment }) => segment.trim()).filter((sentence) => sentence !== "");
  const counts = new Map<string, number>();
  for (const word of words(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const weight = (sentence: string): number => {
    const own = words(sentence);
    return own.reduce((sum, word) => sum + (counts.get(word) ?? 0), 0) / Math.max(8, own.length);
  };
  const best = sentences
    .map((sentence, index) => ({ sentence, index, weight: weight(sentence) }))
    .sort((a, b) => b.weight - a.weight || a.index - b.index)
    .slice(0, SENTENCES);
  return best
    .sort((a, b) => a.index - b.index)
    .map(({ sentence }) => sentence)
    .join(" ")
    .slice(0, SHORT);
}
