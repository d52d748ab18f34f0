/** An orderly stop of an HTTP server: who is answered, and who is cut. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "@jest/globals";
import { drain, InFlight } from "../../services/gateway/drain.ts";

const REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LONG_MS = 10_000;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});

async function serve(
  answer: (res: ServerResponse) => void,
): Promise<{ server: Server; inFlight: InFlight; port: number }> {
  const inFlight = new InFlight();
  const server = createServer((_, res) => {
    inFlight.add(res);
    answer(res);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  undo.push(() => server.closeAllConnections());
  return { server, inFlight, port: (server.address() as AddressInfo).port };
}

const soon = (res: ServerResponse): void => void setTimeout(() => res.end("done"), 20);

async function visitor(port: number): Promise<{ socket: Socket; heard: Promise<string> }> {
  const socket = connect(port, "127.0.0.1");
  undo.push(() => socket.destroy());
  await once(socket, "connect");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", ({ message }) => {
    text += message;
  });
  return { socket, heard: new Promise((resolve) => socket.once("close", () => resolve(text))) };
}

/** Requests from another thread, each on a connection of its own, once it is told to. Answers their statuses or errors. */
const CLIENTS = `
  const { parentPort, workerData: { port, count } } = require("node:worker_threads");
  const { request } = require("node:http");
  const one = () => new Promise((resolve) => {
    const req = request({ port, host: "127.0.0.1", agent: false }, (res) => res.resume().on("end", () => resolve(res.statusCode)));
    req.on("error", ({ code }) => resolve(code));
    req.end();
  });
  parentPort.once("message", async () => parentPort.postMessage(await Promise.all(Array.from({ length: count }, one))));
  parentPort.postMessage("here");
`;

describe("drain", () => {
  it("answers all who connected while the event loop was busy, and nobody who comes later", async () => {
    const { server, inFlight, port } = await serve(soon);
    const clients = new Worker(CLIENTS, { eval: true, workerData: { port, count: 50 } });
    undo.push(() => clients.terminate());
    await once(clients, "message");
    const answers = once(clients, "message");
    clients.postMessage("go");
    const since = performance.now();
    while (performance.now() - since < 400);
    await drain(server, inFlight, { noticeMs: 0, deadlineMs: LONG_MS });
    const [statuses] = await answers;
    expect(statuses).toEqual(Array(50).fill(200));
    await expect(visitor(port)).rejects.toThrow("ECONNREFUSED");
  });

  it("answers who has connected and asks a moment later", async () => {
    const { server, inFlight, port } = await serve(soon);
    const { socket, heard } = await visitor(port);
    const drained = drain(server, inFlight, { noticeMs: 0, deadlineMs: LONG_MS });
    await delay(100);
    socket.write(REQUEST);
    expect(await heard).toMatch(/^HTTP\/1.1 200 OK.*Connection: close.*done/s);
    await drained;
  });

  it("does not wait for who says nothing", async () => {
    const { server, inFlight, port } = await serve(soon);
    const { heard } = await visitor(port);
    const since = performance.now();
    await drain(server, inFlight, { noticeMs: 0, deadlineMs: LONG_MS });
    expect(performance.now() - since).toBeLessThan(LONG_MS / 2);
    expect(await heard).toBe("");
  });

  it("cuts what is not answered by its deadline, tells how many, and may be called again", async () => {
    const { server, inFlight, port } = await serve(() => {});
    const { socket, heard } = await visitor(port);
    socket.write(REQUEST);
    await once(server, "request");
    expect(await drain(server, inFlight, { noticeMs: 0, deadlineMs: 100 })).toBe(1);
    expect(await heard).toBe("");
    expect(await drain(server, inFlight, { noticeMs: 0, deadlineMs: 100 })).toBe(0);
  });
});
