/** Sessions, roles, and what iam knows of residencies. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  type KnownResidency,
  membershipsOf,
  normaliseEmail,
  REFRESH_GRACE_MS,
  refreshVerdict,
  roleGrant,
  type SessionDoc,
  withResidency,
} from "../../services/iam/model.ts";

const now = new Date("2026-03-01T10:00:00Z");
const at = (ms: number) => new Date(now.getTime() + ms);
const session: SessionDoc = {
  _id: "s",
  userId: "u",
  tokenHash: "present",
  previousHash: "previous",
  rotatedAt: now,
  expiresAt: at(1_000_000),
  endedAt: null,
  createdAt: now,
};

describe("a refresh token", () => {
  it("rotates once, may be repeated for 10 s, and gives the session away when it is used later", () => {
    expect(refreshVerdict(session, "present", now)).toBe("rotate");
    expect(refreshVerdict(session, "previous", at(REFRESH_GRACE_MS))).toBe("repeat");
    expect(refreshVerdict(session, "previous", at(REFRESH_GRACE_MS + 1))).toBe("reused");
    expect(refreshVerdict(session, "long ago", now)).toBe("reused");
    expect(refreshVerdict({ ...session, previousHash: null }, "other", now)).toBe("reused");
  });

  it("does nothing for a session that has ended or run out", () => {
    for (const hash of ["present", "previous", "long ago"]) {
      expect(refreshVerdict({ ...session, endedAt: now }, hash, now)).toBe("ended");
      expect(refreshVerdict(session, hash, session.expiresAt)).toBe("ended");
    }
  });
});

describe("roles", () => {
  it("managers, staff and providers belong to a building, administrators to none, residents are never granted", () => {
    for (const role of ["manager", "staff", "provider"] as const) {
      expect(roleGrant(role, "house")).toEqual({ role, buildingId: "house" });
      expect(() => roleGrant(role, undefined)).toThrow(`The role ${role} needs a buildingId.`);
    }
    expect(roleGrant("admin", undefined)).toEqual({ role: "admin", buildingId: null });
    expect(() => roleGrant("admin", "house")).toThrow("has no building");
    expect(() => roleGrant("resident", "house")).toThrow("verified residency");
  });
});

describe("what is known of residencies", () => {
  const news = (residencyId: string, version: number): KnownResidency => ({
    residencyId,
    version,
    verified: version % 2 === 0,
    buildingId: "house",
    unitId: "unit",
    relation: "tenant",
  });

  it("ends up the same in whatever order, and however often, its events arrive", () => {
    const events = ["a", "b", "c"].flatMap((id) => [1, 2, 3].map((version) => news(id, version)));
    const apply = (all: readonly KnownResidency[]) =>
      all.reduce<KnownResidency[]>((known, one) => withResidency(known, one) ?? known, []);
    const byId = (known: KnownResidency[]) => Object.fromEntries(known.map((one) => [one.residencyId, one.version]));
    fc.assert(
      fc.property(fc.shuffledSubarray([...events, ...events], { minLength: 18, maxLength: 18 }), (order) =>
        expect(byId(apply(order))).toEqual({ a: 3, b: 3, c: 3 }),
      ),
    );
  });

  it("only what is verified makes a member", () => {
    expect(membershipsOf({ residencies: [news("a", 1), news("b", 2)] })).toEqual([
      { buildingId: "house", unitId: "unit", relation: "tenant" },
    ]);
  });
});

it("an e-mail address is the same in any case and with blanks around it", () => {
  expect(normaliseEmail("  Ann@Example.COM ")).toBe("ann@example.com");
});
