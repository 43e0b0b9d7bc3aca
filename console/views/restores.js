// Restores: a list of them, and below the address of one its page, the records of its plan, and its report.

import { get } from "../api.js";
import { el, icon, link } from "../dom.js";
import { say, time } from "../i18n.js";
import { cursor, drawCursor } from "../parts/cursor.js";
import { address, trail } from "../parts/looking.js";
import { plannedRecords } from "../parts/restore-plan.js";
import { restorePage } from "../parts/restore-page.js";
import { restoreReport } from "../parts/restore-report.js";
import { countsText, restoredText, restoreName, restoreState } from "../parts/restores.js";

const PER_PAGE = "20";

/** @type {ViewMaker} */
export default function restores(app, id = "", section = "", module = "", action = "") {
  if (id && section === "plan" && module) return plannedRecords(app, id, module, action);
  if (id && section === "report") return restoreReport(app, id, module);
  return id ? restorePage(app, id) : listPage(app);
}

/** @param {App} app @returns {View} */
function listPage(app) {
  const list = cursor(app, async (token) => {
    const asked = new URLSearchParams({ per_page: PER_PAGE });
    if (token) asked.set("page_token", token);
    const page = await get(`/restores?${asked}`);
    return { items: /** @type {Restore[]} */ (page.restores), token: page.info.next_page_token };
  });
  void list.reload();
  return {
    title: () => say("nav_restores"),
    draw: () => [
      trail([["/downloads", say("nav_downloads")]]),
      el("h1", { key: "heading", tabindex: -1 }, say("nav_restores")),
      el("p", { class: "soft", key: "lead" }, say("restores_lead")),
      drawCursor(list, {
        empty: [
          icon("history"),
          el("p", {}, say("restores_empty")),
          link("/downloads", { class: "button primary" }, say("go_to_downloads")),
        ],
        filled: (found) => el("ul", { class: "stack", key: "restores" }, ...found.map(lineOf)),
        lines: 4,
      }),
    ],
  };
}

/** @param {Restore} restore */
function lineOf(restore) {
  const from = say("explore_backup_of", { time: time(restore.backup.taken) });
  const by = say("done_by", { name: restore.requested_by.name });
  return el(
    "li",
    { class: "card", key: restore.id },
    el(
      "h2",
      { class: "record-name" },
      link(address("restores", restore.id), {}, restoreName(restore)),
      " ",
      restoreState(restore),
      restore.is_undone ? [" ", el("span", { class: "soft" }, say("restore_is_undone"))] : null,
    ),
    el("p", {}, [restoredText(restore), restore.undoes ? "" : from].filter(Boolean).join(" · ")),
    el("p", { class: "soft" }, [by, restore.plan ? countsText(restore.plan) : ""].filter(Boolean).join(" · ")),
  );
}
