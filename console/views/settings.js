// Settings shared by all administrators, and preferences of this browser.

import { asProblem, call } from "../api.js";
import { card, el } from "../dom.js";
import { say } from "../i18n.js";
import { calendarLink } from "../parts/calendar-link.js";
import { askWhichVersion } from "../parts/conflict.js";
import { differenceOf, differs, inWords } from "../parts/settings-difference.js";
import { formOf, recipientsIn, settingsIn } from "../parts/settings-form.js";
import { statementKey } from "../parts/statement.js";
import { browserOf } from "../parts/this-browser.js";
import { webhooks } from "../parts/webhooks.js";
import { resource, drawResource } from "../resource.js";

/** @typedef {import("../parts/settings-form.js").Editing} Editing */
/** @typedef {Resource<Settings>} Saved */

/** @type {ViewMaker} */
export default function settings(app) {
  const editing = /** @type {Editing} */ ({ etag: "", problem: null, recipients: [], revision: 0, rule: "" });
  const saved = resource(app, async () => {
    const { body, etag } = await call("GET", "/settings");
    fill(editing, body.settings, etag);
    return /** @type {Settings} */ (body.settings);
  });
  const hooks = webhooks(app);
  const calendar = calendarLink(app);
  const key = statementKey(app);
  void saved.reload();
  const actions = {
    save: (/** @type {SubmitEvent} */ event) => save(app, editing, saved, event),
    add: () => edit(app, editing, [...editing.recipients, ""], -1),
    remove: (/** @type {number} */ at) => edit(app, editing, editing.recipients.toSpliced(at, 1), at),
    choose: (/** @type {string} */ rule) => {
      editing.rule = rule;
      app.redraw();
    },
  };
  return {
    title: () => say("nav_settings"),
    isChanged() {
      const form = currentForm();
      return form !== null && saved.data !== null && differs(settingsIn(new FormData(form)), saved.data);
    },
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("settings_heading")),
      el(
        "div",
        { class: "stack", key: "settings" },
        card(
          "service",
          say("service_heading"),
          {},
          drawResource(saved, { lines: 6, filled: (data) => formOf(data, editing, actions) }),
        ),
        card("webhooks", say("webhooks_heading"), {}, ...hooks.draw()),
        card("calendar-link", say("calendar_link_heading"), {}, ...calendar.draw()),
        card("statement-key", say("statement_key_heading"), {}, ...key.draw()),
        browserOf(app),
      ),
    ],
  };
}

function currentForm() {
  return /** @type {HTMLFormElement | null} */ (document.querySelector("form.settings"));
}

/** @param {Editing} editing @param {Settings} settings @param {string} etag */
function fill(editing, settings, etag) {
  const rule = settings.retention?.rule ?? "";
  Object.assign(editing, { etag, recipients: [...settings.recipients], problem: null, revision: editing.revision + 1, rule });
}

/** Replaces the list of recipients and focuses the added one, or the one before the removed one. @param {App} app @param {Editing} editing @param {string[]} recipients @param {number} at */
function edit(app, editing, recipients, at) {
  editing.recipients = recipients;
  editing.revision += 1;
  app.redraw();
  const inputs = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[name=recipient]"));
  (inputs[at < 0 ? inputs.length - 1 : Math.max(0, at - 1)] ?? document.getElementById("add-recipient"))?.focus();
}

/** @param {App} app @param {Editing} editing @param {Saved} saved @param {SubmitEvent} event */
async function save(app, editing, saved, event) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  Object.assign(editing, { problem: null, recipients: recipientsIn(form) });
  app.redraw();
  await put(app, editing, saved, settingsIn(form));
  app.redraw();
}

/** @param {App} app @param {Editing} editing @param {Saved} saved @param {any} settings @returns {Promise<void>} */
async function put(app, editing, saved, settings) {
  try {
    const { body, etag } = await call("PUT", "/settings", { body: { settings }, ifMatch: editing.etag });
    accept(app, editing, saved, body.settings, etag);
  } catch (thrown) {
    await refuse(app, editing, saved, asProblem(thrown), settings);
  }
}

/** @param {App} app @param {Editing} editing @param {Saved} saved @param {Settings} settings @param {string} etag */
function accept(app, editing, saved, settings, etag) {
  saved.data = settings;
  fill(editing, settings, etag);
  app.toast(say("settings_saved"));
}

/** @param {App} app @param {Editing} editing @param {Saved} saved @param {Problem} problem @param {any} settings @returns {Promise<void>} */
async function refuse(app, editing, saved, problem, settings) {
  if (problem.status === 401 || problem.status === 403) return app.showError(problem);
  if (problem.code !== "PRECONDITION_FAILED") {
    editing.problem = problem;
    return;
  }
  try {
    await resolve(app, editing, saved, settings);
  } catch (thrown) {
    await refuse(app, editing, saved, asProblem(thrown), settings);
  }
}

/** Resolves a conflict with a version saved since the form was filled. @param {App} app @param {Editing} editing @param {Saved} saved @param {any} mine */
async function resolve(app, editing, saved, mine) {
  const { body, etag } = await call("GET", "/settings");
  const theirs = /** @type {Settings} */ (body.settings);
  // The service has these values already: only the response to an earlier request was lost.
  if (JSON.stringify(inWords(theirs)) === JSON.stringify(inWords(mine))) return accept(app, editing, saved, theirs, etag);
  const answer = await askWhichVersion({
    kinds: "settings_saved",
    theirs: saved.data ? [differenceOf("conflict_changed", saved.data, theirs)] : [],
    mine: [differenceOf("conflict_my_changes", theirs, mine)],
  });
  if (answer === "mine") {
    editing.etag = etag;
    await put(app, editing, saved, mine);
  }
  if (answer !== "theirs") return;
  saved.data = theirs;
  fill(editing, theirs, etag);
  app.redraw();
  currentForm()?.reset();
}
