// Progress of a running backup: of reading a database, and then of archiving.

import { el, facts } from "../dom.js";
import { duration, number, percent, say, size } from "../i18n.js";

/** Returns the name of the text that says what a running backup is doing. @param {NewestBackup["progress"]} progress */
export function stageOf({ total, capture, waits_for_program: waits }) {
  return total ? "state_running" : capture ? "state_capturing" : waits ? "state_waiting" : "state_planning";
}

/** Draws how far a running backup is. @param {NewestBackup} backup */
export function progressOf({ progress }) {
  const { done, total, capture } = progress;
  const [some, all] = total ? [done.bytes, Math.max(total.bytes, 1)] : [capture?.rows ?? 0, capture?.expected_rows ?? 0];
  const bar = all
    ? el("progress", { max: all, value: Math.min(some, all), "aria-labelledby": "running" })
    : el("progress", { "aria-labelledby": "running" });
  return el(
    "div",
    { class: "running", key: "running" },
    el("div", { class: "bar-line" }, bar, el("span", { class: "number" }, all ? percent(some / all) : "")),
    facts(!total && capture ? capturing(capture) : archiving(progress), "figures"),
  );
}

/** @param {NewestBackup["progress"]} progress @returns {[string, string][]} */
function archiving({ done, total, seconds_left: left }) {
  const records = total ? say("done_of_total", { some: number(done.rows), all: number(total.rows) }) : "–";
  const amount = total ? say("done_of_total", { some: size(done.bytes), all: size(total.bytes) }) : "–";
  const time = left === null || !total ? "–" : left < 2 ? say("almost_done") : say("about_time", { time: duration(left) });
  return [
    [say("records"), records],
    [say("data_amount"), amount],
    [say("time_left"), time],
  ];
}

/** @param {NonNullable<NewestBackup["progress"]["capture"]>} capture @returns {[string, string][]} */
function capturing({ modules, total_modules, rows, expected_rows }) {
  const records = expected_rows ? say("done_of_about", { some: number(rows), all: number(expected_rows) }) : number(rows);
  return [
    [say("modules"), say("done_of_total", { some: number(modules), all: number(total_modules) })],
    [say("records"), records],
  ];
}
