/** Run-time checks compiled from TypeBox schemas, with errors that name the field. */
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { FieldError } from "./errors.ts";

/** Returns the faults of a value; an empty list means that it fits. */
export type Check = (value: unknown) => FieldError[];

/** At most this many faults are told in one answer. */
const MAX_ERRORS = 20;

/** Compiled once, when it is first asked for: a node with every service has hundreds of schemas, and needs few. */
export function compileLater(schema: TSchema): () => ReturnType<typeof Compile> {
  let validator: ReturnType<typeof Compile> | undefined;
  return () => {
    validator ??= Compile(schema);
    return validator;
  };
}

/** Compiles a schema once, at the first value; call the result per value. */
export function compileCheck(schema: TSchema): Check {
  const validator = compileLater(schema);
  return (value) => {
    if (validator().Check(value)) return [];
    // An unknown field is told twice: by its name, and as a "boolean" schema that is false.
    const errors = validator().Errors(value);
    const telling = errors.filter(({ keyword }) => keyword !== "boolean");
    return (telling.length > 0 ? telling : errors).slice(0, MAX_ERRORS).flatMap(fieldErrors);
  };
}

interface RawError {
  keyword: string;
  instancePath: string;
  message: string;
  params: object;
}

/** A missing or unknown property is named itself, not its parent. */
function fieldErrors(error: RawError): FieldError[] {
  const params = error.params as { requiredProperties?: string[]; additionalProperties?: string[] };
  const names = params.requiredProperties ?? params.additionalProperties;
  if (!names) return [{ path: error.instancePath, message: error.message }];
  const message = params.requiredProperties ? "is required" : "is not a known field";
  return names.map((name) => ({ path: `${error.instancePath}/${name}`, message }));
}
