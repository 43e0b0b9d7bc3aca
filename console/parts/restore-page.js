// The page of one restore: its plan while it is made and before it is confirmed, how far it is, its outcome, and undoing it.

import { call, get } from "../api.js";
import { ask } from "../dialog.js";
import { button, card, el, failureNotice, icon, link, notice, progressBar } from "../dom.js";
import { explainFailure, number, percent, say, size } from "../i18n.js";
import { drawResource } from "../resource.js";
import { address, scrolledTable, trail } from "./looking.js";
import { ACTIONS, countsOf, figuresOf, hindrancesOf, restoreFacts, restoreName, restoreState, sayOf } from "./restores.js";
import { askForNumber } from "./typed-number.js";
import { watched } from "./watching.js";

const UNDER_WAY = ["PLANNING", "RUNNING"];
const OUTCOMES = /** @type {const} */ (["written", "already_there", "changed_meanwhile", "refused"]);

/** @typedef {{ confirm: () => Promise<void>, cancel: () => Promise<void>, undo: () => Promise<void> }} Acts what can be done about a restore */

/** @param {App} app @param {string} id @returns {View} */
export function restorePage(app, id) {
  const path = `/restores/${encodeURIComponent(id)}`;
  const load = async () => /** @type {Restore} */ ((await get(path)).restore);
  const restore = watched(app, load, ({ status }) => UNDER_WAY.includes(status));
  void restore.reload();
  const acts = {
    confirm: () => confirmed(app, restore, path),
    cancel: () => cancelled(app, restore, path),
    undo: () => undone(app, restore, path),
  };
  const title = () => (restore.data ? restoreName(restore.data) : say("nav_restore"));
  return {
    title,
    leave: restore.leave,
    draw: () => [
      trail([
        ["/downloads", say("nav_downloads")],
        ["/restores", say("nav_restores")],
      ]),
      el("h1", { key: "heading", tabindex: -1 }, title()),
      drawResource(restore, { filled: (found) => bodyOf(found, acts), lines: 6 }),
    ],
  };
}

/** @param {Restore} restore @param {Acts} acts */
function bodyOf(restore, acts) {
  const { status, plan, outcome, file_outcome: files } = restore;
  return el(
    "div",
    { class: "stack", key: "restore" },
    card(
      "state",
      say("state_heading"),
      {},
      el(
        "p",
        { class: "lead", role: "status", key: "status" },
        restoreState(restore),
        UNDER_WAY.includes(status) ? sayOf(restore, `restore_state_${status}`) : say(`restore_state_${status}`),
      ),
      progressOf(restore),
      failureOf(restore),
      outcome ? outcomeOf(outcome) : null,
      files && OUTCOMES.some((name) => files[name] > 0) ? [el("h3", {}, say("restore_files")), outcomeOf(files)] : null,
      keysRefusedOf(restore),
      undoNoticeOf(restore),
      actionsOf(restore, acts),
    ),
    plan ? planOf(restore, plan) : null,
    card("about", say("restore_about"), {}, restoreFacts(restore)),
  );
}

/** @param {NonNullable<Restore["outcome"]>} outcome */
function outcomeOf(outcome) {
  return figuresOf(OUTCOMES.map((name) => [say(`restore_outcome_${name}`), outcome[name]]));
}

/** Number of records and files that are written. @param {Restore["plan"]} plan */
function writesOf(plan) {
  return plan ? plan.create + plan.change + plan.delete + plan.files.create + plan.files.change : 0;
}

/** @param {Restore} restore */
function progressOf({ status, progress, selection: { search } }) {
  if (!UNDER_WAY.includes(status)) return null;
  if (status === "PLANNING" && search?.words) return searchProgressOf(search);
  const [done, total] = [progress?.done ?? 0, progress?.total ?? 0];
  const amount = say("done_of_total", { some: number(done), all: number(total) });
  return el(
    "div",
    { class: "stack", key: "progress" },
    el("p", { id: "restore-progress" }, total ? say("restore_progress", { amount }) : say("restore_can_leave")),
    progressBar(done, total, total ? percent(done / total) : "", "restore-progress"),
  );
}

/** How far the search is that selects the records. @param {NonNullable<Restore["selection"]["search"]>} search */
function searchProgressOf({ records, blocks_searched: searched, blocks }) {
  return el(
    "div",
    { class: "stack", key: "progress" },
    el("p", { id: "restore-progress" }, say("search_found_so_far", { count: records })),
    progressBar(searched, blocks, blocks ? percent(searched / blocks) : "", "restore-progress"),
  );
}

/** @param {Restore} restore */
function failureOf({ failure }) {
  if (!failure) return null;
  const technical = `${failure.code}: ${failure.message}`;
  return failureNotice({ words: explainFailure(failure, "restore"), subject: "", more: say("details"), technical }, null);
}

/** @param {Restore} restore */
function keysRefusedOf({ foreign_keys_refused: keys }) {
  return keys.length ? notice(`${say("drill_keys_refused")}: ${keys.join(say("comma"))}`) : null;
}

/** @param {Restore} restore */
function undoNoticeOf({ is_undone: isUndone }) {
  return isUndone ? el("p", { class: "soft", key: "undone" }, icon("check"), say("restore_is_undone")) : null;
}

