/** Sends a request as it is: no client library mends its path or headers. */
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import type { WireRequest } from "./requests.ts";

export interface WireAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Milliseconds. */
  took: number;
}

const TIMEOUT_MS = 30_000;
export const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** @throws Error when no answer came */
export async function send(base: string, asked: WireRequest): Promise<WireAnswer> {
  try {
    return await sendOnce(base, asked);
  } catch (error) {
    // The server may close an idle connection in the moment in which we use it: a fresh one tells the two apart.
    if (!(error as { isReused?: boolean }).isReused) throw error;
    return sendOnce(base, asked, false);
  }
}

function sendOnce(
  base: string,
  { method, url, headers, body }: WireRequest,
  kept: Agent | false = agent,
): Promise<WireAnswer> {
  const since = performance.now();
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const length = body && { "content-length": String(body.length) };
    const options = {
      agent: kept,
      hostname,
      port,
      method,
      path: url,
      headers: { ...headers, ...length },
      timeout: TIMEOUT_MS,
    };
    const outgoing = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks),
          took: performance.now() - since,
        }),
      );
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      reject(Object.assign(error, { isReused: outgoing.reusedSocket && error.code === "ECONNRESET" })),
    );
    outgoing.end(body);
  });
}

/** For a terminal: the case, to be repeated by hand. */
export function asCurl(base: string, { method, url, headers, body }: WireRequest): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const data = body && `--data-binary ${body.length > 2_000 ? `<${body.length} bytes>` : quoted(body.toString())}`;
  return ["curl -sS -i --path-as-is -X", method, ...lines, ...(data ? [data] : []), quoted(base + url)].join(" ");
}
