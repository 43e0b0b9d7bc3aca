// The records of one module in the plan of a restore: what is done to each and why, with the values in the CRM now and in the backup.

import { get } from "../api.js";
import { el, icon } from "../dom.js";
import { say } from "../i18n.js";
import { resource } from "../resource.js";
import { cursor, drawCursor } from "./cursor.js";
import { field } from "./fields.js";
import { address, trail, valueOf } from "./looking.js";
import { ACTIONS, actionBadge, countsText, reasonText, restoreName, sayOf } from "./restores.js";
import { sideBySide } from "./side-by-side.js";

const PER_PAGE = "25";

/** @param {App} app @param {string} id of the restore @param {string} module @param {string} action empty for all @returns {View} */
export function plannedRecords(app, id, module, action) {
  const path = `/restores/${encodeURIComponent(id)}`;
  const restore = resource(app, async () => /** @type {Restore} */ ((await get(path)).restore));
  const list = cursor(app, async (token) => {
    const asked = new URLSearchParams({ per_page: PER_PAGE });
    if (action) asked.set("action", action);
    if (token) asked.set("page_token", token);
    const page = await get(`${path}/plan/${encodeURIComponent(module)}?${asked}`);
    return { items: /** @type {PlannedRecord[]} */ (page.records), token: page.info.next_page_token };
  });
  void restore.reload();
  void list.reload();
  const counts = () => restore.data?.plan?.modules.find(({ api_name: name }) => name === module);
  const now = () => (restore.data ? sayOf(restore.data, "restore_in_crm") : say("restore_in_crm"));
  const title = () => say("restore_plan_of", { module: counts()?.label || module });
  return {
    title,
    draw: () => {
      const found = counts();
      return [
        trail([
          ["/downloads", say("nav_downloads")],
          ["/restores", say("nav_restores")],
          [address("restores", id), restore.data ? restoreName(restore.data) : say("nav_restore")],
        ]),
        el("h1", { key: "heading", tabindex: -1 }, title()),
        found ? el("p", { class: "soft", key: "counts" }, countsText(found)) : null,
        choiceOf(app, address("restores", id, "plan", module), action),
        drawCursor(list, {
          empty: [icon("check"), el("p", {}, say("restore_plan_empty"))],
          filled: (records) =>
            el("ol", { class: "stack", key: "records" }, ...records.map((record, at) => recordOf(record, at, now))),
        }),
      ];
    },
  };
}

/** The action whose records are shown. @param {App} app @param {string} here @param {string} chosen */
function choiceOf(app, here, chosen) {
  const options = ["", ...ACTIONS.map(([name]) => name)].map((name) =>
    el(
      "option",
      { value: name, selected: name === chosen, key: name || "all" },
      say(name ? `restore_action_${name}` : "restore_all_actions"),
    ),
  );
  const change = (/** @type {any} */ event) => app.go(`${here}/${event.currentTarget.value}`);
  const submit = (/** @type {Event} */ event) => event.preventDefault();
  const select = el("select", { id: "plan-action", on: { change } }, ...options);
  const label = { "aria-label": say("filters") };
  return el(
    "form",
    { class: "card line", key: "choice", ...label, on: { submit } },
    field("plan-action", say("restore_action"), select),
  );
}

/** @param {PlannedRecord} record @param {number} at @param {() => string} present name of the present values */
function recordOf({ id, action, reason, fields }, at, present) {
  const now = action === "create" ? null : present();
  const then = action === "delete" ? null : say("restore_in_backup");
  const pairs = fields.map(({ api_name: key, label, before, after, is_cut: isCut }) => ({
    key,
    name: label || key,
    before: valueOf(before, isCut),
    after: valueOf(after, isCut),
  }));
  const name = id ?? say("compare_row");
  return el(
    "li",
    { class: "card", key: `${at}-${id}` },
    el("h2", { class: "record-name" }, name, " ", actionBadge(action)),
    reason ? el("p", { class: "soft" }, reasonText("reason", reason)) : null,
    pairs.length ? sideBySide(say("compare_values_of", { record: name }), [now, then], pairs) : null,
  );
}
