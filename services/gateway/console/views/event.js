/** The whole way of one event. */
import { api } from "../api.js";
import { html, nothing } from "../lit-html.js";
import { badge, facts, gaps, json, table, when } from "../ui.js";

/** @param {any} way */
const letterOf = ({ deadLetter }) =>
  deadLetter
    ? html`<a href="#/dead-letters/${encodeURIComponent(deadLetter.id)}">${deadLetter.code}</a> ${badge(deadLetter.status)}`
    : "";

/** @param {{ id: string }} visit */
export async function event({ id }) {
  const told = await api("GET", `/ops/events/${encodeURIComponent(id)}`);
  const failures = told.consumers.flatMap((/** @type {any} */ way) =>
    way.failures.map((/** @type {any} */ failure) => ({ service: way.service, ...failure })),
  );
  const { committed, published } = told;
  return html`<h1>${told.eventType} ${told.version}</h1>
    ${facts([
      ["Id", told.eventId],
      [
        "Correlation",
        told.correlationId
          ? html`<a href="#/sagas/${encodeURIComponent(told.correlationId)}">${told.correlationId}</a>`
          : "–",
      ],
      ["Caused by", told.causationId ? html`<a href="#/events/${told.causationId}">${told.causationId}</a>` : "–"],
      ["By", told.actorId],
      ["About", `${told.aggregateId ?? "–"} version ${told.aggregateVersion ?? "–"}`],
      ["Building", told.buildingId],
      ["Committed", committed ? html`${when(committed.at)} by ${committed.service}` : "–"],
      ["Published", html`${badge(published.state)} ${when(published.at)} ${published.reason ?? ""}`],
    ])}
    <h2>Consumers</h2>
    ${table(
      told.consumers,
      [
        ["Consumer", (/** @type {any} */ way) => way.service],
        ["State", (way) => badge(way.state)],
        ["At", (way) => when(way.handledAt)],
        ["Attempt", (way) => way.attempt, "number"],
        ["Dead letter", letterOf],
      ],
      "Nobody consumes it.",
    )}
    ${
      failures.length > 0
        ? html`<h2>Failed attempts</h2>
            ${table(failures, [
              ["Consumer", (/** @type {any} */ failure) => failure.service],
              ["Episode", (failure) => failure.episode, "number"],
              ["Attempt", (failure) => failure.attempt, "number"],
              ["At", (failure) => when(failure.at)],
              ["Code", (failure) => failure.code],
              ["Message", (failure) => failure.message],
            ])}`
        : nothing
    }
    ${
      told.history.length > 0
        ? html`<h2>What operators did</h2>
            ${table(told.history, [
              ["At", (/** @type {any} */ step) => when(step.at)],
              ["Consumer", (step) => step.service],
              ["Step", (step) => step.step],
              ["By", (step) => step.actorId],
              ["Detail", (step) => html`<code>${JSON.stringify(step.detail)}</code>`],
            ])}`
        : nothing
    }
    <h2>Payload</h2>
    ${json(told.payload)} ${gaps(told.unavailable)}`;
}
