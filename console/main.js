// Entry point of the console: the page frame, the router, and the polling of the summary that all views share. Views other than the
// overview are loaded on their first visit.

import {
  answerTokenRequests,
  asProblem,
  requestToken,
  dropTag,
  removeToken,
  getIfChanged,
  hasToken,
  storeToken,
  poll,
  receiveSummaries,
  takeConsent,
} from "./api.js";
import { button, el, icon, link, patch } from "./dom.js";
import { chosenLocale, explain, languages, locale, say, setTimeZone, loadLocale, switchLocale } from "./i18n.js";
import overview, { loading } from "./views/overview.js";

/** Entries of the navigation: path, file of the view, icon. */
const PLACES = /** @type {const} */ ([
  ["", "overview", "home"],
  ["schedule", "schedule", "calendar"],
  ["downloads", "downloads", "download"],
  ["history", "history", "history"],
  ["add-ons", "addons", "cart"],
  ["subscriptions", "subscriptions", "receipt"],
  ["source", "source", "database"],
  ["settings", "settings", "settings"],
]);
/** Views below "Downloads", whose files have the names of their paths. */
const INSIDE = ["explore", "search", "compare", "restore", "restores", "drills", "erase", "erasures"];
/** Interval of redraws, which keep relative times up to date, in milliseconds. */
const REDRAW_INTERVAL = 15_000;
/** Delay before modules are loaded that the first screen does not need, in milliseconds. */
const PRELOAD_DELAY = 4000;
/** Notifications that arrive this soon after an action in this tab, in milliseconds, are considered to be its result. */
const OWN_ACTION_PERIOD = 3000;

const shell = /** @type {HTMLElement} */ (document.getElementById("shell"));

const state = {
  /** @type {View | null} */
  view: null,
  place: "",
  isMenuOpen: false,
  /** Difference between the service's clock and this machine's, in milliseconds. */
  clockOffset: 0,
  /** @type {string | null | undefined} */
  newest: undefined,
  /** Time of this tab's last success message. */
  lastSuccess: 0,
  /** Number of navigations so far, so that a view that loads late is discarded. */
  visits: 0,
  /** Address of the current view. */
  address: location.hash,
  /** Loaded views by file. @type {Map<string, ViewMaker>} */
  makers: new Map([["overview", overview]]),
  /** Views that could not be fetched. A browser may remember that for their addresses, so that the next ones differ. */
  unfetched: new Set(),
  /** Draws the sign-in page; null until its module is loaded. @type {typeof import("./parts/sign-in.js").signInPage | null} */
  signIn: null,
  /** Number of changes made by this page, so that a summary requested before a change is discarded. */
  changes: 0,
};

/** @type {App} */
const app = {
  summary: null,
  problem: null,
  now: () => new Date(Date.now() + state.clockOffset),
  redraw: draw,
  go: (path) => void (location.hash = path),
  refresh: async () => polling.now(),
  change(part) {
    if (app.summary) applyChange({ ...app.summary, ...part(app.summary) });
  },
  toast,
  showError,
  signOut() {
    removeToken();
    app.summary = null;
    app.problem = null;
    draw();
  },
};

const polling = poll(async () => {
  if (!hasToken()) return "stop";
  try {
    const { changes } = state;
    const answer = await getIfChanged("/summary");
    if (changes !== state.changes) return expectFullSummary();
    const had = app.problem;
    app.problem = null;
    if (answer) showSummary(answer.summary);
    else if (had) draw();
    if (app.summary?.backup?.status === "INPROGRESS") return "busy";
    return answer ? "changed" : "unchanged";
  } catch (thrown) {
    app.problem = asProblem(thrown);
    dropTag("/summary");
    draw();
    return isRefused() ? "stop" : "unchanged";
  }
});

/** Makes the next response a full summary, because the last one is outdated by a change. @returns {"busy" | "changed"} */
function expectFullSummary() {
  dropTag("/summary");
  return app.summary?.backup?.status === "INPROGRESS" ? "busy" : "changed";
}

/** Shows the summary that results from a change made by this page. @param {Summary} summary */
function applyChange(summary) {
  state.changes += 1;
  app.problem = null;
  showSummary(summary);
  polling.schedule(expectFullSummary());
}

/** @param {Summary} summary */
function showSummary(summary) {
  app.summary = summary;
  state.clockOffset = Date.parse(summary.now) - Date.now();
  setTimeZone(summary.time_zone);
  const { newest } = summary.notifications;
  if (state.newest !== undefined && newest && newest !== state.newest) void announceNotices(state.newest);
  state.newest = newest;
  state.view?.summaryChanged?.();
  draw();
}

/** Shows new notifications as toasts. @param {string | null} after */
async function announceNotices(after) {
  const { showNewNotices } = await import("./parts/bell.js");
  await showNewNotices(app, after, Date.now() - state.lastSuccess < OWN_ACTION_PERIOD);
}

