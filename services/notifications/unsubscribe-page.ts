/** The two pages of an unsubscription: the question, and that it is done. Without a script. Pure. */
import { escapeHtml } from "../../mixins/kit/html.ts";
import type { Catalogue } from "./templates/templates.ts";
import type { OptionalTopic } from "./topics.ts";

const page = (locale: string, content: string): string =>
  `<!doctype html>
<html lang="${escapeHtml(locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>E-mail</title>
<link rel="stylesheet" href="/docs/assets/pages.css">
</head>
<body><main>${content}</main></body>
</html>
`;

export const askPage = (words: Catalogue["page"], topic: OptionalTopic, token: string, locale: string): string =>
  page(
    locale,
    `<p>${escapeHtml(words.ask(words.topics[topic]))}</p>
<form method="post" action="?token=${escapeHtml(encodeURIComponent(token))}">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button>${escapeHtml(words.button)}</button>
</form>`,
  );

export const donePage = (words: Catalogue["page"], topic: OptionalTopic, locale: string): string =>
  page(locale, `<p>${escapeHtml(words.done(words.topics[topic]))}</p>`);
