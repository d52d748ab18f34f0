/** A domain that is put together wrongly does not start. */
import { describe, expect, it } from "@jest/globals";
import Type from "typebox";
import { domainMixin } from "../../mixins/domain.ts";
import { action, type Contract, defineContract } from "../../mixins/kit/contracts.ts";
import type { AnyImplementation } from "../../mixins/kit/implement.ts";

const doing = (...names: string[]): Contract => {
  const one = action({ summary: "Does it", access: "public", params: Type.Object({}), result: Type.Object({}) });
  const actions = Object.fromEntries(names.map((name) => [name, one]));
  return defineContract({ service: "lifts", summary: "Lifts", events: {}, consumes: [], actions });
};
const implementations = (...names: string[]): AnyImplementation[] =>
  names.map((name) => ({ name: `lifts.${name}`, run: async () => ({}) }));

describe("domainMixin", () => {
  it.each([
    ["an action without an implementation", doing("stop", "go"), ["go"], "lifts.stop has no implementation."],
    ["an implementation of nothing", doing("go"), ["go", "fly"], "lifts.fly is implemented but not in the contract"],
    ["a name of the backbone's", doing("traceEvent"), ["traceEvent"], "lifts.traceEvent would hide the backbone's own"],
  ])("refuses %s", (_, contract, names, message) => {
    expect(() => domainMixin({ contract, actions: implementations(...names), handlers: [] })).toThrow(message);
  });
});
