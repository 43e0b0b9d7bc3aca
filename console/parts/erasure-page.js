// The page of one erasure: what is concerned, the confirmation by the number of records, how far it is, and its statement.

import { call, get } from "../api.js";
import { ask } from "../dialog.js";
import { button, card, el, facts, failureNotice, icon, link, progressBar } from "../dom.js";
import { explainFailure, number, say, time } from "../i18n.js";
import { drawResource } from "../resource.js";
import { erasureName, erasureState, erasureWarnings, pendingText } from "./erasures.js";
import { scrolledTable, trail } from "./looking.js";
import { askForNumber } from "./typed-number.js";
import { watched } from "./watching.js";

const UNDER_WAY = ["PREPARING", "RUNNING"];

/** @typedef {{ confirm: () => Promise<void>, cancel: () => Promise<void> }} Acts what can be done about an erasure */

/** @param {App} app @param {string} id @returns {View} */
export function erasurePage(app, id) {
  const path = `/erasures/${encodeURIComponent(id)}`;
  const load = async () => /** @type {Erasure} */ ((await get(path)).erasure);
  const erasure = watched(app, load, ({ status, remakes }) => UNDER_WAY.includes(status) || !!remakes?.running);
  void erasure.reload();
  const acts = { confirm: () => confirmed(app, erasure, path), cancel: () => cancelled(app, erasure, path) };
  const title = () => (erasure.data ? erasureName(erasure.data) : say("nav_erasures"));
  return {
    title,
    leave: erasure.leave,
    draw: () => [
      trail([
        ["/downloads", say("nav_downloads")],
        ["/erasures", say("nav_erasures")],
      ]),
      el("h1", { key: "heading", tabindex: -1 }, title()),
      drawResource(erasure, { filled: (found) => bodyOf(found, acts), lines: 6 }),
    ],
  };
}

/** @param {Erasure} erasure @param {Acts} acts */
function bodyOf(erasure, acts) {
  const { status, records } = erasure;
  const pending = pendingText(erasure);
  return el(
    "div",
    { class: "stack", key: "erasure" },
    card(
      "state",
      say("state_heading"),
      {},
      el("p", { class: "lead", role: "status", key: "status" }, erasureState(erasure), say(`erasure_state_${status}`)),
      UNDER_WAY.includes(status) ? progressOf(status) : null,
      pending ? el("p", { class: "notice", key: "pending" }, icon("clock"), pending) : null,
      failureOf(erasure),
      actionsOf(erasure, acts),
    ),
    status === "PLANNED" && records ? erasureWarnings() : null,
    records === null ? null : planOf(erasure),
    card("about", say("erasure_about"), {}, aboutOf(erasure)),
  );
}

/** @param {string} status */
function progressOf(status) {
  return el(
    "div",
    { class: "stack", key: "progress" },
    el("p", { class: "soft", id: "erasure-progress" }, say(`erasure_progress_${status}`)),
    progressBar(0, 0, "", "erasure-progress"),
  );
}

/** @param {Erasure} erasure */
function failureOf({ failure }) {
  if (!failure) return null;
  const technical = `${failure.code}: ${failure.message}`;
  return failureNotice({ words: explainFailure(failure, "erase"), subject: "", more: say("details"), technical }, null);
}

/** @param {Erasure} erasure @param {Acts} acts */
function actionsOf({ status, records }, acts) {
  const actions = [];
  if (status === "PLANNED" && records) {
    actions.push(button(say("erasure_confirm"), acts.confirm, { class: "danger", key: "confirm" }));
  }
  if (status === "PLANNED" || status === "PREPARING") {
    actions.push(button(say("erasure_cancel"), acts.cancel, { icon: "stop", key: "cancel" }));
  }
  return actions.length ? el("div", { class: "actions", key: "actions" }, ...actions) : null;
}

