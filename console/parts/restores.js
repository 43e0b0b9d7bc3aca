// What the pages about restores share: names of states and actions, what is restored, counts of a plan.

import { badge, el, facts, link } from "../dom.js";
import { hasText, number, say, time } from "../i18n.js";
import { address } from "./looking.js";

const BADGES = /** @type {const} */ ({
  PLANNING: "busy",
  PLANNED: "quiet",
  RUNNING: "busy",
  COMPLETED: "good",
  FAILED: "bad",
  CANCELLED: "quiet",
});

/** What a restore can do to a record, and the colour of it. @type {[keyof RestoreCounts, "good" | "busy" | "bad" | "quiet"][]} */
export const ACTIONS = [
  ["create", "good"],
  ["change", "busy"],
  ["delete", "bad"],
  ["leave", "quiet"],
  ["impossible", "bad"],
];

/** @param {Restore} restore */
export function restoreState({ status }) {
  return badge(BADGES[status], say(`restore_status_${status}`));
}

/** @param {keyof RestoreCounts} action */
export function actionBadge(action) {
  const [, kind] = ACTIONS.find(([name]) => name === action) ?? ["leave", "quiet"];
  return badge(/** @type {"good" | "busy" | "bad" | "quiet"} */ (kind), say(`restore_action_${action}`));
}

/** Name of a restore. @param {Restore} restore */
export function restoreName({ requested_time: at, undoes }) {
  return say(undoes ? "undo_of" : "restore_of", { time: time(at) });
}

/** A text about a restore, as it is for where that restore writes. @param {Restore} restore @param {string} key @param {Record<string, any>} [values] */
export function sayOf({ target }, key, values) {
  return say(target === "restore_target" ? `${key}_target` : key, values);
}

/** What is restored, in words. @param {Restore} restore */
export function restoredText({ selection: { records, modules, search }, plan, undoes }) {
  if (undoes) return say("restored_undo");
  const label = (/** @type {string} */ name) => plan?.modules.find(({ api_name: known }) => known === name)?.label || name;
  if (records?.length === 1) return say("record_of_module", { record: records[0].id, module: label(records[0].module) });
  if (records) return say("restored_records", { count: records.length });
  if (search)
    return [say("restored_search", { count: search.records }), search.module ? label(search.module) : ""]
      .filter(Boolean)
      .join(" · ");
  return modules ? modules.map(label).join(say("comma")) : say("restored_everything");
}

/** Explains why a record is not restored, or why a module or field is not. @param {string} kind @param {string} reason a code */
export function reasonText(kind, reason) {
  const key = `restore_${kind}_${reason}`;
  return hasText(key) ? say(key) : reason;
}

/** What a restore is about. @param {Restore} restore */
export function restoreFacts(restore) {
  const { backup, policy, requested_by: by, target, undoes } = restore;
  const yes = (/** @type {boolean} */ is) => say(is ? "yes" : "no");
  const about = /** @type {[Child, Child][]} */ ([
    [say("restored_what"), restoredText(restore)],
    [
      say("restored_from"),
      undoes
        ? link(address("restores", undoes), {}, say("restored_from_before"))
        : link(address("explore", backup.id), {}, say("explore_backup_of", { time: time(backup.taken) })),
    ],
    [say("restore_target"), say(`restore_into_${target}`)],
    [say("restore_changes_back"), yes(policy.change)],
    [say("restore_deletes"), yes(policy.delete)],
    ...(target === "restore_target" ? /** @type {[Child, Child][]} */ ([[say("restore_make_tables"), yes(restore.create)]]) : []),
    [say("restore_requested"), say("restore_by", { time: time(restore.requested_time), name: by.name })],
  ]);
  if (restore.confirmed_time) about.push([say("restore_confirmed"), time(restore.confirmed_time)]);
  if (restore.completed_time) about.push([say("restore_completed"), time(restore.completed_time)]);
  return facts(about);
}

/** Numbers by name, as figures. @param {[string, number][]} figures */
export function figuresOf(figures) {
  return facts(
    figures.map(([name, count]) => [name, number(count)]),
    "figures",
  );
}

/** @param {RestoreCounts} counts @returns {[string, number][]} */
export function countsOf(counts) {
  return ACTIONS.map(([action]) => [say(`restore_count_${action}`), counts[action]]);
}

/** The counts in a line, without those that are zero. @param {RestoreCounts} counts */
export function countsText(counts) {
  const shown = ACTIONS.filter(([action]) => counts[action] > 0);
  const words = shown.map(([action]) => `${say(`restore_count_${action}`)} ${number(counts[action])}`);
  return words.join(" · ") || say("restore_nothing_to_do");
}

/** A list of what hinders a restore. @param {NonNullable<Restore["plan"]>} plan */
export function hindrancesOf({ hindrances }) {
  if (hindrances.length === 0) return null;
  const items = hindrances.map(({ module, field, kind }) =>
    el(
      "li",
      { key: `${module}.${field}-${kind}` },
      el("strong", {}, field ? `${module}.${field}` : module),
      " ",
      el("span", { class: "soft" }, reasonText("hindrance", kind)),
    ),
  );
  return el("div", { key: "hindrances" }, el("h3", {}, say("restore_hindrances")), el("ul", {}, ...items));
}
