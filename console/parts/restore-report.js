// The report of a restore: what became of each record and file, for all modules or for one, and the same as a CSV file.

import { asProblem, get, getFile } from "../api.js";
import { badge, button, el, icon } from "../dom.js";
import { say } from "../i18n.js";
import { resource } from "../resource.js";
import { cursor, drawCursor } from "./cursor.js";
import { field } from "./fields.js";
import { address, scrolledTable, trail } from "./looking.js";
import { reasonText, restoreName } from "./restores.js";
import { saveFile } from "./saving.js";

const BADGES = /** @type {const} */ ({ written: "good", already_there: "quiet", changed_meanwhile: "busy", refused: "bad" });

/** @param {App} app @param {string} id of the restore @param {string} module empty for all @returns {View} */
export function restoreReport(app, id, module) {
  const path = `/restores/${encodeURIComponent(id)}`;
  const restore = resource(app, async () => /** @type {Restore} */ ((await get(path)).restore));
  const list = cursor(app, async (token) => {
    const asked = new URLSearchParams();
    if (module) asked.set("module", module);
    if (token) asked.set("page_token", token);
    const page = await get(`${path}/report?${asked}`);
    return { items: /** @type {RestoredRecord[]} */ (page.records), token: page.info.next_page_token };
  });
  void restore.reload();
  void list.reload();
  return {
    title: () => say("restore_report"),
    draw: () => [
      trail([
        ["/downloads", say("nav_downloads")],
        ["/restores", say("nav_restores")],
        [address("restores", id), restore.data ? restoreName(restore.data) : say("nav_restore")],
      ]),
      el("h1", { key: "heading", tabindex: -1 }, say("restore_report")),
      restore.data ? choiceOf(app, restore.data, module, () => saveReport(app, path, id)) : null,
      drawCursor(list, {
        empty: [icon("check"), el("p", {}, say("restore_report_empty"))],
        filled: (records) => tableOf(records, restore.data),
        lines: 8,
      }),
    ],
  };
}

/** The module that is shown, and the file. @param {App} app @param {Restore} restore @param {string} module @param {() => Promise<void>} save */
function choiceOf(app, { id, plan }, module, save) {
  const known = plan?.modules.map(({ api_name: name, label }) => [name, label || name]) ?? [];
  const options = [["", say("search_everywhere")], ...known].map(([value, words]) =>
    el("option", { value, selected: value === module, key: value || "all" }, words),
  );
  const change = (/** @type {any} */ event) => app.go(address("restores", id, "report", event.currentTarget.value));
  const submit = (/** @type {Event} */ event) => event.preventDefault();
  return el(
    "form",
    { class: "card line", key: "choice", "aria-label": say("filters"), on: { submit } },
    field("report-module", say("module"), el("select", { id: "report-module", on: { change } }, ...options)),
    button(say("restore_report_download"), save, { icon: "download" }),
  );
}

/** @param {RestoredRecord[]} records @param {Restore | null} restore */
function tableOf(records, restore) {
  const labels = new Map(restore?.plan?.modules.map(({ api_name: name, label }) => [name, label]));
  const names = [
    "module",
    "explore_record",
    "restore_file",
    "restore_action",
    "restore_outcome",
    "restore_reason",
    "restore_new_id",
  ];
  const rows = records.map(({ module, id, file, action, outcome, reason, detail, new_id: newId }, at) =>
    el(
      "tr",
      { key: `${at}-${module}-${id}-${file ?? ""}` },
      el("td", {}, labels.get(module) || module),
      el("th", { scope: "row" }, id),
      el("td", {}, file ?? "–"),
      el("td", {}, say(`restore_action_${action}`)),
      el("td", {}, badge(BADGES[outcome], say(`restore_outcome_${outcome}`))),
      el("td", {}, reason ? [reasonText("refusal", reason), detail ? el("div", { class: "soft" }, detail) : null] : "–"),
      el("td", {}, newId ?? "–"),
    ),
  );
  const heading = el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, say(name))));
  const table = el("table", { class: "list records" }, el("thead", {}, heading), el("tbody", {}, ...rows));
  return scrolledTable(say("restore_report"), table, "card");
}

/** @param {App} app @param {string} path @param {string} id */
async function saveReport(app, path, id) {
  try {
    saveFile(`restore-${id}.csv`, await getFile(`${path}/report.csv`), "text/csv");
  } catch (thrown) {
    app.showError(asProblem(thrown));
  }
}
