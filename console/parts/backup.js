// Actions on backups shared by several views: starting one and downloading its files.

import { asProblem, call } from "../api.js";
import { el } from "../dom.js";
import { say } from "../i18n.js";

/** Starts a backup, after a confirmation if backups are limited. Shows the limit dialog if none is left. @param {App} app */
export async function backUpNow(app) {
  const { confirmBackup } = await import("./confirm-backup.js");
  const chosen = await confirmBackup(app);
  if (!chosen) return false;
  try {
    await call("POST", "", chosen.layout ? { body: { backup: { layout: chosen.layout } } } : {});
    app.toast(say("backup_started"));
    return true;
  } catch (thrown) {
    await showRefusal(app, thrown);
    return false;
  }
}

/**
 * Shows an error; if no backup is left, with the products that can be bought.
 * @param {App} app @param {unknown} thrown @param {import("../buying.js").FollowUp} [followUp] the action that was refused
 */
export async function showRefusal(app, thrown, followUp = { kind: "now" }) {
  const problem = asProblem(thrown);
  if (problem.code !== "LIMIT_REACHED") return app.showError(problem);
  const { showLimit } = await import("./limit.js");
  showLimit(app, problem.details, { followUp });
}

/** Records a download in the history and starts it. @param {App} app @param {{ id: string }} backup @param {{ name: string }} file */
export async function download(app, backup, file) {
  try {
    const { body } = await call("POST", `/${backup.id}/files/${encodeURIComponent(file.name)}/actions/download`);
    el("a", { href: body.download.url, download: body.download.file_name }).click();
    app.toast(say("download_started", { name: file.name }));
  } catch (thrown) {
    app.showError(thrown);
  }
}
