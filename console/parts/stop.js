// Stopping a schedule, after a confirmation that names what continues.

import { call } from "../api.js";
import { ask } from "../dialog.js";
import { el, icon } from "../dom.js";
import { localized, say } from "../i18n.js";

/** @param {App} app @param {Schedule} schedule */
export async function stopSchedule(app, schedule) {
  const body = [
    el("p", {}, say("stop_question", { rule: localized(schedule.sentence) })),
    el("p", {}, say("stop_keeps_backups")),
    el("p", { class: "notice" }, icon("alert"), say("stop_subscription")),
  ];
  if (!(await ask({ title: say("stop_title"), body, confirm: say("stop_confirm"), cancel: say("stop_cancel"), isDangerous: true })))
    return;
  try {
    await call("PUT", `/${schedule.id}/actions/cancel`, { ifMatch: schedule.etag });
    app.toast(say("stopped"));
  } catch (thrown) {
    await app.refresh();
    app.showError(thrown);
  }
}
