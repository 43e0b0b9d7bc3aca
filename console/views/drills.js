// The page of one drill: whether what was restored is the same as the backup, module by module.

import { call, get } from "../api.js";
import { ask } from "../dialog.js";
import { button, card, el, facts, failureNotice, icon, link } from "../dom.js";
import { explainFailure, number, say, time } from "../i18n.js";
import { drillState, drillText } from "../parts/drills.js";
import { address, scrolledTable, trail } from "../parts/looking.js";
import { figuresOf, reasonText } from "../parts/restores.js";
import { watched } from "../parts/watching.js";
import { drawResource } from "../resource.js";

/** @typedef {Drill["modules"][number]} DrilledModule */

/** @type {ViewMaker} */
export default function drills(app, id = "") {
  const path = `/drills/${encodeURIComponent(id)}`;
  const load = async () => /** @type {Drill} */ ((await get(path)).drill);
  const drill = watched(app, load, ({ status }) => status === "RUNNING");
  void drill.reload();
  const title = () => (drill.data ? say("drill_of", { time: time(drill.data.requested_time) }) : say("drill"));
  return {
    title,
    leave: drill.leave,
    draw: () => [
      trail([["/downloads", say("nav_downloads")]]),
      el("h1", { key: "heading", tabindex: -1 }, title()),
      drawResource(drill, { filled: (found) => bodyOf(found, () => cancelled(app, drill, path)), lines: 6 }),
    ],
  };
}

/** @param {Drill} drill @param {() => Promise<void>} cancel */
function bodyOf(drill, cancel) {
  return el(
    "div",
    { class: "stack", key: "drill" },
    card(
      "state",
      say("state_heading"),
      {},
      el("p", { class: "lead", role: "status", key: "status" }, drillState(drill), drillText(drill)),
      drill.status === "RUNNING" ? el("p", { class: "soft", key: "leave" }, say("restore_can_leave")) : null,
      failureOf(drill),
      cancelOf(drill, cancel),
      drill.totals ? figuresOf(figures(drill.totals)) : null,
      drill.totals?.files_read ? el("p", { class: "soft" }, say("drill_files_read", { count: drill.totals.files_read })) : null,
    ),
    drill.modules.length ? modulesOf(drill.modules) : null,
    notMade(drill),
    card(
      "about",
      say("drill_about"),
      {},
      aboutOf(drill),
      drill.has_record_tables ? el("p", { class: "soft" }, say("drill_record_tables")) : null,
    ),
  );
}

/** @param {Drill} drill */
function failureOf({ failure }) {
  if (!failure) return null;
  const technical = `${failure.code}: ${failure.message}`;
  return failureNotice({ words: explainFailure(failure, "drill"), subject: "", more: say("details"), technical }, null);
}

/** @param {Drill} drill @param {() => Promise<void>} cancel */
function cancelOf({ status, is_cancelling: isCancelling }, cancel) {
  if (status !== "RUNNING") return null;
  if (isCancelling) return el("p", { class: "soft", key: "cancelling" }, say("drill_is_cancelling"));
  const cancelButton = button(say("drill_cancel"), cancel, { icon: "stop", key: "cancel" });
  return el("div", { class: "actions", key: "actions" }, cancelButton);
}

/** @param {App} app @param {Resource<Drill>} drill @param {string} path */
async function cancelled(app, drill, path) {
  const body = [el("p", {}, say("drill_cancel_question"))];
  const asked = { title: say("drill_cancel_title"), body, confirm: say("drill_cancel"), cancel: say("cancel_run_cancel") };
  if (!(await ask(asked))) return;
  try {
    await call("POST", `${path}/actions/cancel`);
  } catch (thrown) {
    app.showError(thrown);
  }
  await drill.reload();
}

/** @param {NonNullable<Drill["totals"]>} totals @returns {[string, number][]} */
function figures(totals) {
  return [
    [say("drill_modules"), totals.modules],
    [say("records"), totals.records],
    [say("restore_files"), totals.files],
    [say("drill_records_differing"), totals.records_differing],
    [say("drill_files_differing"), totals.files_differing],
  ];
}

/** @param {Drill} drill */
function aboutOf(drill) {
  return facts([
    [say("restored_from"), link(address("explore", drill.backup), {}, say("explore_backup_of", { time: time(drill.backup_time) }))],
    [say("restore_requested"), say("restore_by", { time: time(drill.requested_time), name: drill.requested_by.name })],
    [say("drill_is_automatic"), say(drill.is_automatic ? "yes" : "no")],
    ...(drill.ended_time ? /** @type {[Child, Child][]} */ ([[say("restore_completed"), time(drill.ended_time)]]) : []),
  ]);
}

/** @param {DrilledModule[]} modules */
function modulesOf(modules) {
  const columns = ["records", "drill_missing", "drill_changed", "drill_added", "restore_files", "drill_files_differing"];
  const heads = columns.map((name) => el("th", { scope: "col", class: "number" }, say(name)));
  const table = el(
    "table",
    { class: "list" },
    el(
      "thead",
      {},
      el("tr", {}, el("th", { scope: "col" }, say("module")), el("th", { scope: "col" }, say("drill_result")), ...heads),
    ),
    el("tbody", {}, ...modules.map(rowOf)),
  );
  const differing = modules.filter(({ is_same: isSame }) => !isSame);
  return card("modules", say("drill_by_module"), {}, scrolledTable(say("drill_by_module"), table), ...differing.map(examplesOf));
}

/** @param {DrilledModule} module */
function rowOf(module) {
  const { api_name: name, label, is_same: isSame, records, files } = module;
  const counts = [
    records.before,
    records.deleted,
    records.changed,
    records.added,
    files.before,
    files.added + files.changed + files.deleted,
  ];
  return el(
    "tr",
    { key: name },
    el("th", { scope: "row" }, label || name),
    el("td", {}, drillState({ status: isSame ? "SAME" : "DIFFERS" })),
    ...counts.map((count) => el("td", { class: "number" }, number(count))),
  );
}

/** Why a module differs, and which of its records. @param {DrilledModule} module */
function examplesOf(module) {
  const { api_name: name, label, fault, reason, detail, partly_compared: partly, examples } = module;
  const kinds = /** @type {const} */ (["missing", "changed", "added"]);
  const lines = kinds.filter((kind) => examples[kind].length > 0);
  const refused = reason ? [reasonText("refusal", reason), detail].filter(Boolean).join(" ") : "";
  return el(
    "div",
    { key: `${name}-examples`, class: "stack" },
    el("h3", {}, label || name),
    fault
      ? el("p", { class: "notice bad" }, icon("alert"), [say(`drill_fault_${fault}`), refused].filter(Boolean).join(" "))
      : null,
    partly ? el("p", { class: "soft" }, say("drill_partly")) : null,
    ...lines.map((kind) => el("p", { key: kind }, el("strong", {}, say(`drill_${kind}`)), ": ", examples[kind].join(say("comma")))),
  );
}

/** What was not restored: modules that are no tables, and foreign keys. @param {Drill} drill */
function notMade({ left_out: views, foreign_keys_refused: keys }) {
  if (views.length + keys.length === 0) return null;
  return card(
    "not-made",
    say("drill_not_made"),
    {},
    views.length ? el("p", { key: "views" }, say("drill_left_out"), ": ", views.join(say("comma"))) : null,
    keys.length ? el("p", { key: "keys" }, say("drill_keys_refused"), ": ", keys.join(say("comma"))) : null,
  );
}
