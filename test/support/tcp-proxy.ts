/** A TCP proxy in this process: cuts, refuses, or swallows (black hole) the connections of a real client and server. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<[Socket, Socket]>();
  #refusing = false;
  #silent = false;

  private constructor(target: { host: string; port: number }) {
    this.#server = createServer((client) => {
      if (this.#refusing) return void client.destroy();
      const upstream = connect(target.port, target.host);
      const pair: [Socket, Socket] = [client, upstream];
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [upstream, client] as const]) {
        from.setNoDelay(true);
        from.on("error", () => {});
        from.on("close", () => {
          to.destroy();
          this.#pairs.delete(pair);
        });
        from.pipe(to);
        if (this.#silent) from.pause();
      }
    });
  }

  static async to(url: string, defaultPort: number): Promise<TcpProxy> {
    const { hostname, port } = new URL(url);
    const proxy = new TcpProxy({ host: hostname, port: Number(port || defaultPort) });
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** The same URL, through the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
    return changed.href;
  }

  /** Cuts what is open and takes nobody new until `restore`. */
  cut(): void {
    this.#refusing = true;
    this.#destroyAll();
  }

  /** Connections stay, nothing gets through, nobody is told. Ends with `restore`: what was held back arrives then. */
  swallow(): void {
    this.#silent = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  restore(): void {
    this.#refusing = false;
    this.#silent = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  async close(): Promise<void> {
    this.#destroyAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #destroyAll(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }
}
