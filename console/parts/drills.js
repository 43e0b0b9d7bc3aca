// Drills: a backup is restored into the restore target and compared. What stands beside a backup, and the button that begins a drill.

import { asProblem, call } from "../api.js";
import { ask } from "../dialog.js";
import { badge, button, el, icon, link } from "../dom.js";
import { explain, longTime, say, time } from "../i18n.js";
import { address } from "./looking.js";

const BADGES = /** @type {const} */ ({ RUNNING: "busy", SAME: "good", DIFFERS: "bad", FAILED: "bad", CANCELLED: "quiet" });

/** @param {Pick<Drill, "status">} drill */
export function drillState({ status }) {
  return badge(BADGES[status], say(`drill_status_${status}`));
}

/** What was found, in a sentence. @param {Pick<Drill, "status" | "totals">} drill */
export function drillText({ status, totals }) {
  if (!totals) return say(`drill_state_${status}`);
  const numbers = {
    records: totals.records,
    files: totals.files,
    modules: totals.modules,
    differing: totals.records_differing,
    files_differing: totals.files_differing,
    modules_differing: totals.modules_differing,
  };
  return say(status === "SAME" ? "drill_found_same" : "drill_found_differences", numbers);
}

/** The last drill of a backup, and the button for one more. @param {App} app @param {Backup} backup */
export function drillOf(app, backup) {
  const { drill, status, created_time: at } = backup;
  if (status !== "COMPLETED") return null;
  const names = { time: longTime(at) };
  const begin = button(say("drill_begin"), () => begun(app, backup), {
    icon: "check",
    "aria-label": say("drill_begin_of", names),
    key: "begin",
  });
  const page = drill
    ? link(
        address("drills", drill.id),
        { class: "button", "aria-label": say("show_details_of", { what: say("drill"), ...names }) },
        say("details"),
      )
    : null;
  return el(
    "div",
    { class: "stack", key: "drill" },
    el("h3", {}, say("drill_heading")),
    drill ? knownOf(drill) : el("p", { class: "soft" }, say("drill_none")),
    el("div", { class: "actions" }, page, drill?.status === "RUNNING" ? null : begin),
  );
}

/** @param {NonNullable<Backup["drill"]>} drill */
function knownOf(drill) {
  const on = drill.ended_time ? say(`drill_on_${drill.status}`, { time: time(drill.ended_time) }) : drillText(drill);
  return el("p", { key: "known" }, drillState(drill), " ", drill.totals ? `${on} ${drillText(drill)}` : on);
}

/** Asks, begins a drill, and shows it. @param {App} app @param {Backup} backup */
async function begun(app, backup) {
  const body = [
    el("p", {}, say("drill_question", { time: longTime(backup.created_time) })),
    el("p", { class: "notice" }, icon("alert"), say("drill_warning")),
  ];
  if (!(await ask({ title: say("drill_title"), body, confirm: say("drill_begin") }))) return;
  try {
    const { body: answer } = await call("POST", "/drills", { body: { backup: backup.id } });
    app.go(address("drills", answer.drill.id));
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (problem.status === 401 || problem.status === 403) app.showError(problem);
    else app.toast(explain(problem, "drill"), { kind: "bad" });
  }
}
