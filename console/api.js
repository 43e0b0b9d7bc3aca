// The service's API: the only place that calls fetch. Answers are data, refusals are thrown as problems.

const BASE = "/crm/bulk/v8/backup";

const session = {
  token: sessionStorage.getItem("token") ?? "",
  /** Mails, checkout and receipt follow the language of the page. */
  language: "en",
  /** Takes the summary that a change answers with. @type {(summary: Summary) => void} */
  take: () => {},
};

/** Lets the service answer in another language. @param {string} language */
export function answerIn(language) {
  session.language = language;
}

/** Hands the summaries that changes answer with to whoever shows them. @param {(summary: Summary) => void} take */
export function takeSummaries(take) {
  session.take = take;
}

/** Whether there is a token to call with. */
export function hasToken() {
  return session.token !== "";
}

/** Keeps a token for this tab. @param {string} token */
export function keepToken(token) {
  session.token = token;
  sessionStorage.setItem("token", token);
  tags.clear();
}

/** Forgets the token. */
export function forgetToken() {
  session.token = "";
  sessionStorage.removeItem("token");
}

/** Entity tags of answers that the page has, by path. @type {Map<string, string>} */
const tags = new Map();

/** Forgets that an answer is known, so that the next one comes whole. @param {string} path */
export function forget(path) {
  tags.delete(path);
}

/**
 * Calls the API. Gives the body of the answer, null when it has none. A POST has one effect, however often it must be sent; `key` names
 * one that stays the same intent in all tabs.
 * @param {string} method @param {string} path @param {{ body?: unknown, ifMatch?: string, key?: string }} [more]
 * @returns {Promise<{ body: any, etag: string }>}
 */
export async function call(method, path, { body, ifMatch, key } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (ifMatch) headers["If-Match"] = ifMatch;
  // A change answers with the summary that it leads to, which then need not be read again.
  if (method !== "GET") headers["Prefer"] = "return=representation";
  const answer = method === "POST" ? await post(path, headers, body, key) : await send(method, path, headers, body);
  const content = await read(answer);
  if (method !== "GET" && content?.summary) session.take(content.summary);
  return { body: content, etag: answer.headers.get("etag") ?? "" };
}

/** How long a POST without an answer stays the same intent when it is asked for again. */
const SAME_INTENT = 120_000;
/** Waits before a POST is sent again. */
const WAITS = [500, 1000, 2000, 4000, 8000];

/** POSTs that have no answer yet, each with its key. @type {Map<string, { key: string, at: number }>} */
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
      // Whether it had an effect is not known: what asks for it again within minutes means the same.
      const isOpen = status === 0 || status >= 500 || isInFlight;
      if (!isOpen) intents.delete(name);
      const isWorthIt = isInFlight ? tries < WAITS.length : status === 0 && tries < 1;
      if (!isWorthIt) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, WAITS[tries]));
    }
  }
}

function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads. @param {string} path @returns {Promise<any>} */
export async function get(path) {
  return (await call("GET", path)).body;
}

/** Reads what may have changed; null when it has not since the last time. @param {string} path @returns {Promise<any>} */
export async function getChanged(path) {
  const tag = tags.get(path);
  const answer = await send("GET", path, tag ? { "If-None-Match": tag } : {});
  if (answer.status === 304) return null;
  tags.set(path, answer.headers.get("etag") ?? "");
  return read(answer);
}

/** @param {string} method @param {string} path @param {Record<string, string>} headers @param {unknown} [body] */
async function send(method, path, headers, body) {
  const authorization = { Authorization: `Zoho-oauthtoken ${session.token}`, "Accept-Language": session.language };
  const content = body === undefined ? undefined : JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(BASE + path, { method, headers: { ...authorization, ...headers }, body: content, cache: "no-store" });
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

/** Takes what was thrown for a problem; anything else is a fault of the page and goes on. @param {unknown} thrown @returns {Problem} */
export function asProblem(thrown) {
  const taken = /** @type {Problem} */ (thrown);
  if (taken?.isProblem) return taken;
  throw thrown;
}

/** Reads a file of the console itself. @param {string} path */
export async function asset(path) {
  return (await fetch(`/console/${path}`)).json();
}

/**
 * Asks again and again: soon while something happens, ever more seldom while nothing does, not at all while nobody looks.
 * @param {() => Promise<"busy" | "news" | "nothing" | "stop">} ask
 */
export function poll(ask) {
  const SOON = 1000;
  const [USUAL, SELDOM] = [4000, 60_000];
  let wait = USUAL;
  /** @type {number | undefined} */
  let timer;
  /** @type {Promise<void> | null} */
  let asking = null;

  async function once() {
    rest(await ask());
  }
  /** Waits as long as fits what came. @param {"busy" | "news" | "nothing" | "stop"} came */
  function rest(came) {
    clearTimeout(timer);
    wait = came === "busy" ? SOON : came === "news" ? USUAL : Math.min(Math.max(wait, USUAL) * 1.5, SELDOM);
    if (came !== "stop" && !document.hidden) timer = window.setTimeout(now, wait);
  }
  /** Asks now, or waits for the answer that is on its way and asks once more. */
  function now() {
    clearTimeout(timer);
    asking = (asking ?? Promise.resolve()).then(() => {
      clearTimeout(timer);
      return once();
    });
    return asking;
  }
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) {
      wait = USUAL;
      void now();
    }
  });
  return { now, rest };
}

// One sign-in for the tabs of a browser: a tab that is opened without a token asks the others for theirs, over a channel that only pages
// of this origin hear. The token is kept in the tabs' own storage and nowhere else.
const TABS = "hozon-tabs";
/** How long a new tab waits for an answer. */
const PATIENCE = 400;
/** Tabs that nobody looks at answer later, so that the one from which the new tab was opened is first. */
const BEHIND = 80;

/** Lets this tab answer others while its token is good. @param {() => boolean} isGood */
export function answerTabs(isGood) {
  const channel = new BroadcastChannel(TABS);
  channel.addEventListener("message", ({ data }) => {
    if (data !== "ask") return;
    setTimeout(() => session.token && isGood() && channel.postMessage({ token: session.token }), document.hidden ? BEHIND : 0);
  });
}

/** Asks the other tabs. @returns {Promise<string>} their token, or nothing */
export function askTabs() {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(TABS);
    const end = (/** @type {string} */ token) => {
      channel.close();
      resolve(token);
    };
    channel.addEventListener("message", ({ data }) => data?.token && end(String(data.token)));
    channel.postMessage("ask");
    setTimeout(() => end(""), PATIENCE);
  });
}
