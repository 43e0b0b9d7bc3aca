// The restore target: a database that restores may write into instead of the connected CRM. Its password is sent and never shown again.

import { get } from "../api.js";
import { badge, button, card, el, facts, icon } from "../dom.js";
import { explain, explainFailure, number, say, time } from "../i18n.js";
import { drawResource, resource } from "../resource.js";
import { actionsOf, redrawWith } from "./connection-actions.js";
import { databaseIn, databaseOf, profileOf } from "./connection-form.js";
import { field, tick } from "./fields.js";
import { trail } from "./looking.js";

const KINDS = ["postgres", "mysql"];

/** @typedef {{ kind: string, profile: string | null, profiles: { name: string, title: string }[], problem: Problem | null, check: Check | null, revision: number }} TargetEditing state of the form: the chosen kind and profile, all profiles, and the number of times it was filled */
/** @typedef {{ restore_target: RestoreTarget | null }} Saved */

/** @param {App} app @returns {View} */
export function restoreTargetView(app) {
  const editing = /** @type {TargetEditing} */ ({
    kind: "postgres",
    profile: null,
    profiles: [],
    problem: null,
    check: null,
    revision: 0,
  });
  const saved = resource(app, async () => {
    const [{ restore_target: target }, { profiles }] = await Promise.all([get("/restore_target"), get("/connection")]);
    Object.assign(editing, { profiles });
    fill(editing, target);
    return /** @type {Saved} */ ({ restore_target: target });
  });
  const actions = actionsOf(app, editing, saved, { name: "restore_target", words: "target", wanted, fill });
  void saved.reload();
  return {
    title: () => say("target_heading"),
    isChanged: () => currentForm() !== null && saved.data !== null && hasChanges(editing, saved.data.restore_target),
    draw: () => [
      trail([["/source", say("nav_source")]]),
      el("h1", { key: "heading", tabindex: -1 }, say("target_heading")),
      el("p", { class: "soft", key: "lead" }, say("target_lead")),
      el(
        "div",
        { class: "stack", key: "target" },
        card(
          "target-form",
          say("connection_card"),
          {},
          drawResource(saved, { lines: 6, filled: ({ restore_target: target }) => formOf(app, target, editing, actions) }),
        ),
        editing.check ? card("check", say("check_heading"), {}, checkOf(editing.check)) : null,
      ),
    ],
  };
}

function currentForm() {
  return /** @type {HTMLFormElement | null} */ (document.querySelector("form.target"));
}

/** @param {TargetEditing} editing @param {RestoreTarget | null} target */
function fill(editing, target) {
  const { revision } = editing;
  const { kind = "postgres", profile = null } = target ?? {};
  Object.assign(editing, { kind, profile, problem: null, revision: revision + 1 });
}

/** What the form asks for. @param {TargetEditing} editing */
function wanted({ kind, profile }) {
  const form = new FormData(/** @type {HTMLFormElement} */ (currentForm()));
  const database = databaseIn(form, { views: new Set() });
  return { restore_target: { kind, database, profile, drills: form.has("drills") } };
}

/** @param {TargetEditing} editing @param {RestoreTarget | null} target */
function hasChanges(editing, target) {
  const { kind, database, profile, drills } = wanted(editing).restore_target;
  if ("password" in database) return true;
  if (!target) return database.host !== "" || database.name !== "" || database.user !== "" || drills;
  const { captured_by: _, ...before } = /** @type {NonNullable<RestoreTarget["database"]>} */ (target.database);
  return JSON.stringify([kind, database, profile, drills]) !== JSON.stringify([target.kind, before, target.profile, target.drills]);
}

/** @param {App} app @param {RestoreTarget | null} target @param {TargetEditing} editing @param {ReturnType<typeof actionsOf>} actions */
function formOf(app, target, editing, actions) {
  const known = target?.kind === editing.kind ? target : null;
  const name = (/** @type {string | null} */ profile) => redrawWith(app, editing, { profile });
  const { problem } = editing;
  return el(
    "form",
    {
      key: `form-${editing.revision}`,
      class: "target stack",
      autocomplete: "off",
      on: { submit: actions.save },
    },
    kindOf(app, editing),
    profileOf(editing, { name, none: say("target_profile_none"), hint: say("target_profile_hint") }),
    databaseOf(known?.database ?? null, editing, say("target_schemas_hint")),
    tick("drills", target?.drills ?? false, say("target_drills"), say("target_drills_hint")),
    problem
      ? el("p", { class: "notice bad", role: "alert", id: "connection-problem", key: "problem" }, icon("alert"), explain(problem))
      : null,
    el(
      "div",
      { class: "actions", key: "actions" },
      el("button", { class: "primary" }, icon("check"), say("save")),
      button(say("connection_check"), actions.check, { key: "check" }),
      target ? button(say("target_remove"), actions.remove, { key: "remove" }) : null,
    ),
    target
      ? el("p", { class: "soft", key: "who" }, say("connection_set_by", { name: target.set_by.name, time: time(target.set_time) }))
      : null,
  );
}

/** @param {App} app @param {TargetEditing} editing */
function kindOf(app, editing) {
  const change = (/** @type {Event} */ event) =>
    redrawWith(app, editing, { kind: /** @type {HTMLSelectElement} */ (event.currentTarget).value, problem: null, check: null });
  const options = KINDS.map((value) => el("option", { value, selected: value === editing.kind }, say(`connection_kind_${value}`)));
  return field("kind", say("connection_kind"), el("select", { id: "kind", name: "kind", on: { change } }, ...options));
}

/** What the check of a restore target has found. @param {Check} check */
function checkOf({ error, report }) {
  if (error || !report) {
    const failure = /** @type {Failure} */ ({ code: error?.code ?? "", message: error?.message ?? "", subject: null });
    return el("p", { class: "notice bad", role: "alert", key: "refused" }, icon("alert"), explainFailure(failure));
  }
  return el(
    "div",
    { key: "check", class: "stack" },
    el("p", { role: "status" }, badge("good", say("check_reached"))),
    facts([
      [say("check_server"), report.server],
      [say("connection_user"), report.user],
      [say("check_tls"), report.tls ?? say("check_no_tls")],
      [say("modules"), number(report.modules.length)],
    ]),
    el("p", { class: "soft" }, say("target_check_hint")),
  );
}
