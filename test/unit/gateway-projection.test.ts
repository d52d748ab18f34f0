import { describe, expect, it } from "@jest/globals";
import Type from "typebox";
import { compileProjection } from "../../mixins/kit/projection.ts";

const Item = Type.Object({
  id: Type.String(),
  tags: Type.Array(Type.Object({ name: Type.String() })),
  note: Type.Union([Type.Object({ text: Type.String() }), Type.Null()]),
});
const project = compileProjection(Item);

describe("a projection", () => {
  it("leaves out, at every depth, what the schema does not name", () => {
    const value = { id: "1", secret: 1, tags: [{ name: "a", secret: 1 }], note: { text: "x", secret: 1 } };
    expect(project(value)).toEqual({ id: "1", tags: [{ name: "a" }], note: { text: "x" } });
  });

  it("never changes the value itself", () => {
    const value = Object.freeze({
      id: "1",
      secret: 1,
      tags: Object.freeze([Object.freeze({ name: "a", secret: 1 })]),
      note: null,
    });
    expect(project(value)).toEqual({ id: "1", tags: [{ name: "a" }], note: null });
    expect(value.secret).toBe(1);
  });

  it("takes the choice that fits, else the one that knows most of the fields", () => {
    const either = compileProjection(
      Type.Union([
        Type.Object({ kind: Type.Literal("a"), a: Type.Integer() }),
        Type.Object({ kind: Type.Literal("b"), b: Type.Integer(), c: Type.Integer() }),
      ]),
    );
    expect(either({ kind: "b", a: 1, b: 2, c: 3 })).toEqual({ kind: "b", b: 2, c: 3 });
    expect(either({ kind: "b", b: "wrong", c: 3, secret: 1 })).toEqual({ kind: "b", b: "wrong", c: 3 });
    expect(either(null)).toBeNull();
  });

  it("keeps open parts as they are: records, unknown values, dates", () => {
    const open = compileProjection(
      Type.Object({ detail: Type.Record(Type.String(), Type.Unknown()), any: Type.Unknown(), at: Type.Unknown() }),
    );
    const at = new Date();
    expect(open({ detail: { a: { b: 1 } }, any: [{ c: 1 }], at })).toEqual({
      detail: { a: { b: 1 } },
      any: [{ c: 1 }],
      at,
    });
    expect(project(undefined)).toBeUndefined();
  });
});
