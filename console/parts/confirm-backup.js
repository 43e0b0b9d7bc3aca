// Confirmation before an on-demand backup uses up the allowance.

import { ask } from "../dialog.js";
import { el, icon } from "../dom.js";
import { estimateOf, say } from "../i18n.js";

/** Asks whether a backup now may use one of the remaining backups; resolves to true at once if the plan is unlimited. @param {App} app */
export async function confirmBackup({ summary }) {
  const left = summary?.allowance.left;
  if (!left || summary?.allowance.unlimited) return true;
  const estimate = estimateOf(summary);
  const body = [
    el("p", {}, say("confirm_backup_question")),
    el("p", {}, say("confirm_backup_uses", { left, after: left - 1 })),
    estimate ? el("p", { class: "soft" }, icon("clock"), estimate) : null,
  ];
  return ask({ title: say("confirm_backup_title"), body, confirm: say("back_up_now") });
}
