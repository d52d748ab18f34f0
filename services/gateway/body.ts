/** Reads a JSON body with moleculer-web's body parser, within limits. */
import type { IncomingMessage, ServerResponse } from "node:http";
import ApiGateway from "moleculer-web";
import type { AppError } from "../../mixins/kit/errors.ts";
import { BodyTooLargeError, MalformedBodyError, UnsupportedMediaTypeError } from "./errors.ts";
import { guardJson } from "./json-guard.ts";

const JSON_TYPE = /^application\/(json|[\w.+-]+\+json)\s*(;|$)/i;

type Parser = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
const { bodyParser } = ApiGateway as unknown as { bodyParser: { json(options: object): Parser } };

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined ||
  (headers["content-length"] !== undefined && headers["content-length"] !== "0");

export type ReadBody = (req: IncomingMessage, res: ServerResponse) => Promise<unknown>;

/** @param limit bytes */
export function bodyReader(limit: number): ReadBody {
  const parse = bodyParser.json({ limit, strict: true, inflate: false, type: () => true });
  /**
   * The body, parsed and free of forbidden keys; undefined when there is none.
   * @throws MalformedBodyError, BodyTooLargeError, UnsupportedMediaTypeError, InvalidInputError
   */
  return async (req, res) => {
    if (!hasBody(req)) return undefined;
    if (!JSON_TYPE.test(req.headers["content-type"] ?? "")) throw new UnsupportedMediaTypeError();
    await new Promise<void>((resolve, reject) =>
      parse(req, res, (error) => (error ? reject(refusal(error, limit)) : resolve())),
    );
    const { body } = req as IncomingMessage & { body?: unknown };
    guardJson(body);
    return body;
  };
}

/** body-parser's error by its type. */
function refusal(error: unknown, limit: number): AppError {
  const { type } = error as { type?: string };
  if (type === "entity.too.large") return new BodyTooLargeError(limit);
  if (type === "encoding.unsupported" || type === "charset.unsupported") return new UnsupportedMediaTypeError();
  return new MalformedBodyError(
    type === "entity.parse.failed"
      ? "The body is not valid JSON (an object is expected)."
      : "The body did not arrive whole.",
  );
}
