// What is done with backups from several places: starting one, and downloading its files.

import { asProblem, call } from "../api.js";
import { el } from "../dom.js";
import { say } from "../i18n.js";

/** Starts a backup; where backups are counted, only once it is agreed to. Says so when nothing is left to use. @param {App} app */
export async function backUpNow(app) {
  const { isAgreed } = await import("./agree.js");
  if (!(await isAgreed(app))) return false;
  try {
    await call("POST", "");
    app.toast(say("backup_begun"));
    return true;
  } catch (thrown) {
    await refused(app, thrown);
    return false;
  }
}

/**
 * Tells a refusal; when nothing is left to use, with what can be bought.
 * @param {App} app @param {unknown} thrown @param {import("../buying.js").Then} [then] what was asked for
 */
export async function refused(app, thrown, then = { kind: "now" }) {
  const problem = asProblem(thrown);
  if (problem.code !== "LIMIT_REACHED") return app.tell(problem);
  const { showLimit } = await import("./limit.js");
  showLimit(app, problem.details, { then });
}

/** Records a download and begins it. @param {App} app @param {{ id: string }} backup @param {{ name: string }} file */
export async function download(app, backup, file) {
  try {
    const { body } = await call("POST", `/${backup.id}/files/${encodeURIComponent(file.name)}/actions/download`);
    el("a", { href: body.download.url, download: body.download.file_name }).click();
    app.toast(say("download_begun", { name: file.name }));
  } catch (thrown) {
    app.tell(thrown);
  }
}
