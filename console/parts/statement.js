// Signed statements about backups: the public key with the state of the chain, and the files of one statement.

import { asProblem, get } from "../api.js";
import { button, el, facts, notice } from "../dom.js";
import { number, say } from "../i18n.js";
import { drawResource, resource } from "../resource.js";
import { saveFile } from "./saving.js";

/** Delay between two downloads in milliseconds: browsers start only one at a time. */
const DOWNLOAD_DELAY = 1500;
/** Number of statements whose chain is checked. */
const CHECKED = 100;

/** @typedef {{ pem: string, sha256: string, newest: number, broken: number[] }} StatementKey the key, the newest statement's number, and the numbers of those that do not follow the one before them */

/** @param {App} app */
export function statementKey(app) {
  const known = resource(app, read);
  void known.reload();
  return { draw: () => [el("p", { class: "soft" }, say("statement_key_hint")), drawResource(known, { filled: keyOf })] };
}

/** @returns {Promise<StatementKey>} */
async function read() {
  const [{ statement_key: key }, { statements }] = await Promise.all([
    get("/statements/key"),
    get(`/statements?per_page=${CHECKED}`),
  ]);
  const all = /** @type {{ number: number, is_linked: boolean }[]} */ (statements);
  const broken = all.filter(({ is_linked: isLinked }) => !isLinked).map(({ number: at }) => at);
  return { ...key, newest: all[0]?.number ?? 0, broken };
}

/** @param {StatementKey} key */
function keyOf({ pem, sha256, newest, broken }) {
  const about = /** @type {[Child, Child][]} */ ([
    ["SHA-256", el("code", {}, sha256)],
    [say("statements"), number(newest)],
  ]);
  return el(
    "div",
    { class: "stack", key: "statement-key" },
    broken.length > 0 ? notice(say("statements_broken", { numbers: broken.join(say("comma")) })) : null,
    facts(about),
    el(
      "div",
      { class: "actions" },
      button(say("statement_key_download"), () => saveFile("public.pem", pem), { icon: "download" }),
    ),
  );
}

/** A button that downloads the statement about a backup: its text, the signature and the list of zips. @param {App} app @param {Backup} backup */
export function statementButton(app, backup) {
  return button(say("statement_download"), () => downloadStatement(app, backup), { icon: "download", key: "statement" });
}

/** @param {App} app @param {Backup} backup */
async function downloadStatement(app, backup) {
  try {
    const answer = await get(`/backups/${backup.id}/statement`);
    if (!answer) return app.toast(say("statement_none"), { kind: "bad" });
    const { text, signature, zips } = answer.statement;
    const bytes = Uint8Array.from(atob(signature), (letter) => letter.charCodeAt(0));
    const files = /** @type {[string, BlobPart | null][]} */ ([
      ["statement.json", text],
      ["statement.sig", bytes],
      ["zips.json", zips],
    ]);
    for (const [name, content] of files) {
      if (content === null) continue;
      if (name !== "statement.json") await new Promise((resolve) => setTimeout(resolve, DOWNLOAD_DELAY));
      saveFile(name, content);
    }
  } catch (thrown) {
    app.showError(asProblem(thrown));
  }
}
