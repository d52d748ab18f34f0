/** Pieces that the views are made of. */
import { html, nothing } from "./lit-html.js";

/** @typedef {import("lit-html").TemplateResult | typeof nothing | string | number | null | undefined} Content */

/** @param {string | null | undefined} time ISO 8601 */
export const when = (time) =>
  time ? html`<time datetime=${time} title=${time}>${time.replace("T", " ").slice(0, 19)}</time>` : "–";

/** Good, waiting, bad: by the word. @type {Record<string, string>} */
const TONES = {
  ...tone("good", ["up", "ready", "fits", "done", "published", "resolved", "holder", "ignored"]),
  ...tone("wait", ["degraded", "blocked", "waiting", "retrying", "replaying", "pending", "standby", "discarded"]),
  ...tone("bad", ["down", "unavailable", "stopping", "dead", "open", "failed", "unroutable", "unknown"]),
};

/** @param {string} name @param {string[]} words */
function tone(name, words) {
  return Object.fromEntries(words.map((word) => [word, name]));
}

/** @param {string} word */
export const badge = (word) => html`<span class="badge ${TONES[word] ?? ""}">${word}</span>`;

/**
 * @template T
 * @param {T[]} rows
 * @param {[title: string, cell: (row: T) => Content, className?: string][]} columns
 * @param {string} [empty]
 */
export function table(rows, columns, empty = "Nothing.") {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<table>
    <thead>
      <tr>
        ${columns.map(([title, , name]) => html`<th scope="col" class=${name ?? ""}>${title}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map((row) => html`<tr>${columns.map(([, cell, name]) => html`<td class=${name ?? ""}>${cell(row)}</td>`)}</tr>`)}
    </tbody>
  </table>`;
}

/** @param {[string, Content][]} facts */
export const facts = (facts) =>
  html`<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value ?? "–"}</dd></div>`)}</dl>`;

/** @param {unknown} value */
export const json = (value) => html`<pre>${JSON.stringify(value, null, 2)}</pre>`;

/** `olga@example.com` -> `o•••@example.com`: lists show no whole addresses. @param {string} address */
export const masked = (address) => address.replace(/^(.)[^@]*@/, "$1•••@").replace(/^(\+\d{2})\d+(\d{2})$/, "$1•••$2");

/** @param {string[]} services */
export const gaps = (services) =>
  services.length > 0
    ? html`<p class="notice">No answer from ${services.join(", ")}: their share is missing.</p>`
    : nothing;

/**
 * A form that filters the list below it through the address.
 * @param {string} route
 * @param {Record<string, string>} query
 * @param {[name: string, label: string, choices?: string[]][]} fields
 */
export function filter(route, query, fields) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const given = [...data].flatMap(([name, value]) => (value === "" ? [] : [[name, String(value)]]));
    location.hash = `${route}?${new URLSearchParams(given)}`;
  };
  return html`<form class="filter" @submit=${submit}>
    ${fields.map(
      ([name, label, choices]) => html`<label>${label}
        ${
          choices
            ? html`<select name=${name}>
                <option value="">any</option>
                ${choices.map((choice) => html`<option value=${choice} ?selected=${query[name] === choice}>${choice}</option>`)}
              </select>`
            : html`<input name=${name} .value=${query[name] ?? ""} autocomplete="off">`
        }</label>`,
    )}
    <button>Show</button>
  </form>`;
}

/** @param {string} route @param {Record<string, string>} query @param {string | null} cursor */
export const older = (route, query, cursor) =>
  cursor ? html`<p><a href="#${route}?${new URLSearchParams({ ...query, cursor })}">Older ones</a></p>` : nothing;
