// Confirmation before an on-demand backup uses up the allowance.

import { ask } from "../dialog.js";
import { el, icon } from "../dom.js";
import { estimateOf, say } from "../i18n.js";

/** Layouts of the zips; the first is that of the settings. */
const LAYOUTS = ["", "hozon", "zoho"];

/**
 * Asks whether a backup now may use one of the remaining backups, and for the layout of its zips. Resolves at once if the plan is unlimited, and to
 * null if nothing is to be done.
 * @param {App} app @returns {Promise<{ layout: string } | null>}
 */
export async function confirmBackup({ summary }) {
  const chosen = { layout: "" };
  const left = summary?.allowance.left;
  if (!left || summary?.allowance.unlimited) return chosen;
  const estimate = estimateOf(summary);
  const body = [
    el("p", {}, say("confirm_backup_question")),
    el("p", {}, say("confirm_backup_uses", { left, after: left - 1 })),
    layoutOf(chosen),
    estimate ? el("p", { class: "soft" }, icon("clock"), estimate) : null,
  ];
  return (await ask({ title: say("confirm_backup_title"), body, confirm: say("back_up_now") })) ? chosen : null;
}

/** @param {{ layout: string }} chosen */
function layoutOf(chosen) {
  const changed = (/** @type {Event} */ event) => {
    chosen.layout = /** @type {HTMLSelectElement} */ (event.currentTarget).value;
  };
  const options = LAYOUTS.map((name) => el("option", { value: name }, say(name ? `layout_${name}` : "layout_of_settings")));
  return el(
    "div",
    { class: "field" },
    el("label", { for: "backup-layout" }, say("layout")),
    el("select", { id: "backup-layout", on: { change: changed } }, ...options),
  );
}
