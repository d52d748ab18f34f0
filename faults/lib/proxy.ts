/**
 * A TCP proxy in this process, between a real client and a real server: what a network does to a link. One a link
 * (events, transporter, MongoDB). With several targets it is a load balancer: the first that takes the connection.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface Target {
  host: string;
  port: number;
}

interface Pair {
  client: Socket;
  upstream: Socket;
  /** One side is gone and the other is not told. */
  halfOpen: boolean;
}

export interface Weather {
  /** One way, milliseconds. */
  latencyMs: number;
  /** Each way and connection, bytes a second; 0: no limit. */
  bytesPerSecond: number;
}

const FAIR: Weather = { latencyMs: 0, bytesPerSecond: 0 };
/** A limited link passes pieces of at most a tenth of a second. */
const SLICE_S = 0.1;
/** Bytes under way in one direction above which the sender is not read any more. */
const MOST_QUEUED = 1024 * 1024;

export class TcpProxy {
  readonly #server: Server;
  readonly #targets: readonly Target[];
  readonly #pairs = new Set<Pair>();
  #refusing = false;
  #silent = false;
  #weather: Weather = FAIR;

  private constructor(targets: readonly Target[]) {
    this.#targets = targets;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  static async to(url: string | readonly Target[], defaultPort = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(typeof url === "string" ? [targetOf(url, defaultPort)] : url);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Connections that pass through at this moment. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** The same URL, through the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${this.port}`;
    return changed.href;
  }

  /** For what passes from now on, both ways. */
  slow(weather: Partial<Weather>): void {
    this.#weather = { ...FAIR, ...weather };
  }

  /** Every open connection gets an RST; new ones pass. */
  reset(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  /** Cuts what is open and takes nobody new until `restore`. */
  cut(): void {
    this.#refusing = true;
    this.#destroyAll();
  }

  /** Connections stay, nothing gets through, nobody is told. Ends with `restore`: what was held back arrives then. */
  swallow(): void {
    this.#silent = true;
    for (const { client, upstream } of this.#pairs) {
      client.pause();
      upstream.pause();
    }
  }

  /**
   * The servers lose every open connection and the clients are not told: what they send goes nowhere, for good. New
   * connections pass. So it looks after a router or a peer has restarted.
   */
  halfOpen(): void {
    for (const pair of this.#pairs) {
      pair.halfOpen = true;
      pair.upstream.destroy();
      pair.client.resume();
    }
  }

  restore(): void {
    this.#refusing = false;
    this.#silent = false;
    this.#weather = FAIR;
    for (const { client, upstream } of this.#pairs) {
      client.resume();
      upstream.resume();
    }
  }

  async close(): Promise<void> {
    this.#destroyAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    if (this.#refusing) return void client.destroy();
    client.pause();
    void this.#dial().then((upstream) => {
      if (upstream && !client.destroyed && !this.#refusing) return this.#join(client, upstream);
      upstream?.destroy();
      client.destroy();
    });
  }

  async #dial(): Promise<Socket | undefined> {
    for (const { host, port } of this.#targets) {
      const socket = connect({ host, port, allowHalfOpen: true });
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.once("connect", () => resolve(true)).on("error", () => resolve(false));
      });
      if (isOpen) return socket;
    }
    return undefined;
  }

  #join(client: Socket, upstream: Socket): void {
    const pair: Pair = { client, upstream, halfOpen: false };
    this.#pairs.add(pair);
    this.#forward(client, upstream, pair);
    this.#forward(upstream, client, pair);
    client.once("close", () => {
      upstream.destroy();
      this.#pairs.delete(pair);
    });
    upstream.once("close", () => pair.halfOpen || client.destroy());
    for (const socket of [client, upstream]) this.#silent ? socket.pause() : socket.resume();
  }

  #forward(from: Socket, to: Socket, pair: Pair): void {
    let queued = 0;
    let last: Promise<void> = Promise.resolve();
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      if (pair.halfOpen) return;
      const arrivesAt = performance.now() + this.#weather.latencyMs;
      queued += chunk.length;
      if (queued > MOST_QUEUED) from.pause();
      last = last
        .then(() => this.#deliver(to, chunk, arrivesAt))
        .then(() => {
          queued -= chunk.length;
          if (queued <= MOST_QUEUED && !this.#silent) from.resume();
        });
    });
    // An orderly end is passed on, behind what came before it.
    from.on("end", () => void last.then(() => (pair.halfOpen ? from.destroy() : to.end())));
  }

  async #deliver(to: Socket, chunk: Buffer, arrivesAt: number): Promise<void> {
    const wait = arrivesAt - performance.now();
    if (wait > 0) await delay(wait);
    const { bytesPerSecond } = this.#weather;
    const size = bytesPerSecond > 0 ? Math.max(1, bytesPerSecond * SLICE_S) : chunk.length;
    for (let at = 0; at < chunk.length; at += size) {
      const slice = chunk.subarray(at, at + size);
      // Called when the system has taken it, and when the socket is gone.
      await new Promise<void>((resolve) => to.write(slice, () => resolve()));
      if (bytesPerSecond > 0) await delay((slice.length / bytesPerSecond) * 1_000);
    }
  }

  #destroyAll(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }
}

function targetOf(url: string, defaultPort: number): Target {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || defaultPort) };
}
