import { describe, expect, it } from "@jest/globals";
import { Fences } from "../../mixins/outbox/fences.ts";

describe("fences", () => {
  it("let the sweep go on when the live path has read them", async () => {
    const fences = new Fences();
    const waiting = fences.wait("a");
    fences.passed("another");
    fences.passed("a");
    await expect(waiting).resolves.toBeUndefined();
  });

  it("that are cut fail, and later ones are read again", async () => {
    const fences = new Fences();
    const waiting = fences.wait("a");
    fences.cut("the change stream begins anew");
    await expect(waiting).rejects.toThrow("begins anew");
    const next = fences.wait("b");
    fences.passed("b");
    await expect(next).resolves.toBeUndefined();
  });

  it("of a tenure that has ended fail at once: a sweep that was just about to wait would wait for a minute", async () => {
    const fences = new Fences();
    const waiting = fences.wait("a");
    fences.close("the tenure ended");
    await expect(waiting).rejects.toThrow("the tenure ended");
    await expect(fences.wait("b")).rejects.toThrow("the tenure ended");
  });
});
