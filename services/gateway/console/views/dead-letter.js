/** One dead letter: why it is one, what it says, and what can be done. */
import { api } from "../api.js";
import { html, nothing } from "../lit-html.js";
import { badge, facts, json, table, when } from "../ui.js";

/** @param {{ id: string, reload: () => Promise<void>, fail: (error: unknown) => void }} visit */
export async function deadLetter({ id, reload, fail }) {
  const path = `/ops/dead-letters/${encodeURIComponent(id)}`;
  const letter = await api("GET", path);
  const version = { "if-match": `"${letter.version}"` };
  /** @param {string} verb @param {object} body */
  const act = (verb, body) =>
    api("POST", `${path}/${verb}`, body, { ...version, "idempotency-key": crypto.randomUUID() }).then(reload, fail);
  const may = (/** @type {string} */ step) => letter.legal.includes(step);
  const tryOut = () =>
    api("POST", `${path}/replay`, { dryRun: true }).then((verdict) => {
      const { allowed, refusal, queue, eventId } = verdict;
      alert(allowed ? `It would go to ${queue} as ${eventId}.` : `Not possible: ${refusal.message}`);
    }, fail);
  const discard = () => {
    const reason = prompt("Why is it given up?");
    if (reason) void act("discard", { reason });
  };
  const edit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const text = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("payload"));
    try {
      const change = letter.payload === null ? { body: JSON.parse(text) } : { payload: JSON.parse(text) };
      api("PATCH", path, change, version).then(reload, fail);
    } catch (error) {
      fail(new Error(`This is not JSON: ${error instanceof Error ? error.message : error}`));
    }
  };
  const editable = letter.payload === null ? letter.body : JSON.stringify(letter.payload, null, 2);
  return html`<h1>${letter.eventType} in ${letter.consumer} ${badge(letter.status)}</h1>
    ${facts([
      ["Id", letter.id],
      [
        "Event",
        letter.eventId ? html`<a href="#/events/${letter.eventId}">${letter.eventId}</a>` : "none that can be read",
      ],
      ["Failed with", `${letter.code}: ${letter.message}`],
      ["Attempts", `${letter.attempts}, episode ${letter.episode}`],
      ["Dead since", when(letter.deadAt)],
      ["Contract", letter.contract.ok ? badge("fits") : `${letter.contract.code}: ${letter.contract.message}`],
      ["Building", letter.buildingId],
      ...(letter.reason ? [/** @type {[string, string]} */ (["Given up because", letter.reason])] : []),
    ])}
    <p class="verbs">
      ${may("replay") ? html`<button @click=${tryOut}>What would a replay do?</button><button @click=${() => act("replay", {})}>Replay</button>` : nothing}
      ${may("discard") ? html`<button @click=${discard}>Discard</button>` : nothing}
      ${may("restore") ? html`<button @click=${() => act("restore", {})}>Restore</button>` : nothing}
    </p>
    <h2>${letter.payload === null ? "Body" : "Payload"}</h2>
    ${
      may("edit") && !letter.bodyTruncated
        ? html`<form @submit=${edit}>
            <textarea name="payload" rows="14" spellcheck="false" aria-label="Payload" .value=${editable}></textarea>
            <p><button>Save the change</button> <span class="hint">Checked against the contract; the event's id and building stay.</span></p>
          </form>`
        : html`<pre>${editable}</pre>`
    }
    <h2>Attempts</h2>
    ${table(letter.errors, [
      ["Episode", (/** @type {any} */ error) => error.episode, "number"],
      ["Attempt", (error) => error.attempt, "number"],
      ["At", (error) => when(error.at)],
      ["Code", (error) => error.code],
      ["Message", (error) => error.message],
    ])}
    <h2>Audit</h2>
    ${table(letter.audit, [
      ["At", (/** @type {any} */ step) => when(step.at)],
      ["Step", (step) => step.step],
      ["By", (step) => step.actorId],
      ["Detail", (step) => html`<code>${JSON.stringify(step.detail)}</code>`],
    ])}
    <h2>AMQP properties</h2>
    ${json(letter.properties)}`;
}
