/**
 * An orderly stop: readiness says no while everything is still answered, so that load balancers go elsewhere; then no new
 * connections, requests in flight finish, and the rest is cut.
 */

import type { Server, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** Requests that are being answered. */
export class InFlight {
  readonly #open = new Set<ServerResponse>();
  #stopping = false;
  #idle: (() => void) | undefined;

  /** Readiness says 503 from then on. */
  get stopping(): boolean {
    return this.#stopping;
  }

  add(res: ServerResponse): void {
    this.#open.add(res);
    // A kept-alive connection would bring new requests for ever.
    if (this.#stopping) res.setHeader("Connection", "close");
    res.once("close", () => {
      this.#open.delete(res);
      if (this.#open.size === 0) this.#idle?.();
    });
  }

  /** Connections are given up as they are answered. */
  stop(): void {
    this.#stopping = true;
    for (const res of this.#open) if (!res.headersSent) res.setHeader("Connection", "close");
  }

  /** Resolves when nothing is in flight. */
  finished(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }
}

/** `noticeMs`: what connects in the moment of closing is lost. May be called any number of times. */
export async function drain(
  server: Server,
  inFlight: InFlight,
  { noticeMs, deadlineMs }: { noticeMs: number; deadlineMs: number },
): Promise<void> {
  inFlight.stop();
  if (server.listening && noticeMs > 0) await delay(noticeMs);
  if (server.listening) server.close();
  const deadline = new AbortController();
  await Promise.race([inFlight.finished(), delay(deadlineMs, undefined, { signal: deadline.signal }).catch(() => {})]);
  deadline.abort();
  server.closeAllConnections();
}
