// Client of the service's API, and the only module that calls `fetch`. Successful calls return data; refused calls throw a `Problem`.

const BASE = "/crm/bulk/v8";
/** Paths of what lies beside the backups. All others lie below them. */
const BESIDE = /^\/(restores|drills|erasures)(?=[/?]|$)/;

const session = {
  token: sessionStorage.getItem("token") ?? "",
  /** Sent as `Accept-Language`: mails, checkout and receipt use the language of the page. */
  language: "en",
  /** Receives the summary that the response to a change contains. @type {(summary: Summary) => void} */
  take: () => {},
};

/** Sets the language of later requests. @param {string} language */
export function setLanguage(language) {
  session.language = language;
}

/** Registers the function that receives the summaries in responses to changes. @param {(summary: Summary) => void} take */
export function receiveSummaries(take) {
  session.take = take;
}

/** Whether this tab has a token. */
export function hasToken() {
  return session.token !== "";
}

/** Stores a token for this tab. @param {string} token */
export function storeToken(token) {
  session.token = token;
  sessionStorage.setItem("token", token);
  tags.clear();
}

/** Removes the token of this tab. */
export function removeToken() {
  session.token = "";
  sessionStorage.removeItem("token");
}

/** Entity tags of the responses received last, by path. @type {Map<string, string>} */
const tags = new Map();

/** Drops the entity tag of a path, so that the next response is complete. @param {string} path */
export function dropTag(path) {
  tags.delete(path);
}

/**
 * Calls the API and returns the response's body, or null if it is empty. A POST takes effect once, however often it is retried; `key`
 * is the idempotency key of an action that several tabs may send.
 * @param {string} method @param {string} path @param {{ body?: unknown, ifMatch?: string, key?: string }} [more]
 * @returns {Promise<{ body: any, etag: string }>}
 */
export async function call(method, path, { body, ifMatch, key } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (ifMatch) headers["If-Match"] = ifMatch;
  // The response to a change contains the new summary, which saves a second request.
  if (method !== "GET") headers["Prefer"] = "return=representation";
  const answer = method === "POST" ? await post(path, headers, body, key) : await send(method, path, headers, body);
  const content = await read(answer);
  if (method !== "GET" && content?.summary) session.take(content.summary);
  return { body: content, etag: answer.headers.get("etag") ?? "" };
}

/** How long a repeated POST reuses the idempotency key of one whose outcome is unknown. */
const SAME_INTENT = 120_000;
/** Delays between retries of a POST. */
const RETRY_DELAYS = [500, 1000, 2000, 4000, 8000];

/** POSTs whose outcome is unknown, with their idempotency keys. @type {Map<string, { key: string, at: number }>} */
const intents = new Map();

/** @param {string} path @param {Record<string, string>} headers @param {unknown} body @param {string} [key] */
async function post(path, headers, body, key) {
  const name = `${path} ${JSON.stringify(body)}`;
  const known = intents.get(name);
  const intent = known && Date.now() - known.at < SAME_INTENT ? known : { key: key ?? randomKey(), at: Date.now() };
  intents.set(name, intent);
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await send("POST", path, { ...headers, "Idempotency-Key": intent.key }, body);
      intents.delete(name);
      return answer;
    } catch (thrown) {
      const { status, code } = asProblem(thrown);
      const isInFlight = code === "IDEMPOTENCY_KEY_IN_FLIGHT";
      // The outcome is unknown: the same request within `SAME_INTENT` reuses the key.
      const isUnknown = status === 0 || status >= 500 || isInFlight;
      if (!isUnknown) intents.delete(name);
      const mayRetry = isInFlight ? tries < RETRY_DELAYS.length : status === 0 && tries < 1;
      if (!mayRetry) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAYS[tries]));
    }
  }
}

function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends a GET request. @param {string} path @returns {Promise<any>} */
export async function get(path) {
  return (await call("GET", path)).body;
}

/** Sends a conditional GET request; returns null if the response has not changed since the last one. @param {string} path @returns {Promise<any>} */
export async function getIfChanged(path) {
  const tag = tags.get(path);
  const answer = await send("GET", path, tag ? { "If-None-Match": tag } : {});
  if (answer.status === 304) return null;
  tags.set(path, answer.headers.get("etag") ?? "");
  return read(answer);
}

/** Gets a file. @param {string} path @returns {Promise<Blob>} */
export async function getFile(path) {
  return (await send("GET", path, {})).blob();
}

/** @param {string} path */
function urlOf(path) {
  return BESIDE.test(path) ? BASE + path : `${BASE}/backup${path}`;
}

