/** Tables that fit a terminal of 100 columns. Pure. */
export const WIDTH = 100;
const GAP = "  ";

export interface Column<T> {
  title: string;
  value: (row: T) => string | number | boolean | null | undefined;
  /** Never cut: ids that somebody wants to copy. */
  whole?: boolean;
  right?: boolean;
}

const shown = (value: string | number | boolean | null | undefined): string =>
  value === null || value === undefined ? "-" : String(value).replace(/\s+/g, " ");

export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;

/** The widest columns that may be cut give way first. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], empty = "Nothing."): string {
  if (rows.length === 0) return empty;
  const cells = rows.map((row) => columns.map((column) => shown(column.value(row))));
  const widths = columns.map((column, at) =>
    Math.max(column.title.length, ...cells.map((row) => row[at]?.length ?? 0)),
  );
  const least = columns.map((column, at) =>
    column.whole ? (widths[at] ?? 0) : Math.min(widths[at] ?? 0, Math.max(column.title.length, 6)),
  );
  const over = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1) - WIDTH;
  for (let left = over(); left > 0; left--) {
    const room = widths.map((width, at) => (width > (least[at] ?? 0) ? width : 0));
    const widest = room.indexOf(Math.max(...room));
    if (!room[widest]) break;
    widths[widest] = room[widest] - 1;
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => pad(cut(cell, widths[at] ?? 0), widths[at] ?? 0, columns[at]?.right ?? false))
      .join(GAP)
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    line(widths.map((width) => "-".repeat(width))),
    ...cells.map(line),
  ].join("\n");
}

const pad = (text: string, width: number, right: boolean): string =>
  right ? text.padStart(width) : text.padEnd(width);

/** `name  value` lines; long values are wrapped below each other. */
export function facts(pairs: readonly (readonly [string, unknown])[]): string {
  const name = Math.max(...pairs.map(([label]) => label.length));
  return pairs.flatMap(([label, value]) => wrapped(label.padEnd(name), shownFact(value))).join("\n");
}

const shownFact = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : shown(value as string);

function wrapped(label: string, text: string): string[] {
  const width = WIDTH - label.length - GAP.length;
  const parts = text.match(new RegExp(`.{1,${width}}`, "gs")) ?? [""];
  return parts.map((part, at) => `${at === 0 ? label : " ".repeat(label.length)}${GAP}${part}`);
}

/** 2026-03-01T12:00:00.000Z -> 2026-03-01 12:00:00 */
export const when = (time: string | Date | null | undefined): string =>
  time ? new Date(time).toISOString().slice(0, 19).replace("T", " ") : "-";
