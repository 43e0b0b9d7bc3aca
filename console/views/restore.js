// Begins a restore of a whole backup, a module, a record, or what a search finds: what it may do besides creating missing records. A plan is made first.

import { asProblem, call, get } from "../api.js";
import { el, facts, icon, link } from "../dom.js";
import { explain, say, time } from "../i18n.js";
import { field, tick } from "../parts/fields.js";
import { address, gone, isGone, trail } from "../parts/looking.js";
import { drawResource, resource } from "../resource.js";

/** @typedef {{ change: boolean, delete: boolean, create: boolean, target: Restore["target"], problem: Problem | null }} Wishes */

/** @typedef {{ backup: string, module: string, record: string, words: string, match: string }} Asked what the address asks to restore */

/** The address is backup, module and record, of which the last may be empty; or the same with words and match. @type {ViewMaker} */
export default function restore(app, backup = "", module = "", record = "", words = "", match = "prefix") {
  const asked = { backup, module, record, words, match };
  const found = resource(app, async () => {
    const [modules, { restore_target: other }] = await Promise.all([get(`/${backup}/modules`), get("/restore_target")]);
    return /** @type {ExploredModules & { other: RestoreTarget | null }} */ ({ ...modules, other });
  });
  void found.reload();
  const what = words ? "search" : record ? "record" : module ? "module" : "backup";
  // Whoever restores single records wants their values, too.
  const isOfRecords = what === "record" || what === "search";
  const wishes = /** @type {Wishes} */ ({ change: isOfRecords, delete: false, create: false, target: "connection", problem: null });
  const label = () => found.data?.modules.find(({ api_name: name }) => name === module)?.label || module;
  const title = () => say(`restore_heading_${what}`);
  const formed = (/** @type {RestoreTarget | null} */ other) =>
    formOf(app, wishes, { what, other, begin: () => begin(app, asked, wishes) });
  return {
    title,
    draw: () => [
      stepsTo(asked, label(), found.data?.taken),
      el("h1", { key: "heading", tabindex: -1 }, title()),
      el("p", { class: "soft", key: "lead" }, say("restore_lead")),
      isGone(found)
        ? gone()
        : drawResource(found, {
            filled: ({ taken, other }) => [whatOf({ taken, module: label(), record, words, match }), formed(other)],
            lines: 4,
          }),
    ],
  };
}

/** Asks for the plan, and goes to it. @param {App} app @param {Asked} asked @param {Wishes} wishes */
async function begin(app, asked, wishes) {
  const { backup } = asked;
  const wanted = {
    backup,
    ...selectionOf(asked),
    policy: policyOf(wishes),
    target: wishes.target,
    create: makesTables(asked, wishes),
  };
  try {
    const { body } = await call("POST", "/restores", { body: wanted });
    app.go(address("restores", body.restore.id));
  } catch (thrown) {
    wishes.problem = asProblem(thrown);
    if (wishes.problem.status === 401 || wishes.problem.status === 403) app.showError(wishes.problem);
    app.redraw();
  }
}

/** Whether tables are made: in the restore target, for modules or everything. @param {Asked} asked @param {Wishes} wishes */
function makesTables({ record, words }, { create, target }) {
  return create && target === "restore_target" && !record && !words;
}

/** The pages above this one. @param {Asked} asked @param {string} label of the module @param {string | undefined} at when the backup was taken */
function stepsTo({ backup, module, record, words, match }, label, at) {
  const above = /** @type {[string, string][]} */ ([
    ["/downloads", say("nav_downloads")],
    [address("explore", backup), at ? say("explore_backup_of", { time: time(at) }) : say("nav_explore")],
  ]);
  if (module) above.push([address("explore", backup, module), label]);
  if (record) above.push([address("explore", backup, module, record), record]);
  if (words) above.push([address("search", backup, words, module, match), say("search_title", { words })]);
  return trail(above);
}

