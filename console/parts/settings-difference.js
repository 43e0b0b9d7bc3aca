// Differences between two versions of the settings, as text.

import { el, facts } from "../dom.js";
import { languages, percent, say, size } from "../i18n.js";
import { retentionText } from "./retention.js";

/** Lists the values of the second version that differ from the first. @param {string} lead @param {Settings} before @param {Settings} after */
export function differenceOf(lead, before, after) {
  const [old, now] = [inWords(before), inWords(after)];
  const changed = now.filter(([, value], at) => value !== old[at][1]);
  return el(
    "div",
    {},
    el("p", {}, say(lead)),
    changed.length ? facts(changed) : el("p", { class: "soft" }, say("conflict_nothing")),
  );
}

/** Settings as pairs of name and text. @param {Settings} settings @returns {[string, string][]} */
export function inWords(settings) {
  const {
    time_zone: zone,
    time_of_day: time,
    locale: mails,
    max_part_bytes: maxBytes,
    layout,
    recipients,
    csv,
    retention,
    drills,
  } = settings;
  const { percent: part, modules, attachments } = settings.unusual_loss;
  const isOn = (/** @type {boolean} */ value) => say(value ? "is_on" : "is_off");
  return [
    [say("time_zone"), zone],
    [say("time_of_day"), time],
    [say("mail_language"), languages.find(([tag]) => tag === mails)?.[1] ?? say("mail_language_own")],
    [say("max_part"), maxBytes === null ? say("no_limit") : size(maxBytes)],
    [say("layout"), say(`layout_${layout}`)],
    [say("recipients"), recipients.join(say("comma")) || "–"],
    [say("csv_bom"), isOn(csv.byte_order_mark)],
    [say("csv_escaped"), isOn(csv.escape_formulas)],
    [say("csv_protected"), isOn(csv.protect_values)],
    [say("loss_percent"), percent(part / 100)],
    [say("loss_modules"), isOn(modules)],
    [say("loss_attachments"), isOn(attachments)],
    [say("retention_heading"), retentionText(retention ?? null)],
    [say("drills"), say(`drills_${drills}`)],
  ];
}

/** Whether a form's values differ from the saved ones. Only fields that the form has are compared. @param {any} form @param {any} saved @returns {boolean} */
export function differs(form, saved) {
  if (form === null || saved === null || typeof form !== "object") return form !== saved;
  if (Array.isArray(form)) return JSON.stringify(form) !== JSON.stringify(saved);
  return Object.keys(form).some((name) => name in saved && differs(form[name], saved[name]));
}