/** @param {Restore} restore @param {Acts} acts */
function actionsOf(restore, acts) {
  const { id, status, plan, outcome, file_outcome: files, is_undone: isUndone } = restore;
  const written = (outcome?.written ?? 0) + (files?.written ?? 0);
  const actions = [];
  if (status === "PLANNED" && (writesOf(plan) > 0 || plan?.creates.length) && !plan?.is_hindered) {
    const names = plan?.delete ? "danger" : "primary";
    actions.push(button(say("restore_confirm"), acts.confirm, { class: names, key: "confirm" }));
  }
  if (status === "PLANNED" || UNDER_WAY.includes(status)) {
    actions.push(button(say("restore_cancel"), acts.cancel, { icon: "stop", key: "cancel" }));
  }
  if (outcome) actions.push(link(address("restores", id, "report"), { class: "button", key: "report" }, say("restore_report")));
  if (written > 0 && !isUndone && !UNDER_WAY.includes(status)) {
    actions.push(button(say("restore_undo"), acts.undo, { icon: "history", key: "undo" }));
  }
  return actions.length ? el("div", { class: "actions", key: "actions" }, ...actions) : null;
}

/** @param {Restore} restore @param {NonNullable<Restore["plan"]>} plan */
function planOf({ id, status }, plan) {
  const isDone = writesOf(plan) === 0 && plan.creates.length === 0;
  const head = (/** @type {string} */ action) => el("th", { scope: "col", class: "number" }, say(`restore_count_${action}`));
  const rows = plan.modules.map((module) =>
    el(
      "tr",
      { key: module.api_name },
      el("th", { scope: "row" }, link(address("restores", id, "plan", module.api_name), {}, module.label || module.api_name)),
      ...ACTIONS.map(([action]) => el("td", { class: "number" }, number(module[action]))),
      el("td", { class: "number" }, number(module.files.create + module.files.change)),
    ),
  );
  const counts = [...ACTIONS.map(([action]) => head(action)), el("th", { scope: "col", class: "number" }, say("restore_files"))];
  const heading = el("tr", {}, el("th", { scope: "col" }, say("module")), ...counts);
  const table = el("table", { class: "list" }, el("thead", {}, heading), el("tbody", {}, ...rows));
  return card(
    "plan",
    say("restore_plan"),
    {},
    status === "PLANNED" && isDone ? el("p", { class: "lead" }, icon("check"), say("restore_nothing_to_do")) : null,
    figuresOf(countsOf(plan)),
    plan.modules.length ? scrolledTable(say("restore_plan_by_module"), table) : null,
    plan.creates.length
      ? el("p", { key: "creates" }, icon("database"), say("restore_makes_tables", { names: plan.creates.join(say("comma")) }))
      : null,
    plan.is_hindered ? notice(say("restore_is_hindered")) : null,
    hindrancesOf(plan),
    filesOf(plan),
  );
}

/** The attached files of a plan. @param {NonNullable<Restore["plan"]>} plan */
function filesOf({ files: { create, change, leave, impossible, bytes } }) {
  if (create + change + leave + impossible === 0) return null;
  const words = [say("restore_files_written", { create: number(create), change: number(change), size: size(bytes) })];
  if (leave) words.push(say("restore_files_left", { count: leave }));
  if (impossible) words.push(say("restore_files_impossible", { count: impossible }));
  return el("p", { key: "files" }, icon("file"), words.join(" "));
}

/** Asks with the numbers of the plan, and with a number to type where records are deleted. @param {App} app @param {Resource<Restore>} restore @param {string} path */
async function confirmed(app, restore, path) {
  const plan = restore.data?.plan;
  if (!restore.data || !plan) return;
  const numbers = { create: plan.create, change: plan.change, deletes: plan.delete };
  const body = [
    el("p", {}, sayOf(restore.data, "restore_confirm_question", numbers)),
    el("p", { class: "soft" }, say("restore_confirm_safe")),
  ];
  const files = filesOf(plan);
  if (files) body.push(files);
  if (plan.delete)
    body.push(el("p", { class: "notice bad" }, icon("alert"), sayOf(restore.data, "restore_confirm_deletes", numbers)));
  const asked = { title: say("restore_confirm_title"), body, confirm: say("restore_confirm") };
  const label = say("restore_type_deletes", { count: number(plan.delete) });
  const isMeant = plan.delete ? await askForNumber({ ...asked, label, count: plan.delete }) : await ask(asked);
  if (isMeant) await act(app, restore, () => call("POST", `${path}/actions/confirm`, { body: { deletes: plan.delete } }));
}

/** @param {App} app @param {Resource<Restore>} restore @param {string} path */
async function cancelled(app, restore, path) {
  const isRunning = restore.data?.status === "RUNNING";
  const body = [el("p", {}, say(isRunning ? "restore_cancel_running" : "restore_cancel_planned"))];
  const asked = { title: say("restore_cancel_title"), body, confirm: say("restore_cancel"), cancel: say("cancel_run_cancel") };
  if (await ask(asked)) await act(app, restore, () => call("POST", `${path}/actions/cancel`));
}

/** @param {App} app @param {Resource<Restore>} restore @param {string} path */
async function undone(app, restore, path) {
  const [records, files] = [restore.data?.outcome?.written ?? 0, restore.data?.file_outcome?.written ?? 0];
  const body = [el("p", {}, say("restore_undo_question", { count: records }))];
  if (files) body.push(el("p", {}, say("restore_undo_files", { count: files })));
  if (!(await ask({ title: say("restore_undo_title"), body, confirm: say("restore_make_plan") }))) return;
  try {
    const { body: answer } = await call("POST", `${path}/actions/undo`);
    app.go(address("restores", answer.restore.id));
  } catch (thrown) {
    app.showError(thrown);
  }
}

/** @param {App} app @param {Resource<Restore>} restore @param {() => Promise<unknown>} work */
async function act(app, restore, work) {
  try {
    await work();
  } catch (thrown) {
    app.showError(thrown);
  }
  await restore.reload();
}
