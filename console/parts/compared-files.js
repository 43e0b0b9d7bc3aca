// The attachments of a module that differ between two backups: record, name, size and hash, before and after.

import { get } from "../api.js";
import { badge, el, icon, link } from "../dom.js";
import { say, size } from "../i18n.js";
import { cursor, drawCursor } from "./cursor.js";
import { address, backupName } from "./looking.js";
import { sideBySide } from "./side-by-side.js";

const PER_PAGE = "25";
const BADGES = /** @type {const} */ ({ added: "good", changed: "busy", deleted: "bad" });

/** @typedef {{ after: string, before: string, module: string }} Place two backups and a module */
/** @typedef {NonNullable<ComparedAttachment["before"]>} OneSide */

/** The attachments that differ. Nothing is read before `reload`. @param {App} app @param {Place} place */
export function comparedFiles(app, place) {
  const list = cursor(app, async (token) => {
    const asked = new URLSearchParams({ with: place.before, per_page: PER_PAGE });
    if (token) asked.set("page_token", token);
    const found = await get(`/${place.after}/compare/${encodeURIComponent(place.module)}/attachments?${asked}`);
    return { items: /** @type {ComparedAttachment[]} */ (found.attachments), token: found.info.next_page_token };
  });
  return {
    reload: list.reload,
    draw: (/** @type {Backup[]} */ backups) =>
      el(
        "section",
        { class: "stack", key: "files", "aria-labelledby": "files-heading" },
        el("h2", { id: "files-heading" }, say("attachments")),
        drawCursor(list, {
          empty: [icon("check"), el("p", {}, say("compare_no_attachments"))],
          filled: (files) => el("ol", { class: "stack", key: "attachments" }, ...files.map((file) => fileOf(file, place, backups))),
          more: say("compare_more_attachments"),
        }),
      ),
  };
}

/** @param {ComparedAttachment} file @param {Place} place @param {Backup[]} backups */
function fileOf({ id, change, before, after }, place, backups) {
  const name = (after ?? before)?.file_name ?? id;
  const states = /** @type {[string | null, string | null]} */ ([
    before && backupName(backups, place.before),
    after && backupName(backups, place.after),
  ]);
  const pair = (/** @type {string} */ key, /** @type {(side: OneSide, backup: string) => Child} */ value) => ({
    key,
    name: say(`compare_file_${key}`),
    before: before && value(before, place.before),
    after: after && value(after, place.after),
  });
  const pairs = [
    pair("record", ({ record }, backup) => link(address("explore", backup, place.module, record), {}, record)),
    pair("name", ({ file_name: file }) => el("span", { class: "value" }, file)),
    pair("size", ({ size: bytes }) => size(bytes)),
    pair("sha256", ({ sha256 }) => el("code", {}, sha256)),
  ];
  return el(
    "li",
    { class: "card", key: id },
    el("h3", { class: "record-name" }, name, " ", badge(BADGES[change], say(`change_${change}`))),
    sideBySide(say("compare_values_of", { record: name }), states, pairs),
  );
}
