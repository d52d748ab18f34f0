/** What the local AI thinks, and what the templates say. */
import { describe, expect, it } from "@jest/globals";
import { moderate } from "../../services/ai/local/moderation.ts";
import { summarise } from "../../services/ai/local/summary.ts";
import { triage } from "../../services/ai/local/triage.ts";
import { render, type Template, type TemplateVariables } from "../../services/notifications/templates.ts";

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

describe("templates", () => {
  const variables: TemplateVariables = {
    welcome: { displayName: "Ann" },
    verify_email: { displayName: "Ann", token: "TOKEN", expiresAt: "tomorrow" },
    reset_password: { displayName: "Ann", token: "TOKEN", expiresAt: "tomorrow" },
    ticket_created: { number: 7, title: "Tap" },
    ticket_reported: { number: 7, title: "Tap", priority: "high" },
    ticket_assigned: { number: 7 },
    ticket_commented: { number: 7 },
    ticket_status_changed: { number: 7, to: "resolved", reason: null },
    resident_verified: {},
    resident_unverified: { reason: "ended" },
  };

  it.each(Object.keys(variables) as Template[])(
    "%s reads well, also in a language that nobody has written",
    (template) => {
      for (const locale of ["en", "en-GB", "xx"]) {
        const { title, body } = render(template, variables[template] as never, locale);
        expect(`${title}\n${body}`).not.toMatch(/undefined|null|\[object|NaN/);
        expect(title.length).toBeGreaterThan(5);
        expect(body.length).toBeGreaterThan(10);
      }
    },
  );
});
