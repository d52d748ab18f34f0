/** The REST API as the console calls it: a bearer token that lives in this page only, renewed when it has expired. */

/** @typedef {{ accessToken: string, refreshToken: string }} Tokens */
/** @type {Tokens | undefined} */
let tokens;

export class ApiError extends Error {
  /** @param {number} status @param {{ detail?: string, title?: string, code?: string, errors?: { path: string, message: string }[] }} problem */
  constructor(status, problem) {
    const fields = (problem.errors ?? []).map(({ path, message }) => `${path || "/"} ${message}`);
    super([problem.detail ?? problem.title ?? `The answer was ${status}.`, ...fields].join(" · "));
    this.status = status;
    this.code = problem.code ?? "";
  }
}

export const isLoggedIn = () => tokens !== undefined;

/** @param {string} email @param {string} password */
export async function logIn(email, password) {
  tokens = await send("POST", "/auth/login", { email, password });
  const { roles } = await api("GET", "/users/me");
  if (roles.some((/** @type {{ role: string }} */ { role }) => role === "admin")) return;
  await logOut();
  throw new Error("This account is not an administrator's.");
}

export async function logOut() {
  // An expired access token is renewed first, or the session would go on.
  if (tokens) await api("POST", "/auth/logout", {}).catch(() => {});
  tokens = undefined;
}

/**
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {object} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>}
 */
export async function api(method, path, body, headers) {
  try {
    return await send(method, path, body, headers);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401 && tokens)) throw error;
    await renew(tokens.refreshToken);
    return send(method, path, body, headers);
  }
}

/** @type {Promise<void> | undefined} */
let renewing;

/** Once, however many requests found the token expired. @param {string} refreshToken */
function renew(refreshToken) {
  renewing ??= send("POST", "/auth/refresh", { refreshToken })
    .then(
      (fresh) => {
        tokens = fresh;
      },
      (error) => {
        // Only a refusal ends the session here; a server that is away may be back in a moment.
        if (error instanceof ApiError && error.status === 401) tokens = undefined;
        throw error;
      },
    )
    .finally(() => {
      renewing = undefined;
    });
  return renewing;
}

/** @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [headers] */
async function send(method, path, body, headers = {}) {
  const open = path.startsWith("/auth/login") || path.startsWith("/auth/refresh");
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: {
      ...(tokens && !open ? { authorization: `Bearer ${tokens.accessToken}` } : {}),
      ...(body ? { "content-type": "application/json" } : {}),
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  const answer = text === "" ? undefined : JSON.parse(text);
  if (!response.ok) throw new ApiError(response.status, answer ?? {});
  return answer;
}

/** `{ a: "1", b: "" }` -> `?a=1`. @param {Record<string, string | undefined | null>} fields */
export function queryOf(fields) {
  const given = Object.entries(fields).filter(
    /** @returns {entry is [string, string]} */ (entry) =>
      entry[1] !== undefined && entry[1] !== null && entry[1] !== "",
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
