/**
 * An orderly stop: readiness says no while everything is still answered, so that load balancers go elsewhere; then no new
 * connections, requests in flight finish, and the rest is cut.
 */

import type { Server, ServerResponse } from "node:http";
import { setTimeout as delay, setImmediate } from "node:timers/promises";

/** So long a connection that has sent nothing may still begin to, milliseconds. */
const SILENCE_MS = 500;
const LOOK_EVERY_MS = 20;

/** Requests that are being answered. */
export class InFlight {
  readonly #open = new Set<ServerResponse>();
  #stopping = false;
  #idle: (() => void) | undefined;

  /** Readiness says 503 from then on. */
  get stopping(): boolean {
    return this.#stopping;
  }

  get size(): number {
    return this.#open.size;
  }

  add(res: ServerResponse): void {
    this.#open.add(res);
    // A kept-alive connection would bring new requests for ever.
    if (this.#stopping) res.setHeader("Connection", "close");
    res.once("close", () => {
      this.#open.delete(res);
      if (this.size === 0) this.#idle?.();
    });
  }

  /** Connections are given up as they are answered. */
  stop(): void {
    this.#stopping = true;
    for (const res of this.#open) if (!res.headersSent) res.setHeader("Connection", "close");
  }

  /** Resolves when nothing is in flight. */
  finished(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }
}

/**
 * Whoever has connected is answered, also while the event loop is behind. `noticeMs`: so long, new connections are still
 * taken. `deadlineMs`: what is not answered by then is cut. May be called any number of times.
 * @returns how many requests were cut
 */
export async function drain(
  server: Server,
  inFlight: InFlight,
  { noticeMs, deadlineMs }: { noticeMs: number; deadlineMs: number },
): Promise<number> {
  inFlight.stop();
  if (server.listening && noticeMs > 0) await delay(noticeMs);
  const deadline = new AbortController();
  const passed = delay(deadlineMs, undefined, { signal: deadline.signal }).catch(() => {});
  await Promise.race([acceptAll(server, deadline.signal), passed]);
  server.close();
  await Promise.race([answerAll(server, inFlight), passed]);
  deadline.abort();
  const cut = inFlight.size;
  server.closeAllConnections();
  return cut;
}

async function answerAll(server: Server, inFlight: InFlight): Promise<void> {
  do await inFlight.finished();
  while (await somebodyAsks(server, inFlight));
}

/** The kernel resets what has connected and is not accepted when the socket closes: first a turn that brings nobody. */
async function acceptAll(server: Server, deadline: AbortSignal): Promise<void> {
  let came = true;
  const onConnection = (): void => {
    came = true;
  };
  server.on("connection", onConnection);
  while (came && !deadline.aborted) {
    came = false;
    await wholeTurn();
  }
  server.off("connection", onConnection);
}

/** Whoever has connected may be about to ask, or has asked and is not read yet. */
async function somebodyAsks(server: Server, inFlight: InFlight): Promise<boolean> {
  const until = performance.now() + SILENCE_MS;
  do {
    await wholeTurn();
    if (inFlight.size > 0) return true;
    if ((await connections(server)) === 0) return false;
    await delay(LOOK_EVERY_MS);
  } while (performance.now() < until);
  return false;
}

const connections = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)));

/** Of the event loop, the reading of all sockets among it, wherever it is now. */
async function wholeTurn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
