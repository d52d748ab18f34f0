import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { PREVIEW_LOCALES, previewPage } from "../../services/notifications/templates/preview.ts";
import { catalogueOf, excerpt, LOCALES, render } from "../../services/notifications/templates/render.ts";
import { SAMPLES } from "../../services/notifications/templates/samples.ts";
import { TEMPLATE_NAMES, TEMPLATES, type Template } from "../../services/notifications/templates/templates.ts";
import { CHANNELS, TOPIC_NAMES } from "../../services/notifications/topics.ts";

const LANGUAGES = Object.keys(LOCALES);
const every = TEMPLATE_NAMES.flatMap((template) => LANGUAGES.map((locale) => [template, locale] as const));
const shown = (
  template: Template,
  channel: (typeof CHANNELS)[number],
  locale: string,
  variables: object = SAMPLES[template],
) => {
  const { title, body } = render(template, channel, variables as never, locale);
  return `${title}\n${body}`;
};

describe("templates", () => {
  it.each(every)("%s reads well in %s, in every channel, with all of its variables", (template, locale) => {
    for (const channel of TEMPLATES[template].channels) {
      const text = shown(template, channel, locale);
      expect(text).not.toMatch(/undefined|null|\[object|NaN|Invalid/);
      expect(text.length).toBeGreaterThan(20);
    }
  });

  it.each(LANGUAGES)("%s uses each variable that a template declares", (locale) => {
    // Words of the events are translated, times shown on the local clock: what they become is in the previews.
    const translated = ["to", "status", "reason", "priority", "channel", "contentType", "source"];
    const times = ["startsAt", "endsAt", "expiresAt", "timeZone"];
    for (const template of TEMPLATE_NAMES) {
      const texts = CHANNELS.map((channel) => shown(template, channel, locale)).join("\n");
      for (const [name, value] of Object.entries(SAMPLES[template])) {
        if (translated.includes(name) || times.includes(name) || typeof value === "object") continue;
        expect([template, name, texts.includes(String(value))]).toEqual([template, name, true]);
      }
    }
  });

  it("no language is another one's copy", () => {
    for (const template of TEMPLATE_NAMES)
      expect(new Set(LANGUAGES.map((locale) => shown(template, "email", locale))).size).toBe(LANGUAGES.length);
  });

  it.each([
    ["de-AT", "de"],
    ["uk", "uk"],
    ["en-GB", "en"],
    ["fr", "en"],
    ["", "en"],
  ])("who reads %s reads %s", (asked, got) => expect(catalogueOf(asked)).toBe(LOCALES[got]));

  it("without a name it is a former resident; without a building, one's own", () => {
    for (const locale of LANGUAGES) {
      expect(shown("message_sent", "in_app", locale, { name: null, text: "Hello." })).not.toMatch(/null/);
      expect(shown("emergency", "email", locale, { ...SAMPLES.emergency, building: null })).not.toMatch(/null/);
    }
  });

  it("a word of a newer contract is shown as it is", () => {
    const variables = { number: 7, to: "frozen", reason: null };
    expect(shown("ticket_status_changed", "in_app", "de", variables)).toContain("frozen");
  });

  it("a booking's time is the building's, with the second day where there is one", () => {
    const slot = {
      resource: "Sauna",
      startsAt: "2030-07-01T20:00:00Z",
      endsAt: "2030-07-01T22:30:00Z",
      timeZone: "Europe/Kyiv",
    };
    expect(shown("booking_to_approve", "in_app", "en", slot)).toContain("1 Jul 2030, 23:00 – 2 Jul 2030, 01:30");
    expect(shown("booking_to_approve", "in_app", "de", { ...slot, endsAt: "2030-07-01T20:45:00Z" })).toContain(
      "1. Juli 2030, 23:00 – 23:45",
    );
  });

  it("money has its currency's digits", () => {
    const cancelled = (refund: object) =>
      shown("booking_cancelled", "in_app", "en", { ...SAMPLES.booking_cancelled, refund });
    expect(cancelled({ amount: 1250, currency: "EUR" })).toContain("€12.50");
    expect(cancelled({ amount: 1250, currency: "JPY" })).toContain("¥1,250");
  });

  it("a text message stays short, whole letters, with an ellipsis", () => {
    const { body } = render("emergency", "sms", { building: null, title: "Fire", text: "🔥".repeat(1_000) }, "en");
    expect([...body]).toHaveLength(320);
    expect(body.endsWith("🔥…")).toBe(true);
    expect(excerpt("short", 5)).toBe("short");
  });

  it("every topic has a name on the page of the unsubscription", () => {
    for (const locale of LANGUAGES)
      expect(Object.keys(catalogueOf(locale).page.topics).sort()).toEqual([...TOPIC_NAMES].sort());
  });
});

describe("docs/notifications", () => {
  it.each(PREVIEW_LOCALES)("%s.md is what the templates make it", (locale) => {
    const file = new URL(`../../docs/notifications/${locale}.md`, import.meta.url);
    expect(readFileSync(file, "utf8")).toBe(previewPage(locale));
  });
});
