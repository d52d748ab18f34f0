/** An example value for a JSON schema, for the events page. Pure and the same every time. */
import type { Json, JsonObject } from "./json-schema.ts";

const ID = "01932b6e-7c00-7000-8000-000000000001";
const TIME = "2026-01-31T09:30:00.000Z";
const FORMATS: Readonly<Record<string, string>> = {
  uuid: ID,
  "date-time": TIME,
  date: "2026-01-31",
  email: "user@example.com",
  uri: "https://example.com/",
};

export function exampleOf(schema: JsonObject): Json {
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.examples) && schema.examples[0] !== undefined) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return exampleOf((choices[0] ?? {}) as JsonObject);
  if (Array.isArray(schema.allOf))
    return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part as JsonObject)));
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null;
  return byType(schema);
}

function byType(schema: JsonObject): Json {
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        Object.entries((schema.properties ?? {}) as JsonObject).map(([name, field]) => [
          name,
          exampleOf(field as JsonObject),
        ]),
      );
    case "array":
      return schema.items ? [exampleOf(schema.items as JsonObject)] : [];
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? schema.minimum : 1;
    case "boolean":
      return true;
    case "string":
      return FORMATS[String(schema.format)] ?? "text".padEnd(Number(schema.minLength ?? 0), " and text");
    default:
      return null;
  }
}
