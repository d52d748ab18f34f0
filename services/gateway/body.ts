/** Reads a JSON (or text) body with moleculer-web's body parser, within limits. */
import type { IncomingMessage, ServerResponse } from "node:http";
import ApiGateway from "moleculer-web";
import type { AppError } from "../../mixins/kit/errors.ts";
import { BodyTooLargeError, MalformedBodyError, UnsupportedMediaTypeError } from "./errors.ts";
import { guardJson } from "./json-guard.ts";

const JSON_TYPE = /^application\/(json|[\w.+-]+\+json)\s*(;|$)/i;

type Parser = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
const { bodyParser } = ApiGateway as unknown as {
  bodyParser: { json(options: object): Parser; raw(options: object): Parser };
};

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
    const body = await parsed(parse, req, res, limit);
    guardJson(body);
    return body;
  };
}

const TEXT_PARAMETERS = '\\s*(;\\s*(charset="?utf-8"?|header=\\w+|boundary="?[^;"]{1,70}"?)\\s*)*$';

/** The body as text where it is of one of these media types, UTF-8, with or without a byte order mark; else undefined. */
export function textReader({ types, maxBytes }: { types: readonly string[]; maxBytes: number }): ReadBody {
  const parse = bodyParser.raw({ limit: maxBytes, inflate: false, type: () => true });
  const isOurs = new RegExp(`^(${types.join("|")})${TEXT_PARAMETERS}`, "i");
  /** @throws MalformedBodyError, BodyTooLargeError, UnsupportedMediaTypeError (another charset) */
  return async (req, res) => {
    const given = req.headers["content-type"] ?? "";
    if (!types.some((type) => given.toLowerCase().startsWith(type))) return undefined;
    if (!isOurs.test(given)) throw new UnsupportedMediaTypeError();
    const body = await parsed(parse, req, res, maxBytes);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
    } catch {
      throw new MalformedBodyError("The text is not UTF-8. Save a file as CSV UTF-8.");
    }
  };
}

/** The whole body, whatever it is: bounded, so it is held. @throws BodyTooLargeError, MalformedBodyError */
export function fileReader(maxBytes: number): (req: IncomingMessage, res: ServerResponse) => Promise<Buffer> {
  const parse = bodyParser.raw({ limit: maxBytes, inflate: false, type: () => true });
  return async (req, res) => {
    const body = await parsed(parse, req, res, maxBytes);
    if (!Buffer.isBuffer(body) || body.length === 0) throw new MalformedBodyError("The body has to be the file.");
    return body;
  };
}

async function parsed(parse: Parser, req: IncomingMessage, res: ServerResponse, limit: number): Promise<unknown> {
  await new Promise<void>((resolve, reject) =>
    parse(req, res, (error) => (error ? reject(refusal(error, limit)) : resolve())),
  );
  return (req as IncomingMessage & { body?: unknown }).body;
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
