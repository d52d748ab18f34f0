/** The decisions of community: who sees what, who is who, what hides, who gets a message. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Actor, Role } from "../../mixins/kit/actor.ts";
import { type Audience, audienceOf, canSee, feedFilter, isPublic } from "../../services/community/audience.ts";
import {
  newConversation,
  pairKey,
  recipientsOf,
  viewConversation,
  withMessage,
  withoutPerson,
  withRead,
} from "../../services/community/conversations.ts";
import { isAddressed } from "../../services/community/mentions.ts";
import { edit, mayRead, newComment, newPost, type PostDoc, remove, step } from "../../services/community/model.ts";
import { decide, HIDE_AT, mayHide, moreOf, newCase, OUTCOMES, weightOf } from "../../services/community/moderation.ts";
import {
  FORMER,
  forgotten,
  hasLeft,
  isMember,
  newPerson,
  type PersonDoc,
  viewAuthor,
  withName,
  withResidency,
  withRole,
} from "../../services/community/people.ts";
import { placeOf } from "../../services/community/place.ts";
import { content, moderationCase } from "../../services/community/states.ts";
import { viewComment, viewPost } from "../../services/community/views.ts";

const now = new Date("2026-03-02T10:00:00Z");
const HOUSES = ["lime", "oak"] as const;
const ROLES: readonly Role[] = ["manager", "staff", "provider", "admin"];
const actor = (userId: string, changes: Partial<Actor> = {}): Actor => ({
  userId,
  sessionId: "s",
  roles: [],
  memberships: [],
  ...changes,
});
const livesIn = (userId: string, unitId = "lime-1") =>
  actor(userId, { memberships: [{ buildingId: unitId.split("-")[0] as string, unitId, relation: "tenant" }] });
const manager = actor("manager", { roles: [{ role: "manager", buildingId: "lime" }] });
const asked = { title: "Bikes", body: "The cellar is full." };
const post = (changes: Partial<PostDoc> = {}): PostDoc => ({
  ...newPost("p", asked, "lime", livesIn("ann"), now),
  ...changes,
});

/** What of MongoDB's language the feed's filter uses. */
function matches(doc: object, filter: object): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if (key === "$or") return (wanted as object[]).some((one) => matches(doc, one));
    const found = key.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], doc);
    const values = Array.isArray(found) ? found : [found];
    const choices = wanted && typeof wanted === "object" ? (wanted as { $in: unknown[] }).$in : [wanted];
    return values.some((value) => choices.includes(value));
  });
}

const house = fc.constantFrom(...HOUSES);
const unit = fc.tuple(house, fc.constantFrom("1", "2")).map(([home, nr]) => `${home}-${nr}`);
const someActor = fc
  .record({
    userId: fc.constantFrom("ann", "bob"),
    units: fc.uniqueArray(unit, { maxLength: 2 }),
    roles: fc.array(fc.record({ role: fc.constantFrom(...ROLES), home: house }), { maxLength: 2 }),
  })
  .map(({ userId, units, roles }) => ({
    ...actor(userId),
    memberships: units.map((unitId) => ({ buildingId: unitId.split("-")[0] as string, unitId, relation: "owner" })),
    roles: roles.map(({ role, home }) => ({ role, buildingId: role === "admin" ? null : home })),
  }));
const somePost = fc
  .record({
    buildingId: house,
    authorId: fc.constantFrom("ann", "bob", null),
    type: fc.constantFrom("building", "unit", "role"),
    unitNr: fc.constantFrom("1", "2"),
    role: fc.constantFrom("resident", "staff", "manager", "provider"),
    open: fc.boolean(),
    status: fc.constantFrom("visible", "hidden"),
  })
  .map(({ buildingId, authorId, type, unitNr, role, open, status }) => {
    const audience = {
      type,
      unitIds: type === "unit" ? [`${buildingId}-${unitNr}`] : [],
      roles: type === "role" ? [role] : [],
    } as Audience;
    return post({ buildingId, authorId, audience, public: open && type === "building", status } as Partial<PostDoc>);
  });

/** The directory's idea of the same person. */
const personOf = ({ userId, memberships, roles }: Actor): PersonDoc => {
  const homes = memberships.map(({ buildingId, unitId }, n) => ({
    residencyId: `r${n}`,
    buildingId,
    unitId,
    state: "verified" as const,
    version: 1,
  }));
  const granted = roles.map((one) => ({ ...one, granted: true, version: 1 }));
  return granted.reduce(withRole, homes.reduce(withResidency, newPerson(userId)));
};