function draw() {
  const title = hasToken() && state.view ? state.view.title() : say("sign_in_heading");
  document.title = `${title} – Hozon 保存`;
  patch(shell, !hasToken() || isRefused() ? signIn() : frame());
}

function isRefused() {
  return app.problem?.status === 401 || app.problem?.status === 403;
}

function frame() {
  return [
    el("a", { href: "#main", class: "skip", key: "skip", on: { click: skip } }, say("skip_to_content")),
    header(),
    navigation(),
    el("main", { id: "main", tabindex: "-1", key: `main-${state.place}` }, staleWarning(), ...(state.view?.draw() ?? [])),
  ];
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** Warning that the service does not respond and the page may be out of date. */
function staleWarning() {
  if (!app.problem || !app.summary) return null;
  const text = el("p", {}, icon("alert"), say("not_up_to_date", { reason: explain(app.problem) }));
  return el(
    "div",
    { class: "notice bad", role: "alert", key: "trouble" },
    text,
    button(say("retry"), () => void app.refresh()),
  );
}

function header() {
  const unread = app.summary?.notifications.unread ?? 0;
  const menu = button(
    say("menu"),
    () => {
      state.isMenuOpen = !state.isMenuOpen;
      draw();
    },
    { icon: "menu", class: "plain menu", "aria-expanded": String(state.isMenuOpen), "aria-controls": "navigation", key: "menu" },
  );
  const words = unread ? say("bell_unread", { count: unread }) : say("bell");
  const bell = el(
    "button",
    { type: "button", class: "plain bell", "aria-haspopup": "dialog", key: "bell", on: { click: openBell } },
    icon("bell"),
    el("span", { class: "visually-hidden" }, words),
    unread ? el("span", { class: "count", "aria-hidden": "true" }, unread > 99 ? "99+" : unread) : null,
  );
  return el(
    "header",
    { class: "top", key: "top" },
    link(
      "/",
      { class: "brand", key: "brand" },
      icon("archive"),
      el("span", {}, "Hozon"),
      el("span", { lang: "ja", class: "kanji" }, "保存"),
    ),
    menu,
    el("p", { class: "organisation", key: "organisation" }, app.summary?.organisation ?? ""),
    el("div", { class: "tools", key: "tools" }, languageSwitch(), bell),
  );
}

async function openBell() {
  const { openBell } = await import("./parts/bell.js");
  await openBell(app);
}

function languageSwitch() {
  const buttons = languages.map(([tag, name]) => {
    const press = () => void changeLanguage(tag);
    return button(name, press, { lang: tag, "aria-pressed": String(locale() === tag), class: "plain", key: tag });
  });
  return el("div", { class: "languages", role: "group", "aria-label": say("language"), key: "languages" }, ...buttons);
}

/** @param {string} tag */
async function changeLanguage(tag) {
  await switchLocale(tag);
  draw();
}

function navigation() {
  const items = PLACES.filter(([, file]) => isOffered(file)).map(([path, file, picture]) => {
    const above = state.place === "orders" ? "add-ons" : INSIDE.includes(state.place) ? "downloads" : state.place;
    const isHere = above === path;
    return el(
      "li",
      { key: file },
      link(`/${path}`, { "aria-current": isHere ? "page" : null }, icon(picture), el("span", {}, say(`nav_${file}`))),
    );
  });
  const who = app.summary ? el("p", { class: "who", key: "who" }, icon("user"), app.summary.user.name) : null;
  return el(
    "nav",
    { id: "navigation", class: state.isMenuOpen ? "side open" : "side", "aria-label": say("navigation"), key: "side" },
    el("ul", {}, ...items),
    who,
  );
}

/** Whether the navigation offers a view: those for purchases are hidden where nothing can be bought. @param {string} file */
function isOffered(file) {
  if (file === "addons" && app.summary?.allowance.unlimited) return false;
  return !["addons", "subscriptions"].includes(file) || app.summary?.allowance.purchases !== false;
}

/** The sign-in page, shown without an accepted token. Its module is loaded on demand. */
function signIn() {
  if (state.signIn) {
    const [known] = fileOf(pathOf());
    return state.signIn({
      problem: app.problem,
      place: known === "overview" ? null : nameOfPlace(known),
      languages: languageSwitch(),
      enter: startSession,
    });
  }
  void import("./parts/sign-in.js").then(({ signInPage }) => {
    state.signIn = signInPage;
    draw();
  });
  return [];
}

/** @param {string} token */
function startSession(token) {
  storeToken(token);
  Object.assign(app, { summary: null, problem: null });
  state.newest = undefined;
  void visit(false);
  void app.refresh();
}

/** Segments of the address. */
function pathOf() {
  return location.hash.replace(/^#\/?/, "").split("/");
}

/** File of the view for an address, and its arguments. @param {string[]} parts @returns {[string, string[]]} */
function fileOf([path = "", ...rest]) {
  if (path === "orders") return ["order", rest];
  if (path === "add-ons" && rest[0] === "review") return ["review", rest.slice(1)];
  if (INSIDE.includes(path)) return [path, rest];
  return [PLACES.find(([name]) => name === path)?.[1] ?? "overview", rest];
}

/** @param {string} file */
function nameOfPlace(file) {
  return say(["order", "review"].includes(file) ? "order_title" : `nav_${file}`);
}

/** Shows the view for the current address. @param {boolean} isMove */
async function visit(isMove) {
  // A token is removed from the address at once. Embedding pages pass one in the same way: /#token=<token>&to=/downloads.
  const embedded = location.hash.match(/^#token=([^&]+)(?:&to=(.*))?$/);
  if (embedded) {
    history.replaceState(null, "", `${location.pathname}#${embedded[2] ?? "/"}`);
    return startSession(decodeURIComponent(embedded[1]));
  }
  // Without a token no view sends requests; the sign-in page names the view to which it leads.
  if (!hasToken()) return draw();
  const [path = ""] = pathOf();
  const [file, rest] = fileOf(pathOf());
  const words = rest.map(decodeURIComponent);
  const visit = ++state.visits;
  state.address = location.hash;
  const known = state.makers.get(file);
  if (known) return show(file, path, known(app, ...words), isMove);
  show(file, path, waiting(file, loading), isMove);
  try {
    const again = state.unfetched.has(file) ? `?visit=${visit}` : "";
    const make = /** @type {ViewMaker} */ ((await import(`./views/${file}.js${again}`)).default);
    state.makers.set(file, make);
    if (visit === state.visits) show(file, path, make(app, ...words), false);
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    state.unfetched.add(file);
    if (visit === state.visits) show(file, path, waiting(file, unreachable), false);
  }
}

/** @param {string} file @param {string} path @param {View} view @param {boolean} isMove */
function show(file, path, view, isMove) {
  state.view?.leave?.();
  Object.assign(state, { place: file === "overview" ? "" : path, isMenuOpen: false, view });
  draw();
  if (!isMove) return;
  scrollTo(0, 0);
  /** @type {HTMLElement | null} */ (document.querySelector("main h1"))?.focus();
}

/** Placeholder for a view that is not loaded yet. @param {string} file @param {() => Child} body @returns {View} */
function waiting(file, body) {
  const title = () => nameOfPlace(file);
  return { title, draw: () => [el("h1", { key: "heading", tabindex: -1 }, title()), body()] };
}

function unreachable() {
  const retry = button(say("retry"), () => void visit(false), { class: "primary" });
  return el("div", { class: "blank", role: "alert", key: "failed" }, icon("alert"), el("p", {}, say("error_UNREACHABLE")), retry);
}

/** Handles a change of the address. A view with unsaved changes asks first, while its own address is restored. */
async function addressChanged() {
  // Open dialogs belong to the previous view.
  for (const dialog of document.querySelectorAll("dialog")) dialog.close("no");
  if (!state.view?.isChanged?.() || location.hash === state.address) return visit(true);
  const wanted = location.hash;
  history.pushState(null, "", state.address || "#/");
  const { mayLeave } = await import("./parts/leaving.js");
  if (!(await mayLeave())) return;
  history.replaceState(null, "", wanted);
  await visit(true);
}

/** @type {App["toast"]} */
function toast(text, more = {}) {
  if ((more.kind ?? "good") === "good") state.lastSuccess = Date.now();
  void import("./toasts.js").then(({ toast }) => toast(text, more));
}

/** @param {unknown} thrown */
function showError(thrown) {
  const problem = asProblem(thrown);
  if (problem.status === 401 || problem.status === 403) {
    app.problem = problem;
    draw();
  } else toast(explain(problem), { kind: "bad" });
}

takeConsent();
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
addEventListener("hashchange", () => void addressChanged());
addEventListener("beforeunload", (event) => state.view?.isChanged?.() && event.preventDefault());
setInterval(() => !document.hidden && draw(), REDRAW_INTERVAL);
receiveSummaries(applyChange);
answerTokenRequests(() => !isRefused());
const localeLoaded = loadLocale(chosenLocale());
if (!hasToken() && !location.hash.startsWith("#token=")) {
  const token = await requestToken();
  if (token) storeToken(token);
}
const summaryLoaded = app.refresh();
await localeLoaded;
await visit(false);
await summaryLoaded;
// Toasts must also work offline, so their module is loaded in advance. If that fails, the first toast loads it.
setTimeout(() => void import("./toasts.js").catch(() => {}), PRELOAD_DELAY);
