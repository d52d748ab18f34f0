/** Rule-based triage: which words point to which category and priority. Pure. */
import type { Triage } from "../provider.ts";

const CATEGORIES: Readonly<Record<string, RegExp>> = {
  plumbing: /\b(water|leak\w*|pipe\w*|tap|faucet|drain\w*|toilet|sink|shower|flood\w*|sewage|clog\w*)\b/gi,
  electrical: /\b(electric\w*|power|socket\w*|outlet\w*|fuse\w*|spark\w*|light\w*|lamp\w*|wiring|short circuit)\b/gi,
  heating: /\b(heat\w*|radiator\w*|boiler|cold|thermostat|furnace|warm)\b/gi,
  elevator: /\b(elevator\w*|lift\w*)\b/gi,
  appliance: /\b(oven|stove|fridge|refrigerator|dishwasher|washing machine|dryer|hood)\b/gi,
  structural: /\b(crack\w*|wall\w*|ceiling|roof|window\w*|floor\w*|stair\w*|balcony|mould|mold|door\w*)\b/gi,
  security: /\b(lock\w*|key\w*|break-?in|burglar\w*|stolen|theft|alarm|intercom|stranger\w*)\b/gi,
  cleaning: /\b(clean\w*|dirt\w*|trash|garbage|waste|rubbish|smell\w*|stink\w*|rat|rats|mice|cockroach\w*)\b/gi,
  noise: /\b(noise|noisy|loud|music|party|parties|barking)\b/gi,
};
const URGENT =
  /\b(gas|fire|smoke|spark\w*|flood\w*|burst|sewage|trapped|stuck in|no water|no heat\w*|short circuit|emergency|danger\w*|break-?in)\b/gi;
const HIGH =
  /\b(leak\w*|no power|no light|no hot water|broken|does not work|doesn't work|not working|out of order|elderly|baby|child\w*)\b/gi;

const hits = (pattern: RegExp, text: string): string[] => [
  ...new Set((text.match(pattern) ?? []).map((word) => word.toLowerCase())),
];

export function triage(text: string): Triage {
  const found = Object.entries(CATEGORIES)
    .map(([category, pattern]) => ({ category, words: hits(pattern, text) }))
    .sort((a, b) => b.words.length - a.words.length);
  const [best, second] = found;
  const words = best?.words ?? [];
  const [urgent, high] = [hits(URGENT, text), hits(HIGH, text)];
  const priority = urgent.length > 0 ? "urgent" : high.length > 0 ? "high" : "normal";
  const lead = words.length - (second?.words.length ?? 0);
  return {
    category: words.length > 0 && best ? best.category : "other",
    priority,
    confidence: words.length === 0 ? 0.2 : Math.min(0.95, 0.5 + 0.15 * lead),
    because: [...new Set([...words, ...urgent, ...high])].slice(0, 10),
  };
}