describe("who sees a post", () => {
  it("is the same asked of one post and as the filter of the feed", () => {
    fc.assert(
      fc.property(someActor, somePost, fc.uniqueArray(house, { maxLength: 2 }), (who, doc, waiting) => {
        const viewer = { actor: who, waiting };
        expect(matches(doc, feedFilter(viewer))).toBe(canSee(viewer, doc));
      }),
      { numRuns: 3_000 },
    );
  });

  it("and may be mentioned in it: the directory says what the token says", () => {
    fc.assert(
      fc.property(someActor, somePost, (who, doc) => {
        const other = { ...doc, authorId: null, status: "visible" as const, public: false };
        expect(isAddressed(personOf(who), other)).toBe(canSee({ actor: who, waiting: [] }, other));
      }),
      { numRuns: 3_000 },
    );
  });

  it("what is hidden is seen by its author and managers only", () => {
    const doc = post({ status: "hidden" });
    const sees = (who: Actor) => [canSee({ actor: who, waiting: ["lime"] }, doc), mayRead(doc, who)];
    expect(sees(livesIn("ann"))).toEqual([true, true]);
    expect(sees(manager)).toEqual([true, true]);
    expect(sees(livesIn("bob"))).toEqual([false, false]);
    expect(canSee({ actor: actor("ann"), waiting: [] }, doc)).toBe(false);
  });

  it("an audience without anybody, an emergency for some, a public post are refused", () => {
    expect(() => audienceOf({ type: "unit" }, "post")).toThrow(expect.objectContaining({ code: "AUDIENCE_UNNAMED" }));
    expect(() => audienceOf({ type: "role", roles: [] }, "post")).toThrow(
      expect.objectContaining({ code: "AUDIENCE_UNNAMED" }),
    );
    expect(() => audienceOf({ type: "role", roles: ["staff"] }, "emergency")).toThrow(
      expect.objectContaining({ code: "EMERGENCY_FOR_ALL" }),
    );
    const all = audienceOf(undefined, "emergency");
    expect(isPublic(undefined, "emergency", all)).toBe(true);
    expect(isPublic(false, "emergency", all)).toBe(false);
    expect(isPublic(undefined, "announcement", all)).toBe(false);
    expect(() => isPublic(true, "post", all)).toThrow(expect.objectContaining({ code: "NOT_PUBLIC" }));
    expect(audienceOf({ type: "building", unitIds: ["x"], roles: ["staff"] }, "post")).toEqual({
      type: "building",
      unitIds: [],
      roles: [],
    });
  });

  it("who belongs to one building need not name it", () => {
    expect(placeOf(livesIn("ann"), undefined)).toBe("lime");
    expect(placeOf(livesIn("ann"), "lime")).toBe("lime");
    expect(() => placeOf(livesIn("ann"), "oak")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    const both = { ...manager, memberships: livesIn("x", "oak-1").memberships };
    for (const who of [both, actor("nobody"), actor("root", { roles: [{ role: "admin", buildingId: null }] })])
      expect(() => placeOf(who, undefined)).toThrow(expect.objectContaining({ code: "BUILDING_UNNAMED" }));
  });
});

describe("the directory", () => {
  const news = [
    (person: PersonDoc) => withName(person, "Ann", 1),
    (person: PersonDoc) => withName(person, "Ann B.", 4),
    ...(["waiting", "verified", "ended"] as const).map(
      (state, n) => (person: PersonDoc) =>
        withResidency(person, { residencyId: "r", buildingId: "lime", unitId: "lime-1", state, version: n + 1 }),
    ),
    ...[true, false, true].map(
      (granted, n) => (person: PersonDoc) =>
        withRole(person, { role: "staff", buildingId: "lime", granted, version: n + 2 }),
    ),
  ];

  it("ends the same in whatever order, and however often, the news come", () => {
    const orders = fc.shuffledSubarray([...news, ...news], { minLength: news.length * 2 });
    fc.assert(
      fc.property(orders, (order) => {
        const person = order.reduce((known, change) => change(known), newPerson("ann"));
        expect(person).toMatchObject({ displayName: "Ann B.", nameVersion: 4 });
        expect(person.residencies).toMatchObject([{ state: "ended", version: 3 }]);
        expect(person.roles).toMatchObject([{ granted: true, version: 4 }]);
      }),
    );
  });

  it("takes nothing about somebody who was deleted", () => {
    const gone = news.reduce((known, change) => change(known), forgotten("ann"));
    expect(gone).toEqual(forgotten("ann"));
    expect(hasLeft(gone, "lime")).toBe(true);
  });

  it("says that somebody has left only when it was told so", () => {
    const told = (state: "waiting" | "verified" | "ended") =>
      withResidency(newPerson("ann"), { residencyId: "r", buildingId: "lime", unitId: "lime-1", state, version: 1 });
    expect([hasLeft(newPerson("ann"), "lime"), isMember(newPerson("ann"), "lime")]).toEqual([false, false]);
    expect([hasLeft(told("verified"), "lime"), isMember(told("verified"), "lime")]).toEqual([false, true]);
    expect([hasLeft(told("ended"), "lime"), hasLeft(told("ended"), "oak")]).toEqual([true, false]);
    const works = withRole(told("ended"), { role: "staff", buildingId: "lime", granted: true, version: 2 });
    expect([hasLeft(works, "lime"), isMember(works, "lime")]).toEqual([false, true]);
    expect(hasLeft(withRole(works, { role: "staff", buildingId: "lime", granted: false, version: 3 }), "lime")).toBe(
      true,
    );
  });

  it("shows nobody who has left, and who is not known yet without a name", () => {
    const ended = { residencyId: "r", buildingId: "lime", unitId: "lime-1", state: "ended" as const, version: 1 };
    const people = new Map([["ann", withName(withResidency(newPerson("ann"), ended), "Ann", 1)]]);
    const of = (authorId: string | null, buildingId = "lime") => viewAuthor({ authorId, buildingId }, people);
    expect(of("ann")).toEqual({ authorId: null, authorName: FORMER });
    expect(of("ann", "oak")).toEqual({ authorId: "ann", authorName: "Ann" });
    expect(of(null)).toEqual({ authorId: null, authorName: FORMER });
    expect(of("new")).toEqual({ authorId: "new", authorName: "" });
  });
});

describe("content", () => {
  it("takes the steps of its table and no other", () => {
    for (const [from, legal] of Object.entries(content.steps))
      for (const to of Object.keys(content.steps) as PostDoc["status"][]) {
        const doc = post({ status: from as PostDoc["status"] });
        if ((legal as string[]).includes(to)) expect(step(doc, to, now)).toMatchObject({ status: to, version: 2 });
        else
          expect(() => step(doc, to, now)).toThrow(
            expect.objectContaining({ code: "ILLEGAL_CONTENT_STEP", data: { legal } }),
          );
      }
  });

  it("is edited by its author alone, removed by the author and managers, a message by its sender alone", () => {
    const doc = post();
    expect(edit(doc, { body: "New." }, livesIn("ann"), now)).toMatchObject({ revision: 2, version: 2, editedAt: now });
    for (const who of [livesIn("bob"), manager])
      expect(() => edit(doc, {}, who, now)).toThrow(expect.objectContaining({ code: "AUTHOR_ONLY" }));
    expect(remove(doc, "post", manager, now).status).toBe("removed");
    expect(() => remove(doc, "message", manager, now)).toThrow(expect.objectContaining({ code: "AUTHOR_ONLY" }));
    expect(() => remove(doc, "post", livesIn("bob"), now)).toThrow(expect.objectContaining({ code: "AUTHOR_ONLY" }));
    const gone = { ...doc, status: "removed" as const };
    for (const late of [
      () => edit(gone, {}, livesIn("ann"), now),
      () => remove(gone, "post", livesIn("ann"), now),
      () => newComment("c", gone, { body: "?" }, livesIn("bob"), now),
    ])
      expect(late).toThrow(expect.objectContaining({ code: "CONTENT_REMOVED" }));
  });

  it("that was removed shows nothing but that it was there", () => {
    const gone = viewPost(post({ status: "removed", mentions: ["bob"] }), new Map());
    expect(gone).toMatchObject({ title: null, body: null, authorId: null, mentions: [], summary: null });
    const waits = { ...newComment("c", post(), { body: "Grr." }, livesIn("bob"), now), status: "hidden" as const };
    expect(viewComment(waits, new Map(), false)).toMatchObject({ body: null, status: "hidden" });
    expect(viewComment(waits, new Map(), true)).toMatchObject({ body: "Grr." });
  });

  it("of managers is announced, of others refused", () => {
    expect(newPost("p", { ...asked, kind: "emergency" }, "lime", manager, now)).toMatchObject({ public: true });
    for (const kind of ["announcement", "emergency"] as const)
      expect(() => newPost("p", { ...asked, kind }, "lime", livesIn("ann"), now)).toThrow(
        expect.objectContaining({ code: "MANAGERS_ONLY" }),
      );
    expect(() => newPost("p", { ...asked, kind: "announcement" }, "oak", manager, now)).toThrow();
  });
});

describe("moderation", () => {
  const nobody = { isStaff: false, upheld: 0, dismissed: 0 };

  it("weighs a flag by its reason and its reporter", () => {
    expect(weightOf("spam", nobody)).toBe(1);
    expect(weightOf("hate", nobody)).toBe(3);
    expect(weightOf("hate", { ...nobody, isStaff: true })).toBeGreaterThanOrEqual(HIDE_AT);
    expect(weightOf("hate", { ...nobody, dismissed: 3 })).toBe(1.5);
    expect(weightOf("hate", { ...nobody, dismissed: 3, upheld: 3 })).toBe(3);
  });

  it("hides posts of residents that no moderator has approved as they stand, and never a notice", () => {
    expect(mayHide(post())).toBe(true);
    expect(mayHide(post({ approvedRevision: 1 }))).toBe(false);
    expect(mayHide(post({ approvedRevision: 1, revision: 2 }))).toBe(true);
    expect(mayHide(post({ status: "hidden" }))).toBe(false);
    for (const kind of ["announcement", "emergency"] as const) expect(mayHide(post({ kind }))).toBe(false);
  });

  it("decides a case once, each decision with its outcome, and more reasons make another version", () => {
    const subject = { contentType: "post" as const, contentId: "p" };
    const fresh = newCase("c", subject, post({ flagScore: 3 }), { source: "flags", reasons: ["spam"] }, now);
    expect(fresh).toMatchObject({ status: "pending", score: 3, open: "post/p", version: 1 });
    const more = moreOf(fresh, post({ flagScore: 4, revision: 2 }), ["spam", "hate"], now);
    expect(more).toMatchObject({ score: 4, revision: 2, reasons: ["spam", "hate"], version: 2 });
    for (const decision of moderationCase.steps.pending as readonly ("approved" | "rejected" | "removed")[]) {
      const decided = decide(more, decision, { actorId: "manager" }, now);
      expect(decided).toMatchObject({ status: decision, decidedBy: "manager", version: 3 });
      expect(decided).not.toHaveProperty("open");
      expect(() => decide(decided, "approved", { actorId: "x" }, now)).toThrow(
        expect.objectContaining({ code: "CASE_DECIDED" }),
      );
      expect(content.steps).toHaveProperty(OUTCOMES[decision].content);
    }
  });
});

describe("conversations", () => {
  const three = newConversation("c", "lime", ["ann", "bob", "cleo"], undefined, now);
  const none = new Set<string>();

  it("of two have a key, the same whoever begins", () => {
    expect(newConversation("c", "lime", ["b", "a"], undefined, now).pair).toBe(pairKey("lime", "a", "b"));
    expect(pairKey("lime", "b", "a")).toBe(pairKey("lime", "a", "b"));
    expect(three).not.toHaveProperty("pair");
  });

  it("reach everybody but the sender, those who have left, and those who are not on speaking terms", () => {
    expect(recipientsOf(three, "ann", none)).toEqual(["bob", "cleo"]);
    expect(recipientsOf(three, "ann", new Set(["bob"]))).toEqual(["cleo"]);
    const left = withoutPerson(three, "cleo", now);
    expect(recipientsOf(left, "ann", none)).toEqual(["bob"]);
    expect(() => recipientsOf(left, "ann", new Set(["bob"]))).toThrow(
      expect.objectContaining({ code: "MESSAGE_BLOCKED" }),
    );
    expect(() => recipientsOf(withoutPerson(left, "bob", now), "ann", none)).toThrow(
      expect.objectContaining({ code: "NOBODY_LEFT" }),
    );
  });

  it("count what came since somebody has read", () => {
    const unread = (one: typeof three) => one.participants.map((each) => each.unread);
    const two = withMessage(withMessage(three, "m1", ["bob", "cleo"], now), "m2", ["bob"], now);
    expect([unread(two), two.activity, two.version]).toEqual([[0, 2, 1], "m2", 3]);
    expect(unread(withRead(two, "bob", 1, now))).toEqual([0, 1, 1]);
  });

  it("show no one who has left", () => {
    const left = withoutPerson(three, "bob", now, { forget: true });
    expect(left.participants[1]).toEqual({ userId: null, left: true, unread: 0 });
    const ann = withName(newPerson("ann"), "Ann", 1);
    expect(viewConversation(left, new Map([["ann", ann]]), "ann").participants).toEqual([
      { userId: "ann", name: "Ann", left: false },
      { userId: null, name: FORMER, left: true },
      { userId: "cleo", name: "", left: false },
    ]);
  });
});
