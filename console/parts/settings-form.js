// Form of the settings shared by all administrators.

import { button, el, icon } from "../dom.js";
import { explain, languages, number, say } from "../i18n.js";
import { field, tick } from "./fields.js";
import { retentionIn, retentionOf } from "./retention.js";

const MIB = 1 << 20;
/** Selectable maximum sizes of a zip, in MiB. */
const SIZES = [16, 100, 500, 1024, 2048, 4096, 10_240];

/** @typedef {{ etag: string, problem: Problem | null, recipients: string[], revision: number, rule: string }} Editing state of the form: version of the settings that filled it, recipients, number of times their list was rebuilt, and the chosen rule of retention */

/**
 * @param {Settings} settings @param {Editing} editing
 * @param {{ save: (event: SubmitEvent) => unknown, add: () => void, remove: (at: number) => void, choose: (rule: string) => void }} actions
 */
export function formOf(settings, editing, { save, add, remove, choose }) {
  const { problem } = editing;
  const wrong = problem?.code === "INVALID_DATA" ? String(problem.details.json_path ?? "") : "";
  const message = problem
    ? el("p", { class: "notice bad", role: "alert", id: "settings-problem" }, icon("alert"), explain(problem))
    : null;
  const { csv } = settings;
  return el(
    "form",
    { key: "form", class: "settings", on: { submit: save } },
    el(
      "div",
      { class: "grid" },
      zoneOf(settings.time_zone),
      timeOf(settings.time_of_day),
      languageOf(settings.locale),
      sizeOf(settings.max_part_bytes),
      layoutOf(settings.layout),
    ),
    recipientsOf(editing, wrong, add, remove),
    el(
      "fieldset",
      {},
      el("legend", {}, say("csv_heading")),
      tick("bom", csv.byte_order_mark, say("csv_bom"), say("csv_bom_hint")),
      tick("escape", csv.escape_formulas, say("csv_escaped"), say("csv_escaped_hint")),
      tick("protect", csv.protect_values, say("csv_protected"), say("csv_protected_hint")),
    ),
    lossRuleOf(settings.unusual_loss, wrong),
    drillsOf(settings.drills),
    retentionOf(settings.retention ?? null, editing.rule, choose),
    message,
    el("div", { class: "actions" }, el("button", { class: "primary" }, icon("check"), say("save"))),
  );
}

/** Settings entered in the form. @param {FormData} form */
export function settingsIn(form) {
  const mib = Number(form.get("max_part"));
  return {
    time_zone: form.get("time_zone"),
    time_of_day: form.get("time_of_day"),
    locale: form.get("locale") || null,
    recipients: recipientsIn(form).filter(Boolean),
    max_part_bytes: mib ? mib * MIB : null,
    layout: form.get("layout"),
    retention: retentionIn(form),
    drills: form.get("drills"),
    csv: { byte_order_mark: form.has("bom"), escape_formulas: form.has("escape"), protect_values: form.has("protect") },
    unusual_loss: {
      percent: Number(form.get("loss_percent")),
      modules: form.has("loss_modules"),
      attachments: form.has("loss_attachments"),
    },
  };
}

/** Recipients as typed. @param {FormData} form */
export function recipientsIn(form) {
  return form.getAll("recipient").map((address) => String(address).trim());
}

/** @param {string} time */
function timeOf(time) {
  const input = el("input", { type: "time", id: "time_of_day", name: "time_of_day", value: time, required: true });
  return field("time_of_day", say("time_of_day"), input);
}

/** @param {string | null} locale */
function languageOf(locale) {
  return field(
    "locale",
    say("mail_language"),
    el(
      "select",
      { id: "locale", name: "locale" },
      el("option", { value: "", selected: locale === null }, say("mail_language_own")),
      ...languages.map(([tag, name]) => el("option", { value: tag, selected: locale === tag, lang: tag }, name)),
    ),
  );
}

/** @param {string} zone */
function zoneOf(zone) {
  const known = Intl.supportedValuesOf("timeZone");
  const zones = known.includes(zone) ? known : [zone, ...known];
  return field(
    "time_zone",
    say("time_zone"),
    el(
      "select",
      { id: "time_zone", name: "time_zone" },
      ...zones.map((name) => el("option", { value: name, selected: name === zone }, name)),
    ),
  );
}

