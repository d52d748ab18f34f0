/** The operations console: log in, then one view for each part of the address behind the #. */
import { isLoggedIn, logIn, logOut } from "./api.js";
import { html, nothing, render } from "./lit-html.js";
import { audit } from "./views/audit.js";
import { deadLetter } from "./views/dead-letter.js";
import { deadLetters } from "./views/dead-letters.js";
import { deliveries } from "./views/deliveries.js";
import { event } from "./views/event.js";
import { events } from "./views/events.js";
import { overview } from "./views/overview.js";
import { republish } from "./views/republish.js";
import { saga } from "./views/saga.js";

/**
 * @typedef {object} Visit
 * @property {string} id decoded last part of the path, where it has one
 * @property {Record<string, string>} query
 * @property {() => Promise<void>} reload shows the view anew
 * @property {(error: unknown) => void} fail shows what went wrong
 */
/** @typedef {(visit: Visit) => Promise<import("lit-html").TemplateResult>} View loads, then draws */

/** @type {[path: string, title: string, view: View, inMenu: boolean][]} */
const routes = [
  ["/", "Overview", overview, true],
  ["/dead-letters", "Dead letters", deadLetters, true],
  ["/dead-letters/", "Dead letter", deadLetter, false],
  ["/events", "Events", events, true],
  ["/events/", "Event", event, false],
  ["/sagas/", "Correlation", saga, false],
  ["/deliveries", "Deliveries", deliveries, true],
  ["/republish", "Send again", republish, true],
  ["/audit", "Audit", audit, true],
];

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
/** @type {import("lit-html").TemplateResult | typeof nothing} */
let content = nothing;
let trouble = "";
/** Which visit is being shown: a slow answer never overwrites a later one. */
let visits = 0;

function place() {
  const [path = "/", search = ""] = (location.hash.slice(1) || "/").split("?");
  const slash = path.lastIndexOf("/");
  const found =
    routes.find(([known]) => known === path) ?? routes.find(([known]) => known === path.slice(0, slash + 1));
  return { path, route: found ?? routes[0], id: decodeURIComponent(path.slice(slash + 1)), search };
}

/** @param {unknown} error */
function fail(error) {
  trouble = error instanceof Error ? error.message : String(error);
  draw();
}

async function visit() {
  const number = ++visits;
  const { route, id, search } = place();
  if (!isLoggedIn() || !route) return draw();
  const query = Object.fromEntries(new URLSearchParams(search));
  try {
    const shown = await route[2]({ id, query, reload: visit, fail });
    if (number !== visits) return;
    content = shown;
    trouble = "";
  } catch (error) {
    if (number !== visits) return;
    content = nothing;
    return fail(error);
  }
  draw();
}

const loginForm = () => {
  const submit = (/** @type {SubmitEvent} */ submitted) => {
    submitted.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (submitted.target));
    logIn(String(data.get("email")), String(data.get("password"))).then(visit, fail);
  };
  return html`<form class="login" @submit=${submit}>
    <h1>Operations</h1>
    <label>E-mail <input name="email" type="email" required autocomplete="username"></label>
    <label>Password <input name="password" type="password" required autocomplete="current-password"></label>
    <button>Log in</button>
    <p class="hint">For administrators. The session lives in this tab only.</p>
  </form>`;
};

const leave = () => logOut().then(visit);

function draw() {
  const { path, route } = place();
  document.title = isLoggedIn() ? `${route?.[1]} · Operations` : "Operations";
  const menu = routes.filter(([, , , inMenu]) => inMenu);
  render(
    html`${
      isLoggedIn()
        ? html`<header>
            <nav aria-label="Console">
              ${menu.map(([to, title]) => html`<a href="#${to}" aria-current=${path === to ? "page" : "false"}>${title}</a>`)}
            </nav>
            <nav aria-label="References"><a href="/docs">API</a><a href="/docs/events">Events</a><button @click=${leave}>Log out</button></nav>
          </header>`
        : nothing
    }
    <main>
      ${trouble ? html`<p class="trouble" role="alert">${trouble}</p>` : nothing} ${isLoggedIn() ? content : loginForm()}
    </main>`,
    root,
  );
}

addEventListener("hashchange", visit);
void visit();
