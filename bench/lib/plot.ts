/** A result as an SVG: a bar for the median of each variant, a mark for every round. Pure. */
import { number } from "./number.ts";
import { type BenchResult, figure } from "./summary.ts";

const WIDTH = 720;
const LABEL = 250;
const VALUE = 110;
const ROW = 26;
const TOP = 34;
const BARS = WIDTH - LABEL - VALUE;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The first metric. Legible on light and on dark pages. */
export function plot({ id, units, medians, rounds }: BenchResult): string {
  const [metric = ""] = Object.keys(units);
  const rows = Object.entries(medians).flatMap(([variant, metrics]) => {
    const value = metrics[metric];
    const values = rounds.map((round) => figure(round, variant, metric)).filter((one) => !Number.isNaN(one));
    return value === undefined || Number.isNaN(value) ? [] : [{ variant, value, values }];
  });
  const most = Math.max(1e-9, ...rows.flatMap(({ values }) => values));
  const height = TOP + rows.length * ROW + 8;
  const x = (value: number): number => Math.round((LABEL + (value / most) * BARS) * 10) / 10;
  const bars = rows.map(({ variant, value, values }, index) => {
    const y = TOP + index * ROW;
    const marks = values.map((one) => `<line x1="${x(one)}" x2="${x(one)}" y1="${y + 1}" y2="${y + 17}"/>`).join("");
    return [
      `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${escaped(variant)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${Math.max(1, x(value) - LABEL)}" height="18" rx="2" fill="#4f7cac"/>`,
      `<g stroke="#c96f2e" stroke-width="2">${marks}</g>`,
      `<text x="${WIDTH - VALUE + 8}" y="${y + 13}">${number(value)} ${escaped(units[metric] ?? "")}</text>`,
    ].join("");
  });
  const title = `${id}: ${metric}, ${units[metric] ?? ""}; bar: median, marks: rounds`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#808080">`,
    `<title>${escaped(title)}</title>`,
    `<text x="8" y="18" font-weight="bold">${escaped(title)}</text>`,
    ...bars,
    "</svg>\n",
  ].join("\n");
}
