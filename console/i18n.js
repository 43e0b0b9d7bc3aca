// Translated texts and the formatting of dates, numbers and money. The only module that decides about language: no other one reads the
// browser's languages, stores the user's choice, or calls `Intl` to format a value.

import { setLanguage, asset } from "./api.js";

const LOCALES = ["en", "ja"];

const state = {
  locale: "en",
  zone: "UTC",
  /** @type {Record<string, string>} */
  words: {},
};

/** Available languages with their native names. */
export const languages = [
  ["en", "English"],
  ["ja", "日本語"],
];

/** The current language. */
export function locale() {
  return state.locale;
}

/** The language stored in this browser, or else the browser's preferred one. */
export function chosenLocale() {
  const wanted = [localStorage.getItem("locale"), ...navigator.languages].map((language) => (language ?? "").slice(0, 2));
  return wanted.find((language) => LOCALES.includes(language)) ?? "en";
}

/** Loads a language and makes it the current one. @param {string} locale */
export async function loadLocale(locale) {
  state.words = await asset(`locales/${locale}.json`);
  state.locale = locale;
  document.documentElement.lang = locale;
  setLanguage(locale);
}

/** Switches the language and stores the choice in this browser. @param {string} locale */
export async function switchLocale(locale) {
  localStorage.setItem("locale", locale);
  await loadLocale(locale);
}

/** Sets the time zone in which times are shown. @param {string} zone */
export function setTimeZone(zone) {
  state.zone = zone;
}

/**
 * Returns a translated text. `{name}` is replaced by a value, `{name:backup|backups}` by the plural form for that number.
 * @param {string} key @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  if (state.words[key] === undefined && Object.keys(state.words).length) console.error(`there are no words for ${key}`);
  return (state.words[key] ?? key).replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) => {
    const value = values[name] ?? "";
    if (one === undefined) return typeof value === "number" ? number(value) : value;
    return new Intl.PluralRules(state.locale).select(Number(value)) === "one" ? one : many;
  });
}

/** Whether a text with this key exists. @param {string} key */
export function hasText(key) {
  return key in state.words;
}

/** Picks the text in the current language. @param {{ en: string, ja: string }} texts */
export function localized(texts) {
  return state.locale === "ja" ? texts.ja : texts.en;
}

/** @param {number} count */
export function number(count) {
  return new Intl.NumberFormat(state.locale).format(count);
}

/** Formats a number with its sign. @param {number} count */
export function difference(count) {
  return new Intl.NumberFormat(state.locale, { signDisplay: "always" }).format(count).replace(/^[+-]0$/, "±0");
}

/** Formats a fraction as a whole percentage, rounded down. @param {number} share */
export function percent(share) {
  return new Intl.NumberFormat(state.locale, { style: "percent" }).format(Math.floor(Math.min(share, 1) * 100) / 100);
}

/** Formats an amount in minor units. @param {number} minor @param {string} currency @param {number} digits */
export function money(minor, currency, digits) {
  const form = { style: /** @type {const} */ ("currency"), currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(state.locale, form).format(minor / 10 ** digits);
}

/** Formats a size in bytes with decimal units. @param {number} bytes */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const digits = { maximumFractionDigits: at > 1 ? 1 : 0, minimumFractionDigits: at > 1 ? 1 : 0 };
  const form = { style: "unit", unit: units[at], unitDisplay: at === 0 ? "long" : "short", ...digits };
  return new Intl.NumberFormat(state.locale, /** @type {Intl.NumberFormatOptions} */ (form)).format(bytes / 1000 ** at);
}

/** @param {string | Date} at @param {Intl.DateTimeFormatOptions} form */
function format(at, form) {
  return new Intl.DateTimeFormat(state.locale, { timeZone: state.zone, ...form }).format(new Date(at));
}

/** Removes the spaces that `Intl` puts next to Japanese characters. @param {string} text */
function removeSpaces(text) {
  return state.locale === "ja" ? text.replace(/ (?=[^\x00-\xff])|(?<=[^\x00-\xff]) /g, "") : text;
}

