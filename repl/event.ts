/** `event <id>`: the biography of one event. */

import { isId } from "../mixins/kit/ids.ts";
import { replCommand, UsageError } from "./command.ts";
import { cut, facts, table, WIDTH, when } from "./table.ts";

type Step = Record<string, unknown>;

export const event = replCommand({
  command: "event <id>",
  description:
    "The whole way of one event: committed, published, each consumer's attempts, dead letters, replays, by whom.",
  example: "event 0198c0de-5a3e-7c1a-9d52-3f6b8a1e7c90",
  async run(ask, { id }) {
    if (!isId(id)) throw new UsageError(`${String(id)} is not an event id (a UUID).`);
    const data: Step = await ask("analytics.biography", { eventId: id });
    return { data, text: told(data) };
  },
});

/** Plain fields first, then each list as a table of its own. */
function told(biography: Step): string {
  const plain = Object.entries(biography).filter(([, value]) => !Array.isArray(value));
  const lists = Object.entries(biography).filter(
    (entry): entry is [string, Step[]] => Array.isArray(entry[1]) && entry[1].length > 0,
  );
  return [
    facts(
      plain.map(
        ([name, value]) => [name, cut(typeof value === "string" ? value : JSON.stringify(value), 400)] as const,
      ),
    ),
    ...lists.map(listed),
  ].join("\n\n");
}

function listed([name, rows]: [string, Step[]]): string {
  if (typeof rows[0] !== "object") return cut(`${name}: ${rows.join(", ")}`, WIDTH);
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, 6);
  return `${name}\n${table(
    rows,
    fields.map((field) => ({
      title: field,
      value: (row: Step) => cell(field, row[field]),
    })),
  )}`;
}

function cell(field: string, value: unknown): string | number | boolean | null | undefined {
  if (field === "at" || field.endsWith("At")) return value ? when(value as string) : null;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : (value as string);
}
