/** Schema pieces that every contract uses. */
import Type, { type TSchema } from "typebox";

/** Params take no field that is not named. */
export const closed = { additionalProperties: false } as const;

/** UUID, v7 where it is ours. */
export const Id = Type.String({ format: "uuid" });
/** ISO 8601, UTC in answers and events. */
export const Time = Type.String({ format: "date-time" });
export const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

/** Text of people, of several lines: not blank, no control characters. `maxLength` in UTF-16 units. */
export const text = (maxLength: number) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: "^(?=[\\s\\S]*\\S)[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]*$",
  });

/** The same on one line: names, titles. */
export const line = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: "^(?=.*\\S)[^\\x00-\\x1f\\x7f]*$" });

/** One of these words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(...words: T) =>
  Type.Unsafe<T[number]>(Type.Enum([...words]));

/** What every resource carries (api.md). */
export const resource = { id: Id, version: Type.Integer(), createdAt: Time, updatedAt: Time };

export interface ResourceDoc {
  _id: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}
/** The fields of `resource`, of a stored document. */
export const viewResource = (doc: ResourceDoc) => ({
  id: doc._id,
  version: doc.version,
  createdAt: doc.createdAt.toISOString(),
  updatedAt: doc.updatedAt.toISOString(),
});

/** Params of a command on one resource. */
export const byId = Type.Object({ id: Id }, closed);
/** What a service keeps of a person, for iam's export: an internal action `exportPerson` of every service that has some. */
export const exportPerson = <R extends TSchema>(result: R) => ({
  summary: "What is kept of a person",
  access: "internal" as const,
  params: Type.Object({ userId: Id }, closed),
  result,
});
export const command = (path: string) => ({ method: "POST", path }) as const;