/** @param {Asked} asked */
function selectionOf({ module, record, words, match }) {
  if (words) return { search: { ...(module ? { module } : {}), words, match } };
  if (record) return { records: [{ module, id: record }] };
  return module ? { modules: [module] } : {};
}

/** @param {Wishes} wishes */
function policyOf({ change, delete: isDeleting }) {
  return { change, delete: isDeleting };
}

/** @param {{ taken: string, module: string, record: string, words: string, match: string }} what */
function whatOf({ taken, module, record, words, match }) {
  const about = /** @type {[Child, Child][]} */ ([[say("restored_from"), say("explore_backup_of", { time: time(taken) })]]);
  about.push([say("module"), module || say("search_everywhere")]);
  if (record) about.push([say("explore_record"), record]);
  if (words) about.push([say("search_words"), words]);
  if (words) about.push([say("search_match"), say(`search_${match === "exact" ? "exact" : "prefix"}`)]);
  return el(
    "section",
    { class: "card", key: "what", "aria-labelledby": "what-heading" },
    el("h2", { id: "what-heading" }, say("restored_what")),
    facts(about),
  );
}

/** @param {App} app @param {Wishes} wishes @param {{ what: string, other: RestoreTarget | null, begin: () => Promise<void> }} more */
function formOf(app, wishes, { what, other, begin }) {
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    return begin();
  };
  const change = (/** @type {Event} */ event) => {
    const { name, checked, value } = /** @type {HTMLInputElement} */ (event.target);
    if (name === "target") wishes.target = /** @type {Restore["target"]} */ (value);
    if (name === "change" || name === "delete" || name === "create") wishes[name] = checked;
    app.redraw();
  };
  const warning = wishes.delete
    ? el("p", { class: "notice", role: "status", key: "warning" }, icon("alert"), say("restore_delete_warning"))
    : null;
  return el(
    "form",
    { class: "card", key: "form", on: { submit, change } },
    other ? targetOf(wishes.target, other) : null,
    el(
      "fieldset",
      {},
      el("legend", {}, say("restore_policy")),
      el("p", { key: "always" }, icon("check"), say("restore_creates_missing")),
      tick("change", wishes.change, say("restore_also_change"), say("restore_also_change_hint")),
      what === "record" || what === "search"
        ? null
        : tick("delete", wishes.delete, say("restore_also_delete"), say("restore_also_delete_hint")),
      warning,
      wishes.target === "restore_target" && what !== "record" && what !== "search"
        ? tick("create", wishes.create, say("restore_make_tables"), say("restore_make_tables_hint"))
        : null,
    ),
    el("p", { class: "soft", key: "safe" }, say("restore_is_safe")),
    refusal(wishes.problem),
    el(
      "p",
      { class: "actions", key: "actions" },
      el("button", { type: "submit", class: "primary" }, el("span", {}, say("restore_make_plan"))),
      link("/restores", { class: "button" }, say("nav_restores")),
    ),
  );
}

/** Into which database to write, where there is another one. @param {Restore["target"]} chosen @param {RestoreTarget} other */
function targetOf(chosen, { database }) {
  const address = database ? `${database.host}:${database.port}/${database.name}` : "";
  const option = (/** @type {Restore["target"]} */ value, /** @type {string} */ words) =>
    el("option", { value, selected: value === chosen, key: value }, words);
  return field(
    "target",
    say("restore_target"),
    el(
      "select",
      { id: "target", name: "target" },
      option("connection", say("restore_into_connection")),
      option("restore_target", [say("restore_into_restore_target"), address].filter(Boolean).join(": ")),
    ),
  );
}

/** Why no plan is made, with a link to the restore that is under way, if that is the reason. @param {Problem | null} problem */
function refusal(problem) {
  if (!problem) return null;
  const running = problem.code === "INPROGRESS" ? problem.details?.id : null;
  const other = running ? link(address("restores", running), {}, say("restore_running")) : null;
  const words = el("span", {}, explain(problem, "restore"), " ", other);
  return el("p", { class: "notice bad", role: "alert", key: "problem" }, icon("alert"), words);
}
