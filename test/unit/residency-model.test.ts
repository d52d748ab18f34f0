/** Residencies and codes. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  checkCode,
  codeFrom,
  hashCode,
  legalSteps,
  liveKey,
  newClaim,
  normaliseCode,
  type ResidencyStatus,
  step,
} from "../../services/residency/model.ts";

const now = new Date("2026-03-01T10:00:00Z");
const claim = (status: ResidencyStatus = "pending") => ({
  ...newClaim("id", "user", { _id: "unit", buildingId: "house" }, "tenant", now),
  status,
});
const all = ["pending", "verified", "rejected", "ended", "revoked"] as const;

describe("a residency", () => {
  it.each([
    ["pending", ["verified", "rejected"]],
    ["verified", ["ended", "revoked"]],
    ["rejected", []],
    ["ended", []],
    ["revoked", []],
  ] as const)("from %s it can become %j, and nothing else", (from, legal) => {
    expect(legalSteps(from)).toEqual(legal);
    for (const to of all) {
      const take = () => step(claim(from), to, { actorId: "manager" }, now);
      if ((legal as readonly string[]).includes(to)) expect(take()).toMatchObject({ status: to, version: 2 });
      else expect(take).toThrow(expect.objectContaining({ data: { legal: [...legal] } }));
    }
  });

  it("keeps the person's place in the unit while it is pending or verified, and frees it afterwards", () => {
    const by = { actorId: "manager" };
    expect(claim().live).toBe(liveKey("user", "unit"));
    const verified = step(claim(), "verified", { ...by, method: "code" }, now);
    expect(verified).toMatchObject({ live: liveKey("user", "unit"), method: "code" });
    for (const to of ["ended", "revoked"] as const) expect(step(verified, to, by, now)).not.toHaveProperty("live");
    expect(step(claim(), "rejected", { ...by, reason: "unknown" }, now)).not.toHaveProperty("live");
  });
});

describe("a code", () => {
  const code = (changes = {}) => ({
    _id: "c",
    unitId: "unit",
    codeHash: hashCode("ABCDEFGHJK"),
    maxUses: 2,
    uses: 0,
    expiresAt: new Date(now.getTime() + 1),
    revokedAt: null,
    createdAt: now,
    ...changes,
  });

  it("is refused when there is none, revoked, expired or used up, each with a code of its own", () => {
    const refusal = (doc: Parameters<typeof checkCode>[0]): string => {
      try {
        checkCode(doc, now);
        return "good";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(refusal(code())).toBe("good");
    expect(refusal(code({ uses: 1 }))).toBe("good");
    expect(refusal(null)).toBe("CODE_INVALID");
    expect(refusal(code({ revokedAt: now }))).toBe("CODE_INVALID");
    expect(refusal(code({ expiresAt: now }))).toBe("CODE_EXPIRED");
    expect(refusal(code({ uses: 2 }))).toBe("CODE_USED_UP");
  });

  it("has ten letters and digits that nobody mixes up, and is found however it is typed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 16 }), (bytes) => {
        const made = codeFrom(bytes);
        expect(made).toMatch(/^[2-9A-HJKMNP-Z]{10}$/);
        const typed = ` ${made.slice(0, 5).toLowerCase()}-${made.slice(5)} `;
        expect(normaliseCode(typed)).toBe(made);
        expect(hashCode(typed)).toBe(hashCode(made));
      }),
    );
  });
});
