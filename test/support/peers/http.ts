/** A bare HTTP server on loopback that answers as a provider does. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** The connection is cut after the work is done, before the answer: its fate is not known to the caller. */
  cut?: true;
}

export class HttpPeer {
  readonly url: string;
  readonly #close: () => Promise<void>;
  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async start(answer: (received: Received) => Reply | Promise<Reply>): Promise<HttpPeer> {
    const server = createServer((req, res) => void respond(req, res, answer));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return new HttpPeer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, close);
  }

  close = (): Promise<void> => this.#close();
}

async function respond(
  req: IncomingMessage,
  res: ServerResponse,
  answer: (received: Received) => Reply | Promise<Reply>,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of req) pieces.push(piece as Buffer);
  const { method = "", url: path = "", headers } = req;
  const {
    status,
    headers: more = {},
    body = "",
    cut,
  } = await answer({ method, path, headers, body: Buffer.concat(pieces) });
  if (cut) return void req.socket.destroy();
  res.writeHead(status, more);
  res.end(body);
}
