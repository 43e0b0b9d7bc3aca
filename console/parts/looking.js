// What the pages share that look into backups and compare them: their addresses, names of backups, values, a wide table.

import { get } from "../api.js";
import { el, icon, link } from "../dom.js";
import { longTime, say } from "../i18n.js";

/** Number of characters of a value that a table shows. */
const MAX_SHOWN = 300;

/** Address of a page. @param {(string | null | undefined)[]} parts */
export function address(...parts) {
  return `/${parts.map((part) => encodeURIComponent(part ?? "")).join("/")}`;
}

/** Completed backups, newest first. @returns {Promise<Backup[]>} */
export async function completedBackups() {
  const { backups } = await get("/backups?page=1&per_page=100");
  return /** @type {Backup[]} */ (backups).filter(({ status }) => status === "COMPLETED");
}

/** Name of a backup: when it was made. @param {Backup[] | null | undefined} backups @param {string} id */
export function backupName(backups, id) {
  const found = backups?.find((backup) => backup.id === id);
  return found ? longTime(found.created_time) : say("backup_of_id", { id });
}

/** A value of a field; null is no value, which differs from an empty text. @param {string | null | undefined} value @param {boolean} [isCut] */
export function valueOf(value, isCut = false) {
  if (value === null || value === undefined) return el("span", { class: "soft" }, say("no_value"));
  if (value === "") return el("span", { class: "soft" }, say("empty_text"));
  const shown = value.slice(0, MAX_SHOWN);
  return el("span", { class: "value" }, shown, isCut || shown.length < value.length ? "…" : "");
}

/** Links to the pages above this one. @param {[string, string][]} steps addresses and names */
export function trail(steps) {
  const items = steps.map(([to, name]) => el("li", { key: to }, link(to, {}, name)));
  return el("nav", { class: "trail", "aria-label": say("trail"), key: "trail" }, el("ol", {}, ...items));
}

/** A container in which a wide table can be scrolled, with the keyboard too. @param {string} name @param {HTMLTableElement} table @param {"" | "card"} frame */
export function scrolledTable(name, table, frame = "") {
  return el("div", { class: `scrolled ${frame}`, tabindex: 0, role: "group", "aria-label": name, key: "table" }, table);
}

/** What a page shows without backups to look into. */
export function noBackups() {
  return [
    icon("archive"),
    el("p", {}, say("no_backups_to_look_into")),
    link("/", { class: "button primary" }, say("go_to_overview")),
  ];
}

/** Whether the data of a backup is not kept any more. @param {{ problem: Problem | null }} resource */
export function isGone({ problem }) {
  return problem?.code === "SNAPSHOT_GONE";
}

/** What a page shows then: there is nothing to try again. */
export function gone() {
  const all = link("/downloads", { class: "button primary" }, say("go_to_downloads"));
  return el("div", { class: "blank", role: "alert", key: "gone" }, icon("clock"), el("p", {}, say("error_SNAPSHOT_GONE")), all);
}
