/** Template x channel x locale -> text. Plain text throughout, so nothing in a variable can become markup. Pure. */
import type { Channel } from "../topics.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import type { Catalogue, Template, TemplateVariables } from "./templates.ts";
import { uk } from "./uk.ts";

export interface Rendered {
  title: string;
  body: string;
}

export const LOCALES: Readonly<Record<string, Catalogue>> = { en, de, uk };

/** The person's language (`de` for `de-AT`), else English. */
export const catalogueOf = (locale: string): Catalogue =>
  LOCALES[locale] ?? LOCALES[locale.slice(0, 2).toLowerCase()] ?? en;

/** A text message is paid by the piece: two of them, or five where the script needs more room. */
const SMS_LENGTH = 320;
/** Push services take 4 kB, encrypted. */
const PUSH_LENGTH = 500;

export function render<T extends Template>(
  template: T,
  channel: Channel,
  variables: TemplateVariables[T],
  locale: string,
): Rendered {
  const { title, body, email, sms } = catalogueOf(locale).texts[template](variables);
  if (channel === "email") return { title, body: email ?? body };
  if (channel === "sms") return { title, body: excerpt(sms ?? `${sentence(title)} ${body}`, SMS_LENGTH) };
  return channel === "push" ? { title, body: excerpt(body, PUSH_LENGTH) } : { title, body };
}

const sentence = (title: string): string => (/[.!?…]$/.test(title) ? title : `${title}.`);

/** At most so many letters, whole ones, with an ellipsis where something is left out. */
export function excerpt(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length
    ? text
    : `${letters
        .slice(0, length - 1)
        .join("")
        .trimEnd()}…`;
}
