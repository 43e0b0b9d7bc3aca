// Result of checking a connection: the server, what a backup contains, and the choice of modules and fields to leave out.

import { badge, button, el, facts, icon } from "../dom.js";
import { explainFailure, gapName, number, say, size } from "../i18n.js";
import { explainZoho, isOfZoho } from "./zoho-form.js";

/** @typedef {import("./connection-form.js").ConnectionEditing} ConnectionEditing */
/** @typedef {import("./connection-form.js").ConnectionActions} ConnectionActions */
/** @typedef {NonNullable<Check["report"]>} Report */

/** @param {Check} check @param {ConnectionEditing} editing @param {ConnectionActions} actions */
export function checkOf({ error, report }, editing, actions) {
  if (error || !report) return refusalOf(error, editing, actions);
  const lost = report.gaps.filter(({ reason }) => !["omitted", "inconsistent", "as_files", "not_in_api"].includes(reason));
  const inconsistent = report.gaps.filter(({ reason }) => reason === "inconsistent");
  const notInApi = report.gaps.filter(({ reason }) => reason === "not_in_api").map(gapName);
  // Zoho's own backups are known only when their zips are there.
  const isUnknown = editing.kind === "zoho_backup";
  const line = (/** @type {string} */ name, /** @type {string} */ value) => /** @type {[string, string]} */ ([say(name), value]);
  const asFiles = report.gaps.filter(({ reason }) => reason === "as_files").map(gapName);
  return el(
    "div",
    { key: "check", class: "stack" },
    el("p", { role: "status" }, badge("good", say("check_reached"))),
    facts([
      [say("check_server"), report.server],
      ...(report.user ? [line("connection_user", report.user)] : []),
      [say("check_tls"), report.tls ?? say("check_no_tls")],
      ...(isUnknown ? [] : [line("modules", number(report.modules.length))]),
    ]),
    costOf(report.cost),
    suggestionOf(report, editing, actions),
    ...report.advice.map((advice) => el("p", { class: "soft", key: advice }, say(`advice_${advice}`))),
    lost.length ? gapsOf("check_gaps", lost) : null,
    inconsistent.length ? gapsOf("check_inconsistent", inconsistent) : null,
    asFiles.length
      ? el("p", { key: "as-files", class: "soft" }, say("check_as_files", { names: asFiles.join(say("comma")) }))
      : null,
    notInApi.length
      ? el("p", { key: "not-in-api", class: "soft" }, say("check_not_in_api", { names: notInApi.join(say("comma")) }))
      : null,
    isUnknown ? null : modulesOf(report, editing, actions),
    viewsOf(report, editing, actions),
  );
}

/** Offers the profile of a database that looks like a known CRM. @param {Report} report @param {ConnectionEditing} editing @param {ConnectionActions} actions */
function suggestionOf({ recognised }, editing, actions) {
  if (!recognised || recognised.name === editing.profile) return null;
  const { name, title } = recognised;
  const use = () => {
    actions.name(name);
    return actions.check();
  };
  return el(
    "div",
    { key: "recognised", class: "notice" },
    el("p", {}, say("check_recognised", { title })),
    button(say("check_use_profile", { title }), use),
  );
}

/** Errors of Zoho that another consent ends. */
const ENDED_BY_CONSENT = [
  "SOURCE_CONSENT_REVOKED",
  "SOURCE_CLIENT_UNKNOWN",
  "SOURCE_DATA_CENTER",
  "SOURCE_SCOPE",
  "SOURCE_BACKUP_PERMISSION",
];

/** @param {Check["error"]} error @param {ConnectionEditing} editing @param {ConnectionActions} actions */
function refusalOf(error, { kind }, actions) {
  const failure = /** @type {Failure} */ ({ code: error?.code ?? "", message: error?.message ?? "", subject: null });
  const words = isOfZoho(kind) ? explainZoho(failure) : explainFailure(failure);
  const again = ENDED_BY_CONSENT.includes(failure.code);
  return el(
    "div",
    { key: "refused", class: "stack" },
    el("p", { class: "notice bad", role: "alert" }, icon("alert"), words),
    again
      ? el(
          "p",
          {},
          button(say("zoho_reconnect"), () => actions.connect(), { class: "primary" }),
        )
      : null,
  );
}