/** @param {number | null} bytes */
function sizeOf(bytes) {
  const current = bytes === null ? 0 : bytes / MIB;
  const sizes = current && !SIZES.includes(current) ? [...SIZES, current].sort((a, b) => a - b) : SIZES;
  const options = [0, ...sizes].map((mib) =>
    el(
      "option",
      { value: mib, selected: mib === current },
      mib === 0 ? say("no_limit") : mib < 1024 ? `${number(mib)} MiB` : `${number(mib / 1024)} GiB`,
    ),
  );
  return field(
    "max_part",
    say("max_part"),
    el("select", { id: "max_part", name: "max_part", "aria-describedby": "max_part-hint" }, ...options),
    el("p", { class: "soft", id: "max_part-hint" }, say("max_part_hint")),
  );
}

/** @param {string} layout */
function layoutOf(layout) {
  return field(
    "layout",
    say("layout"),
    el(
      "select",
      { id: "layout", name: "layout", "aria-describedby": "layout-hint" },
      ...["hozon", "zoho"].map((name) => el("option", { value: name, selected: name === layout }, say(`layout_${name}`))),
    ),
    el("p", { class: "soft", id: "layout-hint" }, say("layout_hint")),
  );
}

/** Which backups are drilled by themselves. @param {string} policy */
function drillsOf(policy) {
  const options = ["off", "each_backup", "weekly"].map((name) =>
    el("option", { value: name, selected: name === policy }, say(`drills_${name}`)),
  );
  const select = el("select", { id: "drills", name: "drills", "aria-describedby": "drills-hint" }, ...options);
  return field("drills", say("drills"), select, el("p", { class: "soft", id: "drills-hint" }, say("drills_hint")));
}

/** @param {Editing} editing @param {string} wrong @param {() => void} add @param {(at: number) => void} remove */
function recipientsOf({ recipients, revision }, wrong, add, remove) {
  const rows = recipients.map((address, at) => {
    const isWrong = wrong === `$.settings.recipients[${at}]`;
    const input = el("input", {
      type: "email",
      name: "recipient",
      value: address,
      autocomplete: "off",
      "aria-label": say("recipient", { number: at + 1 }),
      "aria-invalid": isWrong ? "true" : null,
      "aria-describedby": isWrong ? "settings-problem" : null,
    });
    return el(
      "li",
      { key: `${revision}-${at}` },
      input,
      button(say("remove"), () => remove(at), {
        icon: "close",
        "aria-label": say("remove_recipient", { address: address || at + 1 }),
      }),
    );
  });
  return el(
    "fieldset",
    { key: "recipients" },
    el("legend", {}, say("recipients")),
    el("p", { class: "soft" }, say("recipients_hint")),
    el("ul", { class: "rows" }, ...rows),
    recipients.length < 10 ? button(say("add_recipient"), add, { id: "add-recipient" }) : null,
  );
}

/** When a backup warns of a loss. @param {Settings["unusual_loss"]} rule @param {string} wrong */
function lossRuleOf({ percent, modules, attachments }, wrong) {
  const isWrong = wrong === "$.settings.unusual_loss.percent";
  const input = el("input", {
    type: "number",
    id: "loss_percent",
    name: "loss_percent",
    min: 0,
    max: 100,
    step: 1,
    required: true,
    value: percent,
    "aria-invalid": isWrong ? "true" : null,
    "aria-describedby": isWrong ? "loss_percent-hint settings-problem" : "loss_percent-hint",
  });
  const hint = el("p", { class: "soft", id: "loss_percent-hint" }, say("loss_percent_hint"));
  return el(
    "fieldset",
    { key: "unusual-loss" },
    el("legend", {}, say("loss_heading")),
    el("div", { class: "grid" }, field("loss_percent", say("loss_percent"), input, hint)),
    tick("loss_modules", modules, say("loss_modules")),
    tick("loss_attachments", attachments, say("loss_attachments")),
  );
}
