/** A manager's list of contacts: who may live where. From JSON or CSV; every fault names its line and column. Pure. */
import { CsvError, parse } from "csv-parse/sync";
import Type from "typebox";
import { type FieldError, InvalidInputError } from "../../mixins/kit/errors.ts";
import { compileCheck } from "../../mixins/kit/schema.ts";
import type { UnitDoc } from "./model.ts";

export interface ContactRow {
  email: string;
  /** Its name. */
  unit: string;
}
export interface ContactDoc {
  /** `{unitId}/{email}` */
  _id: string;
  buildingId: string;
  unitId: string;
  email: string;
  /** Who has claimed the unit by it. */
  userId: string | null;
  createdAt: Date;
}
/** A row, and where it was: `/contacts/3` or `line 4`. */
export interface PlacedRow {
  place: string;
  row: Partial<Record<keyof ContactRow, unknown>>;
}

export const viewContact = ({ unitId, email, userId, createdAt }: ContactDoc) => ({
  unitId,
  email,
  claimed: userId !== null,
  createdAt: createdAt.toISOString(),
});

export const contactId = (unitId: string, email: string): string => `${unitId}/${email.trim().toLowerCase()}`;

const COLUMNS = ["email", "unit"] as const;
const DELIMITERS = [",", ";", "\t"];
const checkEmail = compileCheck(Type.String({ format: "email", maxLength: 254 }));

/** The one that the first line holds most often. */
const delimiterOf = (csv: string): string => {
  const [header = ""] = csv.split(/\r?\n/, 1);
  const count = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce((best, next) => (count(next) > count(best) ? next : best));
};

/**
 * With a first line that names the columns `email` and `unit`, in any order and case; others are ignored. Commas,
 * semicolons or tabs; quotes as in RFC 4180. @throws InvalidInputError for what is no CSV, or lacks a column
 */
export function readCsv(csv: string): PlacedRow[] {
  try {
    const rows = parse(csv, {
      bom: true,
      columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()),
      delimiter: delimiterOf(csv),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: ({ record, info }) => ({ record, info }) as never,
    }) as unknown as { record: Record<string, string>; info: { lines: number; columns: { name: string }[] } }[];
    const named = rows[0]?.info.columns.map(({ name }) => name) ?? [];
    const missing = COLUMNS.filter((column) => !named.includes(column));
    if (rows.length === 0 || missing.length > 0) throw missingColumns(rows.length === 0 ? COLUMNS : missing);
    return rows.map(({ record, info }) => ({
      place: `line ${info.lines}`,
      row: { email: record.email ?? "", unit: record.unit ?? "" },
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines = 1 } = error as { lines?: number };
    const message = error.message.split(":")[0]?.toLowerCase() ?? "is no CSV";
    throw new InvalidInputError(`Line ${lines} is no CSV: ${message}.`, {
      errors: [{ path: `line ${lines}`, message }],
    });
  }
}

const missingColumns = (columns: readonly string[]): InvalidInputError =>
  new InvalidInputError(`The first line has to name the columns email and unit, and rows have to follow.`, {
    errors: columns.map((column) => ({ path: `line 1, column ${column}`, message: "is missing" })),
  });

export interface Sorted {
  /** By id: a row that comes twice is one contact. */
  good: Map<string, { unitId: string; email: string }>;
  bad: FieldError[];
}

/** `units`: of the building. Names are compared without case. */
export function sortRows(rows: readonly PlacedRow[], units: readonly Pick<UnitDoc, "_id" | "name">[]): Sorted {
  const byName = new Map(units.map(({ _id, name }) => [name.trim().toLowerCase(), _id]));
  const sorted: Sorted = { good: new Map(), bad: [] };
  for (const { place, row } of rows) {
    const email = String(row.email ?? "")
      .trim()
      .toLowerCase();
    const unitId = byName.get(
      String(row.unit ?? "")
        .trim()
        .toLowerCase(),
    );
    const at = (column: string): string =>
      place.startsWith("/") ? `${place}/${column}` : `${place}, column ${column}`;
    if (checkEmail(email).length > 0) sorted.bad.push({ path: at("email"), message: "is no e-mail address" });
    if (!unitId) sorted.bad.push({ path: at("unit"), message: "is no unit of this building" });
    if (unitId && checkEmail(email).length === 0) sorted.good.set(contactId(unitId, email), { unitId, email });
  }
  return sorted;
}
