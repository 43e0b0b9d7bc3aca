// What the page says, in the reader's language; dates, numbers and money as readers of that language expect them. The only module that
// decides about language: nothing else reads the browser's languages, keeps the reader's choice, or formats by itself.

import { answerIn, asset } from "./api.js";

const LOCALES = ["en", "ja"];

const state = {
  locale: "en",
  zone: "UTC",
  /** @type {Record<string, string>} */
  words: {},
};

/** The languages, each by its own name. */
export const languages = [
  ["en", "English"],
  ["ja", "日本語"],
];

/** The language that the page speaks. */
export function locale() {
  return state.locale;
}

/** The language that this browser was switched to, or else that its user prefers. */
export function chosenLocale() {
  const wanted = [localStorage.getItem("locale"), ...navigator.languages].map((language) => (language ?? "").slice(0, 2));
  return wanted.find((language) => LOCALES.includes(language)) ?? "en";
}

/** Speaks another language. @param {string} locale */
export async function speak(locale) {
  state.words = await asset(`locales/${locale}.json`);
  state.locale = locale;
  document.documentElement.lang = locale;
  answerIn(locale);
}

/** Speaks the language that the reader has switched to, and keeps to it in this browser. @param {string} locale */
export async function switchTo(locale) {
  localStorage.setItem("locale", locale);
  await speak(locale);
}

/** Takes the zone in which times are shown. @param {string} zone */
export function showTimesIn(zone) {
  state.zone = zone;
}

/**
 * Says something. `{name}` stands for a value, `{name:backup|backups}` for the word that fits a number.
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

/** Whether there are words for it. @param {string} key */
export function knows(key) {
  return key in state.words;
}

/** The text in the reader's language. @param {{ en: string, ja: string }} texts */
export function either(texts) {
  return state.locale === "ja" ? texts.ja : texts.en;
}

/** @param {number} count */
export function number(count) {
  return new Intl.NumberFormat(state.locale).format(count);
}

/** A number with its sign. @param {number} count */
export function difference(count) {
  return new Intl.NumberFormat(state.locale, { signDisplay: "always" }).format(count).replace(/^[+-]0$/, "±0");
}

/** A share of one as a whole percentage, never more than there is. @param {number} share */
export function percent(share) {
  return new Intl.NumberFormat(state.locale, { style: "percent" }).format(Math.floor(Math.min(share, 1) * 100) / 100);
}

/** Money of minor units. @param {number} minor @param {string} currency @param {number} digits */
export function money(minor, currency, digits) {
  const form = { style: /** @type {const} */ ("currency"), currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(state.locale, form).format(minor / 10 ** digits);
}

/** Bytes as people read them, by powers of 1,000. @param {number} bytes */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const digits = { maximumFractionDigits: at > 1 ? 1 : 0, minimumFractionDigits: at > 1 ? 1 : 0 };
  const form = { style: "unit", unit: units[at], unitDisplay: at === 0 ? "long" : "short", ...digits };
  return new Intl.NumberFormat(state.locale, /** @type {Intl.NumberFormatOptions} */ (form)).format(bytes / 1000 ** at);
}

/** @param {string | Date} at @param {Intl.DateTimeFormatOptions} form */
function written(at, form) {
  return new Intl.DateTimeFormat(state.locale, { timeZone: state.zone, ...form }).format(new Date(at));
}

/** Numbers and units without the spaces that `Intl` puts beside Japanese letters. @param {string} text */
function close(text) {
  return state.locale === "ja" ? text.replace(/ (?=[^\x00-\xff])|(?<=[^\x00-\xff]) /g, "") : text;
}

