// Compares two backups: how many records of each module differ, and the records of one module with old and new values side by side.

import { get } from "../api.js";
import { badge, el, icon, link } from "../dom.js";
import { number, say } from "../i18n.js";
import { comparedFiles } from "../parts/compared-files.js";
import { cursor, drawCursor } from "../parts/cursor.js";
import { address, backupName, completedBackups, gone, isGone, noBackups, scrolledTable, trail, valueOf } from "../parts/looking.js";
import { sideBySide } from "../parts/side-by-side.js";
import { drawResource, resource } from "../resource.js";

const PER_PAGE = 25;
const BADGES = /** @type {const} */ ({ added: "good", changed: "busy", deleted: "bad" });

/** @typedef {{ after: string, before: string, module: string, isComparable: boolean }} Chosen backups and module in the address; empty if they are not; whether the module's records can be compared one by one */

/** @type {ViewMaker} */
export default function compare(app, after = "", before = "", module = "") {
  const chosen = { after, before, module, isComparable: true };
  const backups = resource(app, completedBackups);
  const modules = cursor(app, (token) => readModules(chosen, token));
  const records = cursor(app, (token) => readRecords(chosen, token));
  const files = comparedFiles(app, chosen);
  const read = async () => {
    await backups.reload();
    const found = backups.data ?? [];
    chosen.after ||= found[0]?.id ?? "";
    chosen.before ||= found[found.findIndex(({ id }) => id === chosen.after) + 1]?.id ?? "";
    if (!chosen.after || !chosen.before) return;
    if (module) await Promise.all([records.reload(), files.reload()]);
    else await modules.reload();
  };
  void read();
  const compared = () =>
    isGone(records) || isGone(modules)
      ? gone()
      : module
        ? [recordsOf(records, chosen, backups.data ?? []), files.draw(backups.data ?? [])]
        : modulesOf(modules, chosen);
  return {
    title: () => (module ? say("compare_title_of", { module }) : say("nav_compare")),
    draw: () => [
      module ? trail([[address("compare", chosen.after, chosen.before), say("nav_compare")]]) : null,
      el("h1", { key: "heading", tabindex: -1 }, module ? say("compare_title_of", { module }) : say("compare_heading")),
      module ? null : el("p", { class: "soft", key: "lead" }, say("compare_lead")),
      drawResource(backups, {
        isEmpty: (found) => found.length === 0,
        empty: noBackups(),
        filled: (found) => el("div", { class: "stack", key: "compare" }, choiceOf(app, found, chosen), compared()),
      }),
    ],
  };
}

/** @param {Chosen} chosen @param {string | null} token @returns {Promise<{ items: ComparedModule[], token: string | null }>} */
async function readModules({ after, before }, token) {
  const { modules, info } = await get(`/${after}/compare?${query({ with: before, page_token: token })}`);
  return { items: modules, token: info.next_page_token };
}

/** @param {Chosen} chosen @param {string | null} token @returns {Promise<{ items: ComparedRecord[], token: string | null }>} */
async function readRecords(chosen, token) {
  const { after, before, module } = chosen;
  const asked = query({ with: before, per_page: String(PER_PAGE), page_token: token });
  const { records, info } = await get(`/${after}/compare/${encodeURIComponent(module)}?${asked}`);
  chosen.isComparable = info.is_comparable;
  return { items: records, token: info.next_page_token };
}

