/** Requests at a steady rate, open loop: what is late does not slow down what comes after it. */
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  body: any;
}

const agent = new Agent({ keepAlive: true, maxSockets: 512 });

/** A POST with as little of our own as can be: the load must not be what is slow. */
export function post(url: string, token: string, payload: object): Promise<Reply> {
  const body = JSON.stringify(payload);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    authorization: `Bearer ${token}`,
  };
  return new Promise((resolve, reject) => {
    const req = request(url, { method: "POST", headers, agent }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      res.on("end", () => resolve({ status: res.statusCode ?? 0, body: text === "" ? undefined : JSON.parse(text) }));
      res.on("error", reject);
    });
    // The server had closed a connection that was idle: Node's documentation says to send it again then.
    req.on("error", (error: NodeJS.ErrnoException) =>
      req.reusedSocket && error.code === "ECONNRESET" ? resolve(post(url, token, payload)) : reject(error),
    );
    req.end(body);
  });
}

/**
 * Calls `one` so often per second for so long; resolves when all have ended.
 * @throws what the first one to fail throws, at once
 */
export async function atSteadyRate(perSecond: number, seconds: number, one: () => Promise<void>): Promise<void> {
  const total = Math.round(perSecond * seconds);
  const since = performance.now();
  const failure = Promise.withResolvers<never>();
  const all: Promise<void>[] = [];
  while (all.length < total) {
    const dueInMs = (all.length / perSecond) * 1_000 - (performance.now() - since);
    if (dueInMs > 0) await Promise.race([delay(dueInMs), failure.promise]);
    else all.push(one().catch(failure.reject));
  }
  await Promise.race([Promise.all(all), failure.promise]);
}
