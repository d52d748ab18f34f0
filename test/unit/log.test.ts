import { describe, expect, it } from "@jest/globals";
import { jsonLine, readableLine, redact, withLogContext } from "../../mixins/kit/log.ts";

const bindings = { nodeID: "node-1", ns: "app", mod: "relay" };
const lineOf = (...args: unknown[]) => JSON.parse(jsonLine("warn", args, bindings)[0] as string);

describe("a line of the log", () => {
  it("is one JSON object with level, node and text", () => {
    const line = lineOf("The lease", "is taken.", { by: "node-2" });
    expect(line).toMatchObject({ level: "warn", nodeID: "node-1", mod: "relay" });
    expect(line.message).toBe('The lease is taken. {"by":"node-2"}');
    expect(new Date(line.time).toISOString()).toBe(line.time);
  });

  it("carries the ids of what is being done, also after waiting, and of nothing else", async () => {
    const during = await withLogContext({ requestId: "r-1", eventId: "e-1" }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return lineOf("failed");
    });
    expect(during).toMatchObject({ requestId: "r-1", eventId: "e-1" });
    expect(lineOf("idle")).not.toHaveProperty("requestId");
  });

  it("names the ids for people", () => {
    const [line] = withLogContext({ requestId: "r-1", jobId: "j-1" }, () => readableLine("info", ["sent"], bindings));
    expect(line).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}Z\] INFO {2}RELAY: sent \(request r-1, job j-1\)$/);
  });

  it.each([
    ["a field", { userId: "u", password: "canary" }],
    ["a field of another spelling", { "refresh-token": "canary", Access_Token: "canary" }],
    ["a field deep down", { a: [{ b: { authorization: "canary" } }] }],
    ["what lies too deep to look at", { a: { b: { c: { d: { e: "canary" } } } } }],
    ["a signed token in a text", "verified eyJcanary0.canary000.canary000"],
    ["a bearer token in an error", new Error("sent Bearer canary0canary0")],
    ["the password of a URL", "amqp://residents:canary@127.0.0.1:5672/events"],
    ["a code that opens a door", { code: "canary-1234" }],
  ])("shows nothing of %s", (_, arg) => {
    expect(lineOf(arg).message).not.toContain("canary");
  });

  it("leaves what is no secret: an error's code, a URL without a password", () => {
    expect(redact({ code: "NOT_FOUND", other: { code: 11000 } })).toEqual({
      code: "NOT_FOUND",
      other: { code: 11000 },
    });
    expect(redact("amqp://127.0.0.1:5672/events")).toBe("amqp://127.0.0.1:5672/events");
  });
});
