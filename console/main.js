// The console: the state of backups at a glance, drawn from one request, the summary.

/** @typedef {{ items: number, rows: number, bytes: number }} Amount */
/** @typedef {{ done: Amount, total: Amount | null, seconds_left: number | null }} Progress */
/** @typedef {{ id: string, status: string, created_time: string, expiry_date: string, requester: { name: string },
 *   failure: { code: string, message: string } | null, progress: Progress }} Backup */
/** @typedef {{ time_zone: string, backup: Backup | null, schedule: { sentence: Record<string, string>, next_runs: string[] } | null,
 *   allowance: { plan: string, free_per_month: number | null, left: number | null } }} Summary */

const WHILE_RUNNING = 1000;
const OTHERWISE = 10000;
const LOCALES = ["en", "ja"];

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const announcer = /** @type {HTMLElement} */ (document.getElementById("announce"));

/** What the page knows. */
const state = {
  locale: chosenLocale(),
  /** @type {Record<string, string>} */
  words: {},
  token: sessionStorage.getItem("token") ?? "",
  /** @type {Summary | null} */
  summary: null,
  etag: "",
  /** @type {"" | "refused" | "unreachable"} */
  trouble: "",
  /** @type {number | undefined} */
  timer: undefined,
};

function chosenLocale() {
  const kept = localStorage.getItem("locale");
  const wanted = [kept, ...navigator.languages].map((language) => (language ?? "").slice(0, 2));
  return wanted.find((language) => LOCALES.includes(language)) ?? "en";
}