/** Day and time; a page has one form of dates. @param {string | Date} at */
export const time = (at) => written(at, { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
/** Day, weekday and time. @param {string | Date} at */
export const longTime = (at) =>
  written(at, { weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
/** Day and weekday. @param {string | Date} at */
export const day = (at) =>
  written(at, { weekday: state.locale === "ja" ? "short" : "long", year: "numeric", month: "long", day: "numeric" });
/** Day. @param {string | Date} at */
export const date = (at) => written(at, { dateStyle: "long" });
/** Day without its year. @param {string | Date} at */
export const dayOfYear = (at) => written(at, { month: "long", day: "numeric" });
/** The time of day. @param {string | Date} at */
export const hour = (at) => written(at, { hour: "numeric", minute: "2-digit" });
/** A day by its digits in the organisation's zone, as `2026-11-24`. @param {string | Date} at */
export const digits = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: state.zone }).format(new Date(at));

/** A month's name. @param {number} year @param {number} month from 0 */
export function monthName(year, month) {
  return new Intl.DateTimeFormat(state.locale, { year: "numeric", month: "long", timeZone: "UTC" }).format(
    Date.UTC(year, month, 1),
  );
}

/** A weekday's name; 0 is Sunday. @param {number} weekday @param {"long" | "narrow" | "short"} form */
export function weekdayName(weekday, form = "long") {
  return new Intl.DateTimeFormat(state.locale, { weekday: form, timeZone: "UTC" }).format(Date.UTC(2023, 0, 1 + weekday));
}

/** @param {number} count @param {string} unit */
function unit(count, unit) {
  const form = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(state.locale, /** @type {Intl.NumberFormatOptions} */ (form)).format(count);
}

/** A length of time, in its two largest units. @param {number} seconds */
export function span(seconds) {
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
  return close(parts.filter(Boolean).join(" "));
}

/** How long a backup now would take, as the last ones did; nothing when that is not known. @param {Summary} summary */
export function estimateOf({ estimated_seconds: seconds }) {
  return seconds == null ? "" : say("now_estimate", { time: span(Math.max(1, seconds)) });
}

/** How long until then, in words. @param {string} at @param {Date} now */
export function until(at, now) {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
  const form = new Intl.RelativeTimeFormat(state.locale, { numeric: "auto" });
  if (Math.abs(seconds) < 3600) return close(form.format(Math.round(seconds / 60), "minute"));
  if (Math.abs(seconds) < 86400) return close(form.format(Math.round(seconds / 3600), "hour"));
  const days = (Date.parse(digits(at)) - Date.parse(digits(now))) / 86_400_000;
  return close(form.format(days, "day"));
}

/** A plan by its name; the one of those who host for themselves is not a brand. @param {string} plan */
export function planName(plan) {
  return plan === "Own" ? say("plan_own") : say("plan", { plan });
}

/** What can be bought, by its name. @param {{ product: string, plan: string | null }} item */
export function productName({ product, plan }) {
  return product === "plan" ? say("product_plan", { plan: plan ?? "" }) : say(`product_${product}`);
}

/** Digits after the point of a currency's amounts. @param {string} currency */
export function minorDigits(currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** A tax of the price list in the reader's words. @param {string} name */
export function taxName(name) {
  const key = `tax_name_${name}`;
  return knows(key) ? say(key) : name;
}

/** What is wrong with which field, in the reader's words. @param {Problem} problem */
function wrongValue({ details }) {
  const field = String(details?.api_name ?? details?.param_name ?? "");
  const keys = [`invalid_${field}_${details?.reason}`, `invalid_${field}`];
  const known = keys.find(knows);
  const name = knows(`field_${field}`) ? say(`field_${field}`) : field;
  return known ? say(known) : say("error_INVALID_DATA", { field: name });
}

/** What went wrong and what to do. The service's own messages are English. @param {Problem} problem */
export function explain(problem) {
  const key = `error_${problem.code}`;
  if (state.locale !== "en" && ["INVALID_DATA", "MANDATORY_NOT_FOUND"].includes(problem.code)) return wrongValue(problem);
  return state.locale === "en" && problem.message
    ? problem.message
    : knows(key)
      ? say(key)
      : problem.message || say("error_UNREACHABLE");
}

/** Why a backup failed and what to do. @param {Failure} failure */
export function explainFailure({ code, message }) {
  const key = `failure_${code}`;
  return knows(key) ? say(key) : message;
}

/** The file, record and module at fault. @param {NonNullable<Failure["subject"]>} subject */
export function subjectOf({ module, record, file }) {
  const parts = [file && say("subject_file", { name: file }), record && say("subject_record", { id: record })];
  return [...parts, say("subject_module", { name: module })].filter(Boolean).join(say("comma"));
}

/** All that is said about a failed backup; the service's own words are English. @param {Failure} failure */
export function failureInWords(failure) {
  const subject = failure.subject ? subjectOf(failure.subject) : "";
  return { words: explainFailure(failure), subject, more: say("details"), technical: `${failure.code}: ${failure.message}` };
}

/** A country's name. @param {string} code */
export function countryName(code) {
  return new Intl.DisplayNames(state.locale, { type: "region" }).of(code) ?? code;
}
