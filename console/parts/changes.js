// What has changed over the backups: charts and a table, for all modules or for one.

import { columns } from "../charts.js";
import { card, el } from "../dom.js";
import { dayOfYear, number, say, size, time } from "../i18n.js";

/** @typedef {{ backup: Backup, records: number | null, changes: Pick<Counted, "added" | "changed" | "deleted"> | null }} Point a backup, its records, and what has changed since the previous backup; null where it is not known */

/**
 * @param {Backup[]} backups completed ones, oldest first
 * @param {string} module API name of the chosen module; empty for all @param {(module: string) => void} choose
 */
export function changesOverTime(backups, module, choose) {
  if (backups.length === 0) return null;
  const modules = modulesOf(backups);
  const points = module ? pointsOf(backups, module) : backups.map(pointOf);
  const first = backups.length === 1 ? el("p", { class: "soft", key: "first" }, say("changes_first")) : null;
  const charts = backups.length > 1 ? el("div", { class: "charts", key: "charts" }, ...chartsOf(points, module)) : null;
  return card(
    "trend",
    say("trend_heading"),
    { class: "trend" },
    modules.size ? selectOf(modules, module, choose) : null,
    first,
    charts,
    tableOf(points, module),
  );
}

/** Modules that have changed, by API name. @param {Backup[]} backups @returns {Map<string, string>} */
function modulesOf(backups) {
  return new Map(backups.flatMap(({ changes }) => changes?.modules ?? []).map(({ api_name: name, label }) => [name, label]));
}

/** @param {Backup} backup @returns {Point} */
function pointOf(backup) {
  const { changes } = backup;
  return { backup, records: sum(backup, ({ rows }) => rows ?? 0), changes: changes?.since ? changes.totals.records : null };
}

/** Points of one module. A backup in which it has not changed does not list it. @param {Backup[]} backups @param {string} name @returns {Point[]} */
function pointsOf(backups, name) {
  const found = backups.map(({ changes }) => changes?.modules.find(({ api_name: api }) => api === name));
  return backups.map((backup, at) => {
    const known = found[at]?.records;
    const isSame = backup.changes?.since && backup.changes.more_modules === 0;
    const before = found.slice(0, at).findLast(Boolean)?.records.after;
    const records = known?.after ?? before ?? found.slice(at).find(Boolean)?.records.before ?? null;
    return { backup, records, changes: known ?? (isSame ? { added: 0, changed: 0, deleted: 0 } : null) };
  });
}

/** @param {Backup} backup @param {(file: BackupFile) => number} count */
function sum({ files }, count) {
  return files.reduce((sum, file) => sum + count(file), 0);
}

/** @param {Map<string, string>} modules @param {string} chosen @param {(module: string) => void} choose */
function selectOf(modules, chosen, choose) {
  const change = (/** @type {any} */ event) => choose(event.currentTarget.value);
  const options = [["", say("all_modules")], ...modules].map(([name, label]) =>
    el("option", { value: name, selected: name === chosen }, label),
  );
  return el(
    "div",
    { class: "field", key: "module" },
    el("label", { for: "changes-module" }, say("module")),
    el("select", { id: "changes-module", on: { change } }, ...options),
  );
}

/** @param {Point[]} points @param {string} module */
function chartsOf(points, module) {
  const bars = (/** @type {(point: Point) => number | null} */ count, /** @type {(sum: number) => string} */ words) =>
    points.map((point) => {
      const at = point.backup.created_time;
      const value = count(point);
      return { name: time(at), end: dayOfYear(at), value: value ?? 0, words: value === null ? say("not_known") : words(value) };
    });
  const chart = (/** @type {string} */ name, /** @type {(point: Point) => number | null} */ count, words = number) =>
    columns(say(name), bars(count, words));
  return [
    module ? null : chart("size_per_backup", ({ backup }) => sum(backup, (file) => file.size), size),
    chart("records_per_backup", ({ records }) => records),
    chart("added_per_backup", ({ changes }) => changes?.added ?? null),
    chart("changed_per_backup", ({ changes }) => changes?.changed ?? null),
    chart("deleted_per_backup", ({ changes }) => changes?.deleted ?? null),
  ];
}

/** The same numbers as a table, newest first. @param {Point[]} points @param {string} module */
function tableOf(points, module) {
  const known = (/** @type {number | null | undefined} */ value) => (value == null ? "–" : number(value));
  const names = [...(module ? [] : ["size"]), "records", "added", "changed", "deleted"];
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, say("backup_time")),
    ...names.map((name) => el("th", { scope: "col", class: "number" }, say(name))),
  );
  const rows = points.toReversed().map(({ backup, records, changes }) => {
    const words = [known(records), known(changes?.added), known(changes?.changed), known(changes?.deleted)];
    if (!module) words.unshift(size(sum(backup, (file) => file.size)));
    return el(
      "tr",
      { key: backup.id },
      el("th", { scope: "row" }, time(backup.created_time)),
      ...words.map((word) => el("td", { class: "number" }, word)),
    );
  });
  const table = el("table", { class: "list" }, el("thead", {}, head), el("tbody", {}, ...rows));
  const scrolled = el("div", { class: "scrolled", tabindex: 0, role: "group", "aria-label": say("changes_table") }, table);
  return el("details", { key: "table" }, el("summary", {}, say("changes_table")), scrolled);
}
