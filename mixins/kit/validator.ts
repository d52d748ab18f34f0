/**
 * Moleculer's validator for our schemas: TypeBox (JSON Schema) `params` are compiled once; all other schemas
 * (Moleculer's own `$node`) go to fastest-validator. A fault becomes our InvalidInputError, without node or action.
 */
import { type Context, type Middleware, Validators } from "moleculer";
import type { TSchema } from "typebox";
import { InvalidInputError } from "./errors.ts";
import { type Check, compileCheck } from "./schema.ts";

type Handler = (ctx: Context) => Promise<unknown>;
type Params = Record<string, unknown>;
type Checker = ReturnType<InstanceType<typeof Validators.Fastest>["compile"]>;

/**
 * True for a TypeBox object. Decided by its JSON Schema shape: Moleculer copies action schemas, which loses TypeBox's
 * hidden `~kind`.
 */
export function isJsonSchema(schema: unknown): schema is TSchema {
  const { type, properties } = (schema ?? {}) as { type?: unknown; properties?: unknown };
  return type === "object" && typeof properties === "object" && properties !== null;
}

/** @throws InvalidInputError naming every field at fault */
export function assertValid(check: Check, value: unknown): void {
  const errors = check(value);
  const [first] = errors;
  if (!first) return;
  throw new InvalidInputError(`The input is not valid: ${first.path || "/"} ${first.message}.`, { errors });
}

export class TypeBoxValidator extends Validators.Base {
  readonly #fastest = new Validators.Fastest({});

  constructor() {
    super({});
  }

  override compile(schema: Params): Checker {
    if (!isJsonSchema(schema)) return this.#fastest.compile(schema);
    const check = compileCheck(schema);
    return ((params: Params) => {
      assertValid(check, params);
      return true;
    }) as Checker;
  }

  override validate(params: Params, schema: Params): boolean {
    if (!isJsonSchema(schema)) return this.#fastest.validate(params, schema);
    assertValid(compileCheck(schema), params);
    return true;
  }

  override convertSchemaToMoleculer(schema: Params): Params {
    return schema;
  }

  /** As the base class has it, but a fault is a rejection with our error and never a throw. */
  override middleware(): Middleware {
    const wrap = (handler: Handler, def: { params?: unknown }): Handler => {
      if (typeof def.params !== "object" || def.params === null) return handler;
      const check = this.compile(def.params as Params);
      return async (ctx) => {
        const verdict = await check((ctx.params ?? {}) as Params, { meta: ctx } as never);
        if (verdict !== true) throw foreignFault(verdict);
        return handler(ctx);
      };
    };
    return { name: "Validator", localAction: wrap, localEvent: wrap } as unknown as Middleware;
  }
}

/** fastest-validator's list of faults, as ours. */
function foreignFault(verdict: unknown): InvalidInputError {
  const faults = Array.isArray(verdict) ? (verdict as { field?: string; message?: string }[]) : [];
  const errors = faults.map(({ field = "", message = "is not valid" }) => ({
    path: `/${field.replaceAll(".", "/")}`,
    message,
  }));
  return new InvalidInputError("The input is not valid.", { errors });
}
