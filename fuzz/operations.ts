/** The operations of an OpenAPI 3.1 document, references resolved, with compiled checks. */
import type { TSchema } from "typebox";
import { type Check, compileCheck } from "../mixins/kit/schema.ts";

export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  multipleOf?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  patternProperties?: Record<string, Schema>;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  schema: Schema;
}

/** Content type -> schema of what comes under it. */
export type Content = ReadonlyMap<string, { schema: Schema; check: Check }>;

export interface Operation {
  id: string;
  method: string;
  /** Template: `/api/v1/tickets/{id}`. */
  path: string;
  secured: boolean;
  parameters: readonly Parameter[];
  body: { required: boolean; content: Content } | undefined;
  /** Status -> what may come with it; an empty map: no body. */
  responses: ReadonlyMap<number, Content>;
}

interface RawOperation {
  operationId: string;
  security?: unknown[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}
export interface OpenApiDocument {
  paths: Record<string, Record<string, unknown>>;
}

export function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) =>
      operationOf(path, method.toUpperCase(), resolved(raw, document) as RawOperation),
    ),
  );
}

function operationOf(path: string, method: string, raw: RawOperation): Operation {
  const { operationId, security = [], parameters = [], requestBody, responses } = raw;
  return {
    id: operationId,
    method,
    path,
    secured: security.length > 0,
    parameters,
    body: requestBody && { required: requestBody.required ?? false, content: contentOf(requestBody.content) },
    responses: new Map(Object.entries(responses).map(([status, { content }]) => [Number(status), contentOf(content)])),
  };
}

const contentOf = (content: Record<string, { schema: Schema }> = {}): Content =>
  new Map(
    Object.entries(content).map(([type, { schema }]) => [type, { schema, check: compileCheck(schema as TSchema) }]),
  );

/** A copy with every `$ref` into the document replaced by what it names. The documents here hold no cycles. */
function resolved(node: unknown, document: object): unknown {
  if (Array.isArray(node)) return node.map((one) => resolved(one, document));
  if (typeof node !== "object" || node === null) return node;
  const { $ref: reference } = node as { $ref?: unknown };
  if (typeof reference === "string") return resolved(lookUp(reference, document), document);
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolved(value, document)]));
}

function lookUp(reference: string, document: object): unknown {
  const steps = reference.replace(/^#\//, "").split("/");
  return steps.reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], document);
}
