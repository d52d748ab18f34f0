/** TypeBox schemas as plain JSON Schema 2020-12, for documents. Pure. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** A copy without TypeBox's hidden marks. */
export const plainSchema = (schema: object): JsonObject => JSON.parse(JSON.stringify(schema)) as JsonObject;

/** Drops the fields whose value is undefined. */
export function defined(fields: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