/** @param {string} method @param {string} path @param {Record<string, string>} headers @param {unknown} [body] */
async function send(method, path, headers, body) {
  const authorization = { Authorization: `Zoho-oauthtoken ${session.token}`, "Accept-Language": session.language };
  const content = body === undefined ? undefined : JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(urlOf(path), { method, headers: { ...authorization, ...headers }, body: content, cache: "no-store" });
  } catch {
    throw problem(0, {});
  }
  if (answer.ok || answer.status === 304) return answer;
  throw problem(answer.status, await answer.json().catch(() => ({})));
}

/** @param {Response} answer */
async function read(answer) {
  return answer.status === 204 ? null : answer.json();
}

/** @param {number} status @param {any} body @returns {Problem} */
function problem(status, body) {
  const { code = status ? "INTERNAL_ERROR" : "UNREACHABLE", message = "", details = {} } = body.backup ?? body;
  return { isProblem: true, status, code, message, details };
}

/** Narrows a caught value to a `Problem`; rethrows anything else, which is a bug in the page. @param {unknown} thrown @returns {Problem} */
export function asProblem(thrown) {
  const taken = /** @type {Problem} */ (thrown);
  if (taken?.isProblem) return taken;
  throw thrown;
}

/** Loads a JSON file of the console. @param {string} path */
export async function asset(path) {
  return (await fetch(`/console/${path}`)).json();
}

/**
 * Polls: every second while a backup is running, with growing intervals while nothing changes, and not at all in a hidden tab.
 * @param {() => Promise<"busy" | "changed" | "unchanged" | "stop">} ask
 */
export function poll(ask) {
  const BUSY_INTERVAL = 1000;
  const [MIN_INTERVAL, MAX_INTERVAL] = [4000, 60_000];
  let wait = MIN_INTERVAL;
  /** @type {number | undefined} */
  let timer;
  /** @type {Promise<void> | null} */
  let pending = null;

  async function once() {
    schedule(await ask());
  }
  /** Schedules the next request according to the last result. @param {"busy" | "changed" | "unchanged" | "stop"} result */
  function schedule(result) {
    clearTimeout(timer);
    wait =
      result === "busy"
        ? BUSY_INTERVAL
        : result === "changed"
          ? MIN_INTERVAL
          : Math.min(Math.max(wait, MIN_INTERVAL) * 1.5, MAX_INTERVAL);
    if (result !== "stop" && !document.hidden) timer = window.setTimeout(now, wait);
  }
  /** Sends a request now, or right after the one in flight. */
  function now() {
    clearTimeout(timer);
    pending = (pending ?? Promise.resolve()).then(() => {
      clearTimeout(timer);
      return once();
    });
    return pending;
  }
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) {
      wait = MIN_INTERVAL;
      void now();
    }
  });
  return { now, schedule };
}

// Single sign-in across tabs: a tab opened without a token asks the other tabs over a BroadcastChannel, which is limited to this origin.
// The token is stored in each tab's sessionStorage only.
const TABS = "hozon-tabs";
/** How long a new tab waits for another tab to answer, in milliseconds. */
const ANSWER_TIMEOUT = 400;
/** Delay of answers from hidden tabs, so that the visible tab, from which the new one was opened, answers first. */
const HIDDEN_TAB_DELAY = 80;

/** Answers token requests of other tabs while this tab's token is accepted. @param {() => boolean} isAccepted */
export function answerTokenRequests(isAccepted) {
  const channel = new BroadcastChannel(TABS);
  channel.addEventListener("message", ({ data }) => {
    if (data !== "ask") return;
    setTimeout(
      () => session.token && isAccepted() && channel.postMessage({ token: session.token }),
      document.hidden ? HIDDEN_TAB_DELAY : 0,
    );
  });
}

/** Asks the other tabs for a token. @returns {Promise<string>} the token, or an empty string */
export function requestToken() {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(TABS);
    const end = (/** @type {string} */ token) => {
      channel.close();
      resolve(token);
    };
    channel.addEventListener("message", ({ data }) => data?.token && end(String(data.token)));
    channel.postMessage("ask");
    setTimeout(() => end(""), ANSWER_TIMEOUT);
  });
}

/** Removes the answer to a consent, which Zoho brings in the query, from the address at once, and leads to the view that hands it in. */
export function takeConsent() {
  if (!new URLSearchParams(location.search).has("state")) return;
  history.replaceState(null, "", `${location.pathname}#/source/consent/${encodeURIComponent(location.search)}`);
}