/** @param {Erasure} erasure */
function planOf(erasure) {
  const { records, modules, examples, snapshots, zips, zips_concerned: concerned, status } = erasure;
  const rows = modules.map(({ api_name: name, label, records: count }) =>
    el("tr", { key: name }, el("th", { scope: "row" }, label || name), el("td", { class: "number" }, number(count))),
  );
  const heading = el(
    "tr",
    {},
    el("th", { scope: "col" }, say("module")),
    el("th", { scope: "col", class: "number" }, say("records")),
  );
  const table = el("table", { class: "list" }, el("thead", {}, heading), el("tbody", {}, ...rows));
  const figures = /** @type {[Child, Child][]} */ ([
    [say("records"), number(records ?? 0)],
    [say("erasure_snapshots"), number(snapshots)],
    [say("erasure_zips"), number(concerned)],
  ]);
  const names = examples?.map(({ module, id }) => `${module} ${id}`).join(say("comma"));
  return card(
    "plan",
    say("erasure_plan"),
    {},
    status === "PLANNED" && !records ? el("p", { class: "lead" }, icon("check"), say("erasure_nothing")) : null,
    facts(figures, "figures"),
    concerned ? el("p", { class: "soft", key: "zips" }, say(`erasure_zips_${zips}`, { count: concerned })) : null,
    remakesOf(erasure),
    rows.length ? scrolledTable(say("erasure_plan"), table) : null,
    names ? el("p", { class: "soft", key: "examples" }, say("erasure_examples", { names })) : null,
  );
}

/** What has become of ZIPs that are made anew. @param {Erasure} erasure */
function remakesOf({ remakes }) {
  if (!remakes) return null;
  const { running, completed, failed } = remakes;
  const texts = [
    running ? say("erasure_remakes_running", { count: running }) : "",
    completed ? say("erasure_remakes_completed", { count: completed }) : "",
    failed ? say("erasure_remakes_failed", { count: failed }) : "",
  ];
  const class_ = failed ? "notice bad" : "notice";
  return el(
    "p",
    { class: class_, role: "status", key: "remakes" },
    icon(running ? "clock" : failed ? "alert" : "check"),
    texts.filter(Boolean).join(" "),
  );
}

/** @param {Erasure} erasure */
function aboutOf({ requested_time: at, requested_by: by, completed_time: completed, statement }) {
  const about = /** @type {[Child, Child][]} */ ([
    [say("restore_requested"), say("restore_by", { time: time(at), name: by.name })],
  ]);
  if (completed) about.push([say("erasure_completed"), time(completed)]);
  if (statement !== null) {
    about.push([say("statements"), link("/settings", {}, say("erasure_statement", { number: number(statement) }))]);
  }
  return facts(about);
}

/** @param {App} app @param {Resource<Erasure>} erasure @param {string} path */
async function confirmed(app, erasure, path) {
  const count = erasure.data?.records;
  if (!count) return;
  const body = [
    el("p", {}, say("erasure_confirm_question", { count, snapshots: erasure.data?.snapshots ?? 0 })),
    erasureWarnings(),
  ];
  const label = say("erasure_type_records", { count: number(count) });
  const asked = { title: say("erasure_confirm_title"), body, label, count, confirm: say("erasure_confirm") };
  if (await askForNumber(asked))
    await act(app, erasure, () => call("POST", `${path}/actions/confirm`, { body: { records: count } }));
}

/** @param {App} app @param {Resource<Erasure>} erasure @param {string} path */
async function cancelled(app, erasure, path) {
  const body = [el("p", {}, say("erasure_cancel_question"))];
  const asked = { title: say("erasure_cancel_title"), body, confirm: say("erasure_cancel"), cancel: say("back") };
  if (await ask(asked)) await act(app, erasure, () => call("POST", `${path}/actions/cancel`));
}

/** @param {App} app @param {Resource<Erasure>} erasure @param {() => Promise<unknown>} work */
async function act(app, erasure, work) {
  try {
    await work();
  } catch (thrown) {
    app.showError(thrown);
  }
  await erasure.reload();
}