/** @param {Record<string, string | null>} values */
function query(values) {
  return new URLSearchParams(Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

/** The two backups, which can be chosen. @param {App} app @param {Backup[]} backups @param {Chosen} chosen */
function choiceOf(app, backups, { after, before, module }) {
  const choice = (/** @type {"before" | "after"} */ name, /** @type {string} */ id) => {
    const unknown = id && !backups.some((backup) => backup.id === id) ? [id] : [];
    const offered = [...(id ? [] : [""]), ...unknown, ...backups.map((backup) => backup.id)];
    const options = offered.map((value) =>
      el(
        "option",
        { value, selected: value === id, key: value || "none" },
        value ? backupName(backups, value) : say("choose_backup"),
      ),
    );
    const change = (/** @type {Event} */ event) => {
      const { value } = /** @type {HTMLSelectElement} */ (event.target);
      const next = { after, before, [name]: value };
      app.go(address("compare", next.after, next.before, ...(module ? [module] : [])));
    };
    return el(
      "div",
      { class: "field", key: name },
      el("label", { for: `compare-${name}` }, say(`compare_${name}`)),
      el("select", { id: `compare-${name}`, on: { change } }, ...options),
    );
  };
  const submit = (/** @type {Event} */ event) => event.preventDefault();
  const label = { "aria-label": say("compare_choice") };
  return el(
    "form",
    { class: "card grid", key: "choice", ...label, on: { submit } },
    choice("before", before),
    choice("after", after),
  );
}

/** @param {Cursor<ComparedModule>} list @param {Chosen} chosen */
function modulesOf(list, chosen) {
  if (!chosen.before) return el("div", { class: "blank", key: "one" }, icon("archive"), el("p", {}, say("compare_needs_two")));
  return drawCursor(list, {
    empty: [icon("check"), el("p", {}, say("compare_equal"))],
    filled: (modules) => differencesOf(modules, chosen),
    more: say("compare_more_modules"),
  });
}

/** @param {ComparedModule[]} modules @param {Chosen} chosen */
function differencesOf(modules, chosen) {
  const differing = modules.filter(({ state }) => state !== "same");
  const same = modules.filter(({ state }) => state === "same");
  return el(
    "div",
    { class: "stack", key: "modules" },
    differing.length
      ? scrolledTable(say("modules"), tableOf(differing, chosen), "card")
      : el("p", { class: "lead" }, icon("check"), say("compare_equal")),
    same.length
      ? el(
          "details",
          { key: "same" },
          el("summary", {}, say("compare_same_modules", { count: same.length })),
          el("p", { class: "soft" }, same.map(({ label }) => label).join(say("comma"))),
        )
      : null,
  );
}

/** @param {ComparedModule[]} modules @param {Chosen} chosen */
function tableOf(modules, { after, before }) {
  const counts = ["added", "changed", "deleted"];
  const head = (/** @type {string} */ name) => el("th", { scope: "col", class: "number" }, say(name));
  const names = ["compare_records_before", "compare_records_after", ...counts.map((name) => `change_${name}`)];
  const heading = el("tr", {}, el("th", { scope: "col" }, say("module")), ...names.map(head), head("compare_attachments"));
  const rows = modules.map((module) => {
    const { records, attachments, partly_compared: isPart } = module;
    const changed = isPart && records.changed === 0 ? say("compare_not_counted") : number(records.changed);
    const cell = (/** @type {Child} */ text) => el("td", { class: "number" }, text);
    const name = link(address("compare", after, before, module.api_name), {}, module.label);
    return el(
      "tr",
      { key: module.api_name },
      el("th", { scope: "row" }, name, ...remarksOf(module)),
      cell(number(records.before)),
      cell(number(records.after)),
      cell(number(records.added)),
      cell(changed),
      cell(number(records.deleted)),
      cell(attachmentsOf(attachments)),
    );
  });
  return el(
    "table",
    { class: "list" },
    el("caption", {}, say("compare_modules")),
    el("thead", {}, heading),
    el("tbody", {}, ...rows),
  );
}

/** @param {ComparedModule["attachments"]} counts */
function attachmentsOf({ added, changed, deleted }) {
  return added + changed + deleted ? say("compare_counts", { added, changed, deleted }) : "–";
}

/** What is to be known about a module beside its counts. @param {ComparedModule} module */
function remarksOf({ state, has_other_key: isApart, added_fields: added, removed_fields: removed }) {
  const remarks = [
    state === "new" ? say("compare_module_new") : "",
    state === "gone" ? say("compare_module_gone") : "",
    isApart ? say("compare_other_key") : "",
    added.length ? say("compare_fields_added", { names: added.join(say("comma")) }) : "",
    removed.length ? say("compare_fields_removed", { names: removed.join(say("comma")) }) : "",
  ];
  return remarks.filter(Boolean).map((words) => el("p", { class: "soft" }, words));
}

/** @param {Cursor<ComparedRecord>} list @param {Chosen} chosen @param {Backup[]} backups */
function recordsOf(list, chosen, backups) {
  const shown = drawCursor(list, {
    empty: chosen.isComparable
      ? [icon("check"), el("p", {}, say("compare_no_records"))]
      : [icon("alert"), el("p", {}, say("compare_other_key"))],
    filled: (records) =>
      el("ol", { class: "stack", key: "records" }, ...records.map((record, at) => recordOf(record, at, chosen, backups))),
  });
  const label = { "aria-labelledby": "records-heading" };
  return el("section", { class: "stack", key: "records", ...label }, el("h2", { id: "records-heading" }, say("records")), shown);
}

/** @param {ComparedRecord} record @param {number} at @param {Chosen} chosen @param {Backup[]} backups */
function recordOf({ id, change, fields }, at, { after, before, module }, backups) {
  const place = change === "deleted" ? before : after;
  const name = id === null ? say("compare_row") : link(address("explore", place, module, id), {}, id);
  const states = /** @type {[string | null, string | null]} */ ([
    change === "added" ? null : backupName(backups, before),
    change === "deleted" ? null : backupName(backups, after),
  ]);
  const pairs = fields.map(({ api_name: key, label, before: old, after: now, is_cut: isCut }) => ({
    key,
    name: label || key,
    before: valueOf(old, isCut),
    after: valueOf(now, isCut),
  }));
  return el(
    "li",
    { class: "card", key: `${at}-${id}` },
    el("h3", { class: "record-name" }, name, " ", badge(BADGES[change], say(`change_${change}`))),
    fields.length ? sideBySide(say("compare_values_of", { record: id ?? say("compare_row") }), states, pairs) : null,
  );
}
