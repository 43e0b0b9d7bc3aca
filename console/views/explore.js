// Looks into a backup: its modules, the records of one, and one record with its attachments and its history.

import { get } from "../api.js";
import { button, el, icon, link, visuallyHidden } from "../dom.js";
import { number, say, size, time } from "../i18n.js";
import { cursor, drawCursor } from "../parts/cursor.js";
import { address, gone, isGone, scrolledTable, trail, valueOf } from "../parts/looking.js";
import { exploredRecord } from "../parts/record.js";
import { searchForm } from "../parts/search-form.js";
import { drawResource, resource } from "../resource.js";

/** Number of fields that can be shown at a time. */
const MAX_FIELDS = 50;

/** @type {ViewMaker} */
export default function explore(app, backup = "", module = "", record = "") {
  const modules = resource(app, async () => /** @type {ExploredModules} */ (await get(`/${backup}/modules`)));
  void modules.reload();
  /** @type {{ heading?: () => string, draw: () => Child } | null} */
  const page = record ? exploredRecord(app, { backup, module, record }) : module ? recordsPage(app, modules, backup, module) : null;
  const label = () => modules.data?.modules.find(({ api_name: name }) => name === module)?.label ?? module;
  const taken = () => (modules.data ? say("explore_backup_of", { time: time(modules.data.taken) }) : say("nav_explore"));
  const title = () => (record ? say("explore_record_of", { module: label(), record }) : module ? label() : taken());
  const steps = () => {
    const above = /** @type {[string, string][]} */ ([["/downloads", say("nav_downloads")]]);
    if (module) above.push([address("explore", backup), taken()]);
    if (record) above.push([address("explore", backup, module), label()]);
    return trail(above);
  };
  return {
    title,
    draw: () => [
      steps(),
      el("h1", { key: "heading", tabindex: -1 }, page?.heading?.() ?? title()),
      isGone(modules)
        ? gone()
        : page
          ? page.draw()
          : drawResource(modules, { filled: (found) => modulesOf(app, backup, found), lines: 6 }),
    ],
  };
}

/** @param {App} app @param {string} backup @param {ExploredModules} found */
function modulesOf(app, backup, { modules }) {
  const head = (/** @type {string} */ name) => el("th", { scope: "col", class: "number" }, say(name));
  const rows = modules.map((module) =>
    el(
      "tr",
      { key: module.api_name },
      el("th", { scope: "row" }, link(address("explore", backup, module.api_name), {}, module.label || module.api_name)),
      el("td", { class: "number" }, number(module.rows)),
      el("td", { class: "number" }, number(module.fields.length)),
      el("td", { class: "number" }, number(module.attachments)),
      el("td", { class: "number" }, module.attachments ? size(module.attachment_bytes) : "–"),
    ),
  );
  const heading = el(
    "tr",
    {},
    el("th", { scope: "col" }, say("module")),
    ...["records", "fields", "attachments", "attachment_size"].map(head),
  );
  const table = el(
    "table",
    { class: "list" },
    el("caption", {}, say("modules")),
    el("thead", {}, heading),
    el("tbody", {}, ...rows),
  );
  return el(
    "div",
    { class: "stack", key: "modules" },
    el("p", { class: "soft" }, say("explore_lead")),
    searchForm(app, { backup, modules }),
    el(
      "p",
      { class: "actions" },
      link(address("compare", backup), { class: "button" }, say("compare_with_another")),
      link(address("restore", backup), { class: "button" }, icon("history"), say("restore_backup")),
    ),
    modules.length ? scrolledTable(say("modules"), table, "card") : el("p", { class: "soft" }, say("explore_no_modules")),
  );
}