/** @param {string} key @param {Record<string, string | number>} [values] */
function say(key, values = {}) {
  return (state.words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** @param {string} name @param {Record<string, string>} [attributes] @param {(Node | string)[]} children */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/** @param {number} bytes */
function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const style = { style: "unit", unit: units[at], maximumFractionDigits: at > 1 ? 1 : 0 };
  return new Intl.NumberFormat(state.locale, /** @type {Intl.NumberFormatOptions} */ (style)).format(bytes / 1000 ** at);
}

/** @param {number} count */
function number(count) {
  return new Intl.NumberFormat(state.locale).format(count);
}

/** @param {string} text @param {string} zone */
function time(text, zone) {
  const options = /** @type {Intl.DateTimeFormatOptions} */ ({ dateStyle: "medium", timeStyle: "short", timeZone: zone });
  return new Intl.DateTimeFormat(state.locale, options).format(new Date(text));
}

/** @param {number} seconds */
function span(seconds) {
  if (seconds < 90) return say("seconds", { count: number(seconds) });
  if (seconds < 5400) return say("minutes", { count: number(Math.round(seconds / 60)) });
  return say("hours", { count: number(Math.round(seconds / 360) / 10) });
}

/** @param {Progress} progress */
function progressOf(progress) {
  const { done, total, seconds_left: left } = progress;
  const bar = element("progress", { "aria-label": say("running") });
  if (!total) return [bar, element("p", { class: "numbers" }, say("planning"))];
  bar.setAttribute("max", String(Math.max(total.bytes, 1)));
  bar.setAttribute("value", String(Math.min(done.bytes, total.bytes)));
  const facts = [
    say("items", { done: number(done.items), total: number(total.items) }),
    say("rows", { done: number(done.rows), total: number(total.rows) }),
    say("bytes", { done: size(done.bytes), total: size(total.bytes) }),
  ];
  if (left !== null) facts.push(say("left", { time: span(left) }));
  return [bar, element("p", { class: "numbers" }, facts.join(" · "))];
}

/** @param {Summary} summary */
function backupOf({ backup, time_zone: zone }) {
  const section = element("section", { "aria-labelledby": "latest" }, element("h2", { id: "latest" }, say("latest")));
  if (!backup) {
    section.append(element("p", { class: "soft" }, say("none")));
    return section;
  }
  if (backup.status === "INPROGRESS") section.append(element("p", {}, say("running")), ...progressOf(backup.progress));
  else if (backup.failure) section.append(element("p", { class: "bad" }, say("failed", { message: backup.failure.message })));
  else section.append(element("p", { class: "good" }, say("ready", { time: time(backup.expiry_date, zone) })));
  const facts = element("dl");
  for (const [name, value] of [["begun", time(backup.created_time, zone)], ["by", backup.requester.name]]) {
    facts.append(element("dt", {}, say(name)), element("dd", {}, value));
  }
  section.append(facts);
  return section;
}

/** @param {Summary} summary */
function scheduleOf({ schedule, time_zone: zone }) {
  const section = element("section", { "aria-labelledby": "next" }, element("h2", { id: "next" }, say("next")));
  if (!schedule) {
    section.append(element("p", { class: "soft" }, say("no_schedule")));
    return section;
  }
  const runs = schedule.next_runs.map((run) => element("li", {}, time(run, zone)));
  section.append(element("p", {}, schedule.sentence[state.locale] ?? schedule.sentence.en), element("ul", {}, ...runs));
  return section;
}

/** @param {Summary} summary */
function allowanceOf({ allowance }) {
  const { plan, free_per_month: free, left } = allowance;
  const text = free === null || left === null ? say("unlimited") : say("of", { left: number(left), free: number(free), plan });
  const heading = element("h2", { id: "allowance" }, say("allowance"));
  return element("section", { "aria-labelledby": "allowance" }, heading, element("p", {}, text));
}

function tokenForm() {
  const input = element("input", { id: "token", autocomplete: "off", spellcheck: "false", required: "", "aria-describedby": "hint" });
  const label = element("label", { for: "token" }, say("token"));
  const hint = element("p", { id: "hint", class: "soft" }, say("token_hint"));
  const form = element("form", {}, label, hint, input, element("button", {}, say("show")));
  if (state.trouble === "refused") form.prepend(element("p", { class: "bad", role: "alert" }, say("refused")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    state.token = /** @type {HTMLInputElement} */ (input).value.trim();
    sessionStorage.setItem("token", state.token);
    Object.assign(state, { trouble: "", summary: null, etag: "" });
    draw();
    void look();
  });
  return form;
}

function draw() {
  document.documentElement.lang = state.locale;
  for (const button of document.querySelectorAll("#languages button")) {
    button.setAttribute("aria-pressed", String(button.getAttribute("data-locale") === state.locale));
  }
  main.setAttribute("aria-busy", String(Boolean(state.token) && !state.summary && !state.trouble));
  if (!state.token || state.trouble === "refused") return main.replaceChildren(tokenForm());
  const parts = [];
  if (state.trouble === "unreachable") parts.push(element("p", { class: "bad", role: "alert" }, say("unreachable")));
  if (state.summary) parts.push(backupOf(state.summary), scheduleOf(state.summary), allowanceOf(state.summary));
  else if (!state.trouble) parts.push(element("p", { class: "soft" }, say("loading")));
  main.replaceChildren(...parts);
}

/** Tells those who do not see the page when a backup begins or ends; not each step. @param {Backup | null} before */
function announce(before) {
  const backup = state.summary?.backup;
  if (!backup || (before && before.id === backup.id && before.status === backup.status)) return;
  const zone = state.summary?.time_zone ?? "UTC";
  if (backup.status === "INPROGRESS") announcer.textContent = say("running");
  else if (backup.failure) announcer.textContent = say("failed", { message: backup.failure.message });
  else announcer.textContent = say("ready", { time: time(backup.expiry_date, zone) });
}

async function look() {
  clearTimeout(state.timer);
  if (!state.token || document.hidden) return;
  try {
    const headers = { Authorization: `Zoho-oauthtoken ${state.token}`, ...(state.etag && { "If-None-Match": state.etag }) };
    const answer = await fetch("/crm/bulk/v8/backup/summary", { headers, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) state.trouble = "refused";
    else if (!answer.ok && answer.status !== 304) throw new Error(String(answer.status));
    else state.trouble = "";
    if (answer.status === 200) {
      const before = state.summary?.backup ?? null;
      state.summary = (await answer.json()).summary;
      state.etag = answer.headers.get("etag") ?? "";
      announce(before);
    }
    if (answer.status !== 304) draw();
  } catch {
    state.trouble = "unreachable";
    draw();
  }
  if (state.trouble !== "refused") {
    const isRunning = state.summary?.backup?.status === "INPROGRESS";
    state.timer = setTimeout(look, isRunning ? WHILE_RUNNING : OTHERWISE);
  }
}

/** @param {string} locale */
async function speak(locale) {
  const answer = await fetch(`/console/locales/${locale}.json`);
  state.words = await answer.json();
  state.locale = locale;
  draw();
}

for (const button of document.querySelectorAll("#languages button")) {
  button.addEventListener("click", () => {
    const locale = button.getAttribute("data-locale") ?? "en";
    localStorage.setItem("locale", locale);
    void speak(locale);
  });
}
document.addEventListener("visibilitychange", () => void look());
await speak(state.locale);
await look();
