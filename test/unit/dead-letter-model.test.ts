import { describe, expect, it } from "@jest/globals";
import { checkVersion } from "../../mixins/kit/check-version.ts";
import type { DeadLetter, DeadLetterStatus } from "../../mixins/retry/dead-letter.ts";
import { consumerOf } from "../../mixins/retry/dead-letter.ts";
import {
  DeadLetterStateError,
  InboxExpiredError,
  NotReplayableError,
  ReplayUnderWayError,
} from "../../mixins/retry/errors.ts";
import { decideReplay, legalVerbs, next, type ReplayCircumstances, type Verb } from "../../mixins/retry/model.ts";

const now = new Date("2026-03-01T12:00:00Z");
const letter = (status: DeadLetterStatus, firstFailedAt = now) => ({ status, firstFailedAt, version: 3 }) as DeadLetter;
const fine: ReplayCircumstances = {
  contract: { ok: true, code: null, message: null },
  inboxRetentionDays: 30,
  force: false,
  newEventId: false,
  now,
};

const EXPECTED: Record<DeadLetterStatus, Partial<Record<Verb, DeadLetterStatus>>> = {
  open: { edit: "open", replay: "replaying", discard: "discarded" },
  replaying: {},
  discarded: { restore: "open" },
  resolved: {},
};
const VERBS: Verb[] = ["edit", "replay", "discard", "restore"];
const cases = (Object.keys(EXPECTED) as DeadLetterStatus[]).flatMap((status) =>
  VERBS.map((verb) => ({ status, verb, to: EXPECTED[status][verb] })),
);

describe("the states of a dead letter", () => {
  it.each(cases.filter(({ to }) => to !== undefined))("lets $verb turn $status into $to", ({ status, verb, to }) => {
    expect(next(status, verb)).toBe(to);
  });

  it.each(cases.filter(({ to }) => to === undefined))(
    "refuses $verb while $status and names what is legal",
    ({ status, verb }) => {
      expect(() => next(status, verb)).toThrow(DeadLetterStateError);
      try {
        next(status, verb);
      } catch (error) {
        const { data, message, status: http } = error as DeadLetterStateError;
        expect(http).toBe(409);
        expect(data).toEqual({ status, legal: legalVerbs(status) });
        for (const legal of legalVerbs(status)) expect(message).toContain(legal);
      }
    },
  );
});

describe("the decision to replay", () => {
  it("refuses a body that the consumer would refuse again, with its reason", () => {
    const contract = {
      ok: false,
      code: "NOT_JSON",
      message: "The body is not JSON.",
    } as const;
    expect(() => decideReplay(letter("open"), { ...fine, contract })).toThrow(NotReplayableError);
    expect(() => decideReplay(letter("open"), { ...fine, contract })).toThrow(/NOT_JSON.*Edit it first/);
  });

  it("refuses what is older than the inbox reaches back, unless forced", () => {
    const old = letter("open", new Date("2026-01-29T11:00:00Z"));
    expect(() => decideReplay(old, fine)).toThrow(InboxExpiredError);
    expect(decideReplay(old, { ...fine, force: true })).toBe("replaying");
    expect(decideReplay(letter("open", new Date("2026-01-31T12:00:00Z")), fine)).toBe("replaying");
  });

  it("sends a replay that got lost again only when forced, and never under a second id", () => {
    expect(() => decideReplay(letter("replaying"), fine)).toThrow(DeadLetterStateError);
    expect(decideReplay(letter("replaying"), { ...fine, force: true })).toBe("replaying");
    expect(() =>
      decideReplay(letter("replaying"), {
        ...fine,
        force: true,
        newEventId: true,
      }),
    ).toThrow(ReplayUnderWayError);
  });

  it.each(["resolved", "discarded"] as const)("does not let force replay what is %s", (status) => {
    expect(() => decideReplay(letter(status), { ...fine, force: true })).toThrow(DeadLetterStateError);
  });
});

describe("the version of a dead letter", () => {
  it("must be the one that the operator has seen, where a version is named", () => {
    expect(() => checkVersion({ version: 3 }, 2)).toThrow(/version 3, not 2/);
    expect(() => checkVersion({ version: 3 }, 3)).not.toThrow();
    expect(() => checkVersion({ version: 3 }, undefined)).not.toThrow();
  });
});

describe("the id of a dead letter", () => {
  it.each([
    ["search:0198c0de-0000-7000-8000-000000000001", "search"],
    ["ai:sha256-00ff", "ai"],
    ["search/0198c0de", undefined],
    ["search:", undefined],
    [":x", undefined],
    ["search:../x", undefined],
    ["nonsense", undefined],
  ])("%s belongs to %s", (id, consumer) => {
    expect(consumerOf(id)).toBe(consumer);
  });
});