/** A page of the records of a module. @param {App} app @param {Resource<ExploredModules>} modules @param {string} backup @param {string} name */
function recordsPage(app, modules, backup, name) {
  const stored = `columns:${name}`;
  const state = {
    /** @type {string[]} */
    chosen: JSON.parse(sessionStorage.getItem(stored) ?? "[]"),
    /** @type {ExploredRecords["fields"]} */
    fields: [],
  };
  const list = cursor(app, async (token) => {
    const asked = new URLSearchParams();
    if (state.chosen.length) asked.set("fields", state.chosen.join(","));
    if (token) asked.set("page_token", token);
    const page = /** @type {ExploredRecords} */ (await get(`/${backup}/modules/${encodeURIComponent(name)}/records?${asked}`));
    state.fields = page.fields;
    return { items: page.records, token: page.info.next_page_token };
  });
  void list.reload();
  const choose = (/** @type {string[]} */ fields) => {
    state.chosen = fields;
    sessionStorage.setItem(stored, JSON.stringify(fields));
    void list.reload();
  };
  return {
    draw: () => {
      const module = modules.data?.modules.find(({ api_name: known }) => known === name);
      const filled = (/** @type {ExploredRecords["records"]} */ records) =>
        tableOf(records, state.fields, { backup, name, module });
      return el(
        "div",
        { class: "stack", key: "records" },
        module
          ? el("p", { class: "soft", key: "count" }, say("explore_counts", { rows: module.rows, files: module.attachments }))
          : null,
        el("p", { class: "actions", key: "restore" }, restoreLink(backup, name)),
        module ? columnsOf(module, state.fields, choose) : null,
        drawCursor(list, { empty: [icon("archive"), el("p", {}, say("explore_no_records"))], filled, lines: 8 }),
      );
    },
  };
}

/** @param {string} backup @param {string} module */
function restoreLink(backup, module) {
  return link(address("restore", backup, module), { class: "button" }, icon("history"), say("restore_module"));
}

/** The fields to show. @param {ExploredModules["modules"][number]} module @param {{ api_name: string }[]} shown @param {(fields: string[]) => void} choose */
function columnsOf(module, shown, choose) {
  const names = new Set(shown.map(({ api_name: name }) => name));
  const ticks = module.fields.map(({ api_name: name, label }) =>
    el(
      "label",
      { class: "tick", key: name },
      el("input", { type: "checkbox", name: "column", value: name, checked: names.has(name) }),
      el("span", {}, label || name),
    ),
  );
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const chosen = new FormData(form).getAll("column").map(String).slice(0, MAX_FIELDS);
    if (chosen.length) choose(chosen);
  };
  return el(
    "details",
    { key: "columns" },
    el("summary", {}, say("explore_columns", { some: names.size, all: module.fields.length })),
    el(
      "form",
      { class: "stack", key: [...names].join(), on: { submit } },
      el("fieldset", { class: "fields" }, el("legend", {}, visuallyHidden(say("fields"))), ...ticks),
      el("p", { class: "actions" }, el("button", { type: "submit" }, say("explore_show_columns")), defaultColumns(choose)),
    ),
  );
}

/** @param {(fields: string[]) => void} choose */
function defaultColumns(choose) {
  return button(say("explore_default_columns"), () => choose([]), { class: "plain" });
}

/**
 * @param {ExploredRecords["records"]} records @param {ExploredRecords["fields"]} fields
 * @param {{ backup: string, name: string, module: ExploredModules["modules"][number] | undefined }} place
 */
function tableOf(records, fields, { backup, name, module }) {
  const heading = [say("explore_record"), ...fields.map(({ api_name: api, label }) => label || api)];
  const rows = records.map(({ id, name: title, values }, at) =>
    el(
      "tr",
      { key: `${at}-${id}` },
      el("th", { scope: "row" }, link(address("explore", backup, name, id), {}, title ?? id)),
      ...values.map((value) => el("td", {}, valueOf(value))),
    ),
  );
  const caption = say("explore_table_of", { module: module?.label ?? name });
  const head = el("tr", {}, ...heading.map((words) => el("th", { scope: "col" }, words)));
  const table = el("table", { class: "list records" }, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, ...rows));
  return scrolledTable(caption, table, "card");
}