/** Date and time, as used throughout the console. @param {string | Date} at */
export const time = (at) => format(at, { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
/** Date, weekday and time. @param {string | Date} at */
export const longTime = (at) =>
  format(at, { weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
/** Date and weekday. @param {string | Date} at */
export const day = (at) =>
  format(at, { weekday: state.locale === "ja" ? "short" : "long", year: "numeric", month: "long", day: "numeric" });
/** Date. @param {string | Date} at */
export const date = (at) => format(at, { dateStyle: "long" });
/** Date without the year. @param {string | Date} at */
export const dayOfYear = (at) => format(at, { month: "long", day: "numeric" });
/** Time of day. @param {string | Date} at */
export const timeOfDay = (at) => format(at, { hour: "numeric", minute: "2-digit" });
/** ISO date in the organisation's time zone, such as `2026-11-24`. @param {string | Date} at */
export const isoDate = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: state.zone }).format(new Date(at));

/** Name of a month. @param {number} year @param {number} month from 0 */
export function monthName(year, month) {
  return new Intl.DateTimeFormat(state.locale, { year: "numeric", month: "long", timeZone: "UTC" }).format(
    Date.UTC(year, month, 1),
  );
}

/** Name of a weekday; 0 is Sunday. @param {number} weekday @param {"long" | "narrow" | "short"} form */
export function weekdayName(weekday, form = "long") {
  return new Intl.DateTimeFormat(state.locale, { weekday: form, timeZone: "UTC" }).format(Date.UTC(2023, 0, 1 + weekday));
}

/** @param {number} count @param {string} unit */
function unit(count, unit) {
  const form = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(state.locale, /** @type {Intl.NumberFormatOptions} */ (form)).format(count);
}

/** Formats a duration in its two largest units. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const steps = /** @type {[string, number][]} */ ([
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ]);
  const from = steps.findIndex(([, length]) => whole >= length);
  if (from < 0) return unit(0, "second");
  const shown = from < 2 ? steps.slice(from, from + 2) : steps.slice(from, from + 1);
  let rest = whole;
  const parts = shown.map(([name, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count > 0 ? unit(count, name) : "";
  });
  return removeSpaces(parts.filter(Boolean).join(" "));
}

/** Estimated duration of a backup started now; empty if there is no estimate. @param {Summary} summary */
export function estimateOf({ estimated_seconds: seconds }) {
  return seconds == null ? "" : say("now_estimate", { time: duration(Math.max(1, seconds)) });
}

/** Formats a time relative to `now`, such as "in 3 days". @param {string} at @param {Date} now */
export function relativeTime(at, now) {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
  const form = new Intl.RelativeTimeFormat(state.locale, { numeric: "auto" });
  if (Math.abs(seconds) < 3600) return removeSpaces(form.format(Math.round(seconds / 60), "minute"));
  if (Math.abs(seconds) < 86400) return removeSpaces(form.format(Math.round(seconds / 3600), "hour"));
  const days = (Date.parse(isoDate(at)) - Date.parse(isoDate(now))) / 86_400_000;
  return removeSpaces(form.format(days, "day"));
}

/** Name of a plan; the plan of self-hosted installations, `Own`, has a translated name. @param {string} plan */
export function planName(plan) {
  return plan === "Own" ? say("plan_own") : say("plan", { plan });
}

/** Name of a product. @param {{ product: string, plan: string | null }} item */
export function productName({ product, plan }) {
  return product === "plan" ? say("product_plan", { plan: plan ?? "" }) : say(`product_${product}`);
}

/** Number of decimal places of a currency. @param {string} currency */
export function minorDigits(currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Translated name of a tax in the price list. @param {string} name */
export function taxName(name) {
  const key = `tax_name_${name}`;
  return hasText(key) ? say(key) : name;
}

/** Translated message about an invalid field. @param {Problem} problem */
function invalidValueText({ details }) {
  const field = String(details?.api_name ?? details?.param_name ?? "");
  const keys = [`invalid_${field}_${details?.reason}`, `invalid_${field}`];
  const known = keys.find(hasText);
  const name = hasText(`field_${field}`) ? say(`field_${field}`) : field;
  return known ? say(known) : say("error_INVALID_DATA", { field: name });
}

/**
 * Message about a problem and its remedy. The service's messages are English; other languages use the error code, and `place` where the
 * same code means something else there.
 * @param {Problem} problem @param {string} [place]
 */
export function explain(problem, place = "") {
  const key = [`error_${place}_${problem.code}`, `error_${problem.code}`].find(hasText);
  if (state.locale !== "en" && ["INVALID_DATA", "MANDATORY_NOT_FOUND"].includes(problem.code)) return invalidValueText(problem);
  if (state.locale === "en" && problem.message) return problem.message;
  return key ? say(key) : problem.message || say("error_UNREACHABLE");
}

/** Message about the reason of a failure and the remedy; `place` where a code of backups means something else there. @param {{ code: string, message: string }} failure @param {string} [place] */
export function explainFailure({ code, message }, place = "") {
  const key = [`failure_${place}_${code}`, `failure_${code}`].find(hasText);
  return key ? say(key) : message;
}

/** Names the file, record and module at fault. @param {NonNullable<Failure["subject"]>} subject */
export function subjectOf({ module, record, file }) {
  const parts = [file && say("subject_file", { name: file }), record && say("subject_record", { id: record })];
  return [...parts, say("subject_module", { name: module })].filter(Boolean).join(say("comma"));
}

/** Texts for the notice about a failed backup; the technical message is always English. @param {Failure} failure */
export function failureTexts(failure) {
  const subject = failure.subject ? subjectOf(failure.subject) : "";
  return { words: explainFailure(failure), subject, more: say("details"), technical: `${failure.code}: ${failure.message}` };
}

/** What a finished backup lacks, because it could not be read. @param {Losses} losses */
export function lossesText({ count, examples }) {
  const names = examples.map(gapName).join(say("comma"));
  const others = count - examples.length;
  return others > 0 ? say("losses_more", { names, count: number(others) }) : say("losses", { names });
}

/** Unusual losses since the previous backup. @param {Changes} changes */
export function unusualText({ unusual_losses: losses, more_unusual_losses: more }) {
  const names = losses.map(({ kind, label, lost, of, percent: part }) =>
    say(`unusual_${kind}`, { label, lost: number(lost), of: number(of), percent: percent(part / 100) }),
  );
  if (more) names.push(say("unusual_more", { count: number(more) }));
  return say("unusual_loss", { names: names.join(say("comma")) });
}

/** What differs since the previous backup, in a line; null if it was not compared with one. @param {Changes} changes */
export function changesText({ since, totals: { records } }) {
  const values = { added: number(records.added), changed: number(records.changed), deleted: number(records.deleted) };
  return since ? say("changes_line", values) : null;
}

/** Name of what a backup lacks: a module, a field, or files of a module. @param {Losses["examples"][number]} gap */
export function gapName({ module, field, files }) {
  if (!files) return field ? `${module}.${field}` : module;
  const others = files.count - files.examples.length;
  return `${module} (${files.examples.join(say("comma"))}${others > 0 ? ` … +${number(others)}` : ""})`;
}

/** Name of a country. @param {string} code */
export function countryName(code) {
  return new Intl.DisplayNames(state.locale, { type: "region" }).of(code) ?? code;
}

/** Names and values of how far a running backup is. @param {NewestBackup["progress"]} progress */
export function progressTexts(progress) {
  return !progress.total && progress.capture ? capturing(progress.capture) : archiving(progress);
}

/** @param {NewestBackup["progress"]} progress @returns {[string, string][]} */
function archiving({ done, total, seconds_left: left }) {
  const records = total ? say("done_of_total", { some: number(done.rows), all: number(total.rows) }) : "–";
  const amount = total ? say("done_of_total", { some: size(done.bytes), all: size(total.bytes) }) : "–";
  const time = left === null || !total ? "–" : left < 2 ? say("almost_done") : say("about_time", { time: duration(left) });
  return [
    [say("records"), records],
    [say("data_amount"), amount],
    [say("time_left"), time],
  ];
}

/** @param {NonNullable<NewestBackup["progress"]["capture"]>} capture @returns {[string, string][]} */
function capturing({ modules, total_modules, rows, expected_rows }) {
  const records = expected_rows ? say("done_of_about", { some: number(rows), all: number(expected_rows) }) : number(rows);
  return [
    [say("modules"), say("done_of_total", { some: number(modules), all: number(total_modules) })],
    [say("records"), records],
  ];
}

/** @typedef {Pick<Backup, "remake" | "expiry_date">} Remade */

/** Kinds and names of states in which a backup has no files. */
const WITHOUT_FILES = /** @type {Record<string, ["busy" | "bad", string]>} */ ({
  RUNNING: ["busy", "REMAKING"],
  FAILED: ["bad", "ZIPS_GONE"],
});

/** Kind and name of the state; null unless the files are being made anew, or could not be. @param {Remade} backup */
export function remakeState({ remake }) {
  return (remake && WITHOUT_FILES[remake.status]) ?? null;
}

/** Kind, name and words of the state of a backup without files. @param {Remade} backup @returns {["busy" | "bad" | "quiet", string, string]} */
export function stateWithoutFiles(backup) {
  const state = remakeState(backup);
  return state ? [...state, `state_${state[1]}`] : ["quiet", "EXPIRED", "state_expired"];
}

/** Why a backup has no files; `name` is that of the text if they have expired. @param {Remade} backup @param {string} name */
export function withoutFiles(backup, name) {
  const state = remakeState(backup);
  return state ? say(`${name}_${state[1]}`) : say(name, { time: time(backup.expiry_date) });
}
