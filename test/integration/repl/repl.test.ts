import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir, userInfo } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { waitFor } from "../../support/env.ts";

let child: ChildProcess;
let output = "";
let known: { id: string; eventId: string; second: string };

beforeAll(async () => {
  const script = new URL("session.ts", import.meta.url).pathname;
  // A home of its own: the REPL keeps its history there.
  child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script], {
    env: { ...process.env, HOME: tmpdir(), NODE_OPTIONS: "" },
  });
  child.stdout?.on("data", (data: Buffer) => {
    output += data.toString();
  });
  child.stderr?.on("data", (data: Buffer) => {
    output += data.toString();
  });
  const ready = await waitFor(() => /ready (\{.*\})/.exec(output)?.[1], {
    deadlineMs: 25_000,
    message: "the REPL",
  });
  await waitFor(() => output.endsWith("$ "), { message: "the prompt" });
  known = JSON.parse(ready);
});
afterAll(async () => {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
});

/** What the REPL prints for a line, up to its next prompt. */
async function type(line: string): Promise<string> {
  output = "";
  child.stdin?.write(`${line}\n`);
  const answer = await waitFor(() => (output.endsWith("$ ") ? output : undefined), { message: `an answer to ${line}` });
  return answer.slice(0, -2).trimEnd();
}

const json = async (line: string) => JSON.parse(await type(`${line} --json`));
const COLUMNS = 100;
const widest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

describe("the REPL's commands", () => {
  it.each([
    ["outbox", /service +pending/],
    ["relay", /state +holder/],
    ["queues", /lab\.retry\.8s/],
    ["queues lab --busy", /^Nothing\.$/],
    ["dlq list", /id +status/],
    ["dlq groups", /lab\|LAB_BROKEN\|thing\.made/],
    ["dlq audit", /archived +system:lab/],
    ["user admin@example.com", /admin@example\.com, verified[\s\S]*as +building +unit[\s\S]*admin/],
    ["user nobody@example.com", /There is no account with the address nobody@example\.com/],
    ["user nobody", /nobody is not an e-mail address/],
    ["health", /dead letters +look +2 open of 2 causes/],
  ])("`%s` answers with a table of at most 100 columns", async (line, expected) => {
    const text = await type(line);
    expect(text).toMatch(expected);
    expect(widest(text)).toBeLessThanOrEqual(COLUMNS);
  });

  it("show one letter within 100 columns, whole ids included", async () => {
    const text = await type(`dlq show ${known.id}`);
    expect(text).toContain(known.id);
    expect(text).toMatch(/failed +LAB_BROKEN: no/);
    expect(text).toMatch(/legal +edit, replay, discard/);
    expect(widest(text)).toBeLessThanOrEqual(COLUMNS);
  });

  it("filter by options", async () => {
    const { items } = await json(
      "dlq list --consumer lab --event-type thing.made --fingerprint 'lab|LAB_BROKEN|thing.made' --limit 5",
    );
    expect(items.map((item: { id: string }) => item.id)).toEqual([known.id]);
    expect(await type("dlq list --status discarded")).toBe("No dead letters.");
  });

  it("discard, restore, try, mend and replay; the audit names the operator", async () => {
    expect(await type(`dlq discard ${known.second}`)).toContain("needs --reason");
    expect(await type(`dlq discard ${known.second} --reason 'by mistake'`)).toMatch(/status +discarded \(by mistake\)/);
    expect(await type(`dlq restore ${known.second}`)).toMatch(/status +open/);
    expect(await type(`dlq dry-run ${known.second}`)).toMatch(/allowed +no, DEAD_LETTER_NOT_REPLAYABLE/);
    expect(await type(`dlq edit ${known.second} --payload '{"size":3}'`)).toMatch(/contract +fits/);
    expect(await type(`dlq dry-run ${known.second}`)).toMatch(/allowed +yes/);
    expect(await type(`dlq replay ${known.second}`)).toMatch(/status +(replaying|resolved)/);
    await waitFor(async () => (await json(`dlq show ${known.second}`)).status === "resolved", {
      message: "the replay's success",
    });
    const { items } = await json(`dlq audit ${known.second}`);
    const me = `operator:${userInfo().username}`;
    expect(items.map(({ step, actorId }: { step: string; actorId: string }) => [step, actorId])).toEqual([
      ["resolved", "system:lab"],
      ["replayed", me],
      ["edited", me],
      ["restored", me],
      ["discarded", me],
      ["archived", "system:lab"],
    ]);
  });

  it("replay a selection", async () => {
    expect(await type("dlq replay")).toContain("needs an id, or a filter");
    expect(await type("dlq replay --consumer lab --event-type thing.made")).toBe(
      "1 of 1 sent again, 0 refused, 0 left over.",
    );
  });

  it("tell an event's biography", async () => {
    // The replay of the test before is on its way.
    const text = await waitFor(
      async () => {
        const shown = await type(`event ${known.eventId}`);
        return /lab +\w+ +\d{4}-/.test(shown) ? shown : undefined;
      },
      { message: "the lab's handling in the biography" },
    );
    expect(text).toContain(known.eventId);
    expect(text).toMatch(/archived +system:lab/);
    expect(widest(text)).toBeLessThanOrEqual(COLUMNS);
  });

  it.each([
    [
      "dlq show lab:0198c0de-0000-7000-8000-00000000dead",
      /Error \(DEAD_LETTER_NOT_FOUND\): The dead letter lab:\S+ was not found\./,
    ],
    ["dlq show rubbish", /rubbish is not the id of a dead letter: it looks like consumer:eventId/],
    ["dlq show", /needs the id/],
    ["dlq edit lab:1 --payload {", /--payload must be a JSON object/],
    ["dlq list --limit many", /--limit must be a whole number, not many/],
    ["dlq list --status odd", /INVALID_INPUT.*\/status/s],
    ["dlq list --consumer nobody", /A consumer named nobody was not found/],
    ["event rubbish", /rubbish is not an event id/],
  ])("answer `%s` with a clear error and no stack", async (line, expected) => {
    const text = await type(line);
    expect(text).toMatch(expected);
    expect(text).not.toMatch(/\n\s+at /);
  });

  it.each(["outbox", "relay", "queues", "dlq", "event", "health"])("explain `%s` with an example", async (name) => {
    const text = await type(`${name} --help`);
    expect(text.replace(/\s+/g, " ")).toMatch(new RegExp(`For example: ${name}`));
    expect(text).toContain("--json");
  });
});