/** API credits that backups are expected to use. @param {Report["cost"]} cost */
function costOf(cost) {
  if (!cost) return null;
  const { first, repeated, daily } = cost;
  const days = Math.ceil(first / Math.max(daily, 1));
  const lines = facts([
    [say("check_cost_first"), number(first)],
    [say("check_cost_repeated"), number(repeated)],
    [say("check_cost_daily"), number(daily)],
  ]);
  return el(
    "div",
    { key: "cost", class: "stack" },
    lines,
    days > 1 ? el("p", { class: "soft" }, say("check_cost_days", { days })) : null,
  );
}

/** @param {string} heading @param {Report["gaps"]} gaps */
function gapsOf(heading, gaps) {
  const lines = gaps.map((gap) => el("li", {}, el("code", {}, gapName(gap)), " ", say(`gap_${gap.reason}`)));
  return el(
    "div",
    { key: heading, class: "notice bad" },
    icon("alert"),
    el("div", {}, el("p", {}, say(heading)), el("ul", {}, ...lines)),
  );
}

/** @param {Report} report @param {ConnectionEditing} editing @param {ConnectionActions} actions */
function modulesOf({ modules }, editing, actions) {
  return el(
    "fieldset",
    { key: "modules" },
    el("legend", {}, say("check_modules")),
    el("p", { class: "soft" }, say("check_modules_hint")),
    el("ul", { class: "modules" }, ...modules.map((module) => moduleOf(module, editing, actions))),
  );
}

/** Views, which are backed up only on request. @param {Report} report @param {ConnectionEditing} editing @param {ConnectionActions} actions */
function viewsOf({ views }, editing, actions) {
  const names = [...new Set([...views, ...editing.views])].sort();
  if (!names.length) return null;
  return el(
    "fieldset",
    { key: "views" },
    el("legend", {}, say("check_views")),
    el("p", { class: "soft" }, say("check_views_hint")),
    el(
      "ul",
      { class: "modules" },
      ...names.map((name) => el("li", { key: name }, tickOf(name, name, editing.views, actions, true))),
    ),
  );
}

/** @param {Report["modules"][number]} module @param {ConnectionEditing} editing @param {ConnectionActions} actions */
function moduleOf(module, editing, actions) {
  const { api_name: name, label, rows, bytes, fields, left_out: category } = module;
  const amounts = [
    category === null ? null : say(`check_left_out_${category}`),
    rows === null ? null : say("check_rows", { count: number(rows) }),
    bytes === null ? null : size(bytes),
  ];
  const isOpen = editing.opened.has(name);
  const toggle = () => {
    if (!editing.opened.delete(name)) editing.opened.add(name);
    actions.redraw();
  };
  return el(
    "li",
    { key: name },
    choice(JSON.stringify([name]), label === name ? name : `${label} (${name})`, editing, actions),
    el("span", { class: "soft" }, amounts.filter(Boolean).join(" · ")),
    el(
      "button",
      { type: "button", class: "plain", "aria-expanded": String(isOpen), on: { click: toggle } },
      say("check_fields", { count: number(fields.length) }),
      el("span", { class: "visually-hidden" }, ` ${label}`),
    ),
    isOpen
      ? el(
          "ul",
          { class: "fields" },
          ...fields.map((field) => el("li", { key: field }, choice(JSON.stringify([name, field]), field, editing, actions))),
        )
      : null,
  );
}

/** A checkbox that is checked for what is backed up. @param {string} key @param {string} label @param {ConnectionEditing} editing @param {ConnectionActions} actions */
function choice(key, label, { omitted }, actions) {
  return tickOf(key, label, omitted, actions, false);
}

/** A checkbox that says whether a set has a key. @param {string} key @param {string} label @param {Set<string>} set @param {ConnectionActions} actions @param {boolean} isCheckedInSet */
function tickOf(key, label, set, actions, isCheckedInSet) {
  const change = () => {
    if (!set.delete(key)) set.add(key);
    actions.redraw();
  };
  const checked = set.has(key) === isCheckedInSet;
  return el("label", { class: "tick" }, el("input", { type: "checkbox", checked, on: { change } }), label);
}
