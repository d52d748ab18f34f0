import { describe, expect, it } from "@jest/globals";
import { moderate } from "../../services/ai/local/moderation.ts";
import { summarise } from "../../services/ai/local/summary.ts";
import { triage } from "../../services/ai/local/triage.ts";

describe("the local AI", () => {
  it.each([
    ["Water drips from the pipe under the sink", "plumbing"],
    ["The radiator stays cold", "heating"],
    ["The elevator is stuck", "elevator"],
    ["Socket in the hall without power", "electrical"],
    ["Loud music and a party next door", "noise"],
    ["Something odd", "other"],
  ])("%s is %s", (text, category) => expect(triage(text).category).toBe(category));

  it("danger is urgent, nuisance is high, the rest normal", () => {
    expect(triage("I smell gas in the stairs").priority).toBe("urgent");
    expect(triage("The tap is leaking").priority).toBe("high");
    expect(triage("Please paint the fence").priority).toBe("normal");
  });

  it("flags threats and profanity, disguised too, and leaves ordinary complaints alone", () => {
    expect(moderate("I will kill you")).toMatchObject({ flagged: true, categories: ["threat"] });
    expect(moderate("what the f u c k").flagged || moderate("what the fuuuck").flagged).toBe(true);
    expect(moderate("The class in Scunthorpe was assessed; my flat is cold.")).toMatchObject({ flagged: false });
  });

  it("sums up long texts in their own words, and short ones not at all", () => {
    expect(summarise("The tap drips.")).toBeNull();
    const text = Array.from({ length: 20 }, (_, n) => `Sentence ${n} tells about the heating in the cellar.`).join(" ");
    const summary = summarise(text) as string;
    expect(summary.length).toBeLessThanOrEqual(400);
    for (const sentence of summary.split(/(?<=\.) /)) expect(text).toContain(sentence);
  });
});
