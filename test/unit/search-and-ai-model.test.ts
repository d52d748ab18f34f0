/** What is found and shown, and what the local AI thinks. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { moderate } from "../../services/ai/local/moderation.ts";
import { summarise } from "../../services/ai/local/summary.ts";
import { triage } from "../../services/ai/local/triage.ts";
import { render, type Template, type TemplateVariables } from "../../services/notifications/templates.ts";
import { gramsOf, gramsOfWord, MIN_SHARE, snippetOf, wordsOf } from "../../services/search/model.ts";

describe("search", () => {
  it("takes words without case, accents and marks, each once", () => {
    expect(wordsOf("Müller's CAFÉ, café! 42")).toEqual(["muller", "s", "cafe", "42"]);
  });

  it.each([
    ["leak", "leaking tap"],
    ["leking", "leaking tap"],
    ["kitchn", "kitchen"],
    ["kit", "kitchen"],
  ])("%s has grams enough in common with %s", (query, text) => {
    const [asked, there] = [gramsOf(query), new Set(gramsOf(text))];
    expect(asked.filter((gram) => there.has(gram)).length / asked.length).toBeGreaterThanOrEqual(MIN_SHARE);
  });

  it("the beginning of a word has no gram that the word lacks", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{2,20}$/), fc.nat(), (word, cut) => {
        const start = word.slice(0, 2 + (cut % (word.length - 1)));
        expect(new Set(gramsOfWord(word))).toEqual(new Set([...gramsOfWord(word), ...gramsOfWord(start)]));
      }),
    );
  });

  it("a snippet is inert HTML whatever the text and the query are, and marks what was found", () => {
    const nasty = fc.string({ unit: fc.constantFrom(..."<>&\"' leakmrscipt/=()*+[]\\".split("")), maxLength: 300 });
    fc.assert(
      fc.property(nasty, nasty, (text, query) => {
        const left = snippetOf(text, query).replaceAll("<mark>", "").replaceAll("</mark>", "");
        expect(left).not.toMatch(/[<>"]/);
        expect(left).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;|#x27;)/);
      }),
      { numRuns: 500 },
    );
    expect(snippetOf("A <b>leak</b> here", "leak")).toBe("A &lt;b&gt;<mark>leak</mark>&lt;/b&gt; here");
  });
});

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
