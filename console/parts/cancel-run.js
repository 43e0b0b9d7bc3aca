// Cancelling a backup that is being made, after a confirmation.

import { call } from "../api.js";
import { ask } from "../dialog.js";
import { el } from "../dom.js";
import { say } from "../i18n.js";

/** @param {App} app @param {{ id: string }} backup */
export async function cancelRun(app, backup) {
  const body = [el("p", {}, say("cancel_run_question")), el("p", {}, say("cancel_run_keeps"))];
  const [title, confirm, cancel] = [say("cancel_run_title"), say("cancel_run_confirm"), say("cancel_run_cancel")];
  if (!(await ask({ title, body, confirm, cancel, isDangerous: true }))) return;
  try {
    await call("POST", `/${backup.id}/actions/cancel_run`);
    app.toast(say("run_cancelled"));
  } catch (thrown) {
    await app.refresh();
    app.showError(thrown);
  }
}
