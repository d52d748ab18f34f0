/**
 * Copies of values that hold what a schema names, and no more. Compiled once: TypeBox's own Clean walks the schema
 * anew each time, sorts every union while doing so, and deletes fields of the value itself, which may be a cached one.
 */
import type { TSchema } from "typebox";
import { compileLater } from "./schema.ts";

export type Projection = (value: unknown) => unknown;

interface Node {
  type?: string;
  properties?: Record<string, TSchema>;
  additionalProperties?: unknown;
  items?: TSchema;
  anyOf?: TSchema[];
  allOf?: TSchema[];
}

const same: Projection = (value) => value;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Only structure is looked at: a value that breaks the schema comes out as broken as it was, without unknown fields. */
export function compileProjection(schema: TSchema): Projection {
  const { properties, additionalProperties, items, anyOf, allOf } = schema as Node;
  if (anyOf) return ofChoices(anyOf);
  if (allOf) return ofFields(Object.assign({}, ...allOf.map((part) => (part as Node).properties ?? {})));
  if (properties && additionalProperties !== true) return ofFields(properties);
  if (items && !Array.isArray(items)) return ofItems(items);
  return same;
}

function ofFields(properties: Record<string, TSchema>): Projection {
  const fields = Object.entries(properties).map(([name, schema]) => [name, compileProjection(schema)] as const);
  return (value) => {
    if (!isObject(value)) return value;
    const copy: Record<string, unknown> = {};
    for (const [name, project] of fields) {
      const field = value[name];
      if (field !== undefined) copy[name] = project === same ? field : project(field);
    }
    return copy;
  };
}

function ofItems(items: TSchema): Projection {
  const project = compileProjection(items);
  if (project === same) return same;
  return (value) => (Array.isArray(value) ? value.map(project) : value);
}

/** The first choice that fits; where none does, the one that knows most of the value's fields. */
function ofChoices(anyOf: readonly TSchema[]): Projection {
  const choices = anyOf.map((schema) => ({
    project: compileProjection(schema),
    schema,
    names: Object.keys((schema as Node).properties ?? {}),
  }));
  const structured = choices.filter(({ project }) => project !== same);
  const [only] = structured;
  if (!only) return same;
  // Of `X | null` nothing has to be checked.
  if (structured.length === 1)
    return (value) => (typeof value === "object" && value !== null ? only.project(value) : value);
  const checks = choices.map(({ project, schema }) => ({ project, fits: compileLater(schema) }));
  return (value) => {
    if (typeof value !== "object" || value === null) return value;
    const fitting = checks.find(({ fits }) => fits().Check(value));
    if (fitting) return fitting.project(value);
    const known = (names: readonly string[]): number => names.filter((name) => name in value).length;
    return structured.reduce((best, next) => (known(next.names) > known(best.names) ? next : best)).project(value);
  };
}
