import { expect, it } from "@jest/globals";
import { Serial } from "../../mixins/kit/serial.ts";

it("works of one key run in turn, those of others beside them, and a failure stops nobody", async () => {
  const serial = new Serial();
  const said: string[] = [];
  const work =
    (name: string, fails = false) =>
    async () => {
      said.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      said.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  const results = await Promise.allSettled([
    serial.run("a", work("1")),
    serial.run("a", work("2", true)),
    serial.run("b", work("3")),
    serial.run("a", work("4")),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  const ofA = said.filter((line) => !line.startsWith("3"));
  expect(ofA).toEqual(["1 begins", "1 ends", "2 begins", "2 ends", "4 begins", "4 ends"]);
  expect(said.indexOf("3 begins")).toBeLessThan(said.indexOf("1 ends"));
});
