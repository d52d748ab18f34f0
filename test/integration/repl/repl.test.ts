import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { waitFor } from "../../support/env.ts";

/** The REPL keeps its history there. */
const home = mkdtempSync(join(tmpdir(), "residents-repl-"));
let child: ChildProcess;
let screen = "";
let known: { pid: number; id: string; eventId: string; second: string };

/** Without the terminal's own language: colours, cursor, clearing. */
const plain = (text: string): string => stripVTControlCharacters(text).replaceAll("\r", "");

beforeAll(async () => {
  const session = new URL("session.ts", import.meta.url).pathname;
  const command = `stty cols 250 rows 50; exec '${process.execPath}' --disable-warning=ExperimentalWarning '${session}'`;
  // A terminal of its own (util-linux).
  child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    env: { ...process.env, HOME: home, TERM: "xterm", NODE_OPTIONS: "" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  const ready = await waitFor(() => /ready (\{.*\})/.exec(plain(screen))?.[1], {
    message: "the REPL",
  });
  known = JSON.parse(ready);
  await waitFor(() => plain(screen).endsWith("\n$ "), { message: "the prompt" });
});
afterAll(async () => {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  process.kill(known.pid, "SIGTERM");
  await gone;
  rmSync(home, { recursive: true, force: true });
});

/** What the REPL prints for a line, up to its next prompt. */
async function type(line: string): Promise<string> {
  screen = "";
  child.stdin?.write(`${line}\r`);
  const answer = await waitFor(() => /^[^\n]*\n([\s\S]*)\$ $/.exec(plain(screen)), { message: `an answer to ${line}` });
  return (answer[1] as string).trimEnd();
}

/** What stands on the screen after a tab, once it shows what is expected; the line is thrown away. */
async function tab(line: string, expected: RegExp): Promise<string> {
  screen = "";
  child.stdin?.write(`${line}\t`);
  await waitFor(() => plain(screen).includes(line), { message: `${line} on the screen` });
  child.stdin?.write("\t");
  const shown = await waitFor(() => (expected.test(plain(screen)) ? plain(screen) : undefined), {
    message: `completions of ${line}: ${expected}`,
  }).finally(() => child.stdin?.write("\x15"));
  return shown;
}

const json = async (line: string) => JSON.parse(await type(`${line} --json`));
const COLUMNS = 100;
const widest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

describe("the REPL's commands", () => {
  it.each([
    ["outbox", /service +pending/],
    ["outbox republish --from 2h --to 1h", /^Nothing was published then\./],
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

  it("count what would be sent again", async () => {
    // The replays of the tests before.
    const text = await waitFor(
      async () => {
        const shown = await type("outbox republish --from 1h --dry-run");
        return /^lab +[1-9]\d* +0$/m.test(shown) ? shown : undefined;
      },
      { message: "a row that was published" },
    );
    expect(text).toMatch(/^service +found +sent again$/m);
    const { items } = await json("outbox republish --from 1h --event-type no.such --service lab");
    expect(items).toEqual([{ service: "lab", found: 0, republished: 0 }]);
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
    ["outbox publish", /outbox has no verb publish; it has republish/],
    ["outbox republish", /needs --from/],
    ["outbox republish --from yesterday", /--from must be a moment such as .* not yesterday/],
    ["outbox republish --from 1h --to 2h", /INVALID_INPUT.*from must be before to/s],
    ["outbox republish --from 1h --service nobody", /A service with an outbox named nobody was not found/],
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

  it.each([
    ["du", /dlq|dump/],
    ["dlq re", /replay\s+restore/],
    ["dlq list --st", /--status/],
    ["dlq show lab", /lab:[0-9a-f-]{36}/],
    ["queues l", /\$ queues lab/],
    ["outbox r", /outbox republish/],
    ["event 0", /event 0[0-9a-f]{7}/],
    ["call ops.q", /ops\.queues/],
  ])("complete `%s` at a tab", async (line, expected) => {
    await tab(line, expected);
    await waitFor(async () => (await type("")) === "", { message: "an empty line" });
  });

  it.each(["outbox", "relay", "queues", "dlq", "event", "health", "user"])(
    "explain `%s` with an example",
    async (name) => {
      const text = await type(`${name} --help`);
      expect(text.replace(/\s+/g, " ")).toMatch(new RegExp(`For example: ${name}`));
      expect(text).toContain("--json");
    },
  );
});
