// Schedule form: four choices and a preview of the runs.

import { asProblem, call, get } from "../api.js";
import { button, card, el, icon, link } from "../dom.js";
import { localized, say } from "../i18n.js";
import { backUpNow, showRefusal } from "../parts/backup.js";
import { askWhichVersion } from "../parts/conflict.js";
import { choices } from "../parts/rule-fields.js";
import { previewOf } from "../parts/preview.js";
import { stopSchedule } from "../parts/stop.js";
import { resource } from "../resource.js";
import { fieldsOf, ruleOf, defaultForm } from "../rules.js";

/** Error codes for a form that was filled before another user's change. */
const CONFLICTS = ["PRECONDITION_FAILED", "ALREADY_CANCELLED", "BACKUP_ALREADY_SCHEDULED", "RESOURCE_NOT_FOUND"];

/** @typedef {{ form: Form, isRead: boolean, base: Schedule | null, problem: Problem | null }} Editing state of the form, and the schedule that filled it, whose version a change refers to even if a newer one exists */

/** @type {ViewMaker} */
export default function schedule(app) {
  const editing = /** @type {Editing} */ ({ form: defaultForm(), isRead: false, base: null, problem: null });
  const preview = resource(app, async () => {
    const rule = ruleOf(editing.form);
    return rule ? /** @type {Preview} */ ((await get(`/preview?rrule=${encodeURIComponent(rule)}`)).preview) : null;
  });
  /** Fills the form once, as soon as the summary is loaded. */
  function read() {
    if (editing.isRead || !app.summary) return;
    editing.isRead = true;
    fill(editing, app.summary.schedule);
    void preview.reload();
  }
  /** @param {Event} event */
  function change(event) {
    const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target);
    const before = ruleOf(editing.form);
    Object.assign(editing.form, { [field.name]: field.value });
    editing.problem = null;
    if (ruleOf(editing.form) !== before) void preview.reload();
    else app.redraw();
  }
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    return app.summary ? done(app, editing, preview) : undefined;
  };
  read();
  return {
    title: () => say("nav_schedule"),
    summaryChanged: read,
    draw: () => {
      read();
      return pageOf(app, editing, preview, change, submit);
    },
  };
}

/** @param {Editing} editing @param {Schedule | null} schedule */
function fill(editing, schedule) {
  editing.base = schedule;
  Object.assign(editing.form, defaultForm(), schedule ? fieldsOf(schedule.rrule) : null);
}

/** Starts a backup or saves the schedule; asks first if the next run would have no backup left. @param {App} app @param {Editing} editing @param {Resource<Preview | null>} preview */
async function done(app, editing, preview) {
  const rrule = ruleOf(editing.form);
  if (!rrule) return (await backUpNow(app)) && app.go("/");
  if (preview.isLoading || preview.problem) await preview.reload();
  const { data } = preview;
  const set = () => save(app, editing, preview, rrule);
  if (!data?.limit) return set();
  const { id = null, etag = "" } = editing.base ?? {};
  const isRefused = data.limit.reason !== "used_up" && data.limit.buy.length > 0;
  const { showLimit } = await import("../parts/limit.js");
  showLimit(app, data.limit, {
    followUp: { kind: "schedule", rrule, id, etag },
    skipped: data.skips.find((run) => run === data.next_runs[0]),
    anyway: isRefused ? undefined : set,
  });
}

/** @param {App} app @param {Editing} editing @param {Resource<Preview | null>} preview @param {string} rrule */
async function save(app, editing, preview, rrule) {
  const { base } = editing;
  const body = { backup: { rrule } };
  try {
    if (base) await call("PUT", `/${base.id}`, { body, ifMatch: base.etag });
    else await call("POST", "", { body });
    saved(app, editing);
  } catch (thrown) {
    await failed(app, editing, preview, asProblem(thrown), rrule);
  }
}

/** @param {App} app @param {Editing} editing */
function saved(app, { base }) {
  app.toast(say(base ? "schedule_changed" : "schedule_set"));
  app.go("/");
}

/** @param {App} app @param {Editing} editing @param {Resource<Preview | null>} preview @param {Problem} problem @param {string} rrule */
async function failed(app, editing, preview, problem, rrule) {
  if (problem.code === "INVALID_DATA") {
    editing.problem = problem;
    return app.redraw();
  }
  await app.refresh();
  if (!CONFLICTS.includes(problem.code)) return showRefusal(app, problem, { kind: "schedule", rrule, id: null, etag: "" });
  const theirs = app.summary?.schedule ?? null;
  // The service has these values already: only the response to an earlier request was lost.
  if (theirs?.rrule === rrule) return saved(app, editing);
  const answer = await askWhichVersion({
    kinds: "schedule_set,schedule_changed,schedule_stopped",
    theirs: [el("p", {}, theirs ? say("conflict_rule", { rule: localized(theirs.sentence) }) : say("conflict_stopped"))],
    mine: preview.data ? [el("p", {}, say("conflict_my_rule", { rule: localized(preview.data.sentence) }))] : [],
  });
  if (answer === "theirs") refill(app, editing, preview, theirs);
  if (answer !== "mine") return;
  editing.base = theirs;
  await save(app, editing, preview, rrule);
}

/** Refills a form with user input: `reset` returns its fields to the values in their attributes. @param {App} app @param {Editing} editing @param {Resource<Preview | null>} preview @param {Schedule | null} schedule */
function refill(app, editing, preview, schedule) {
  fill(editing, schedule);
  void preview.reload();
  app.redraw();
  /** @type {HTMLFormElement | null} */ (document.querySelector("main form.columns"))?.reset();
}

/** @param {App} app @param {Editing} editing @param {Resource<Preview | null>} preview @param {(event: Event) => void} change @param {(event: Event) => unknown} submit */
function pageOf(app, { form, problem }, preview, change, submit) {
  const current = app.summary?.schedule ?? null;
  const words = say(form.choice === "now" ? "back_up_now" : "done");
  const set = el("button", { class: "primary big", "aria-disabled": app.summary ? null : "true" }, icon("check"), words);
  return [
    el("h1", { key: "heading", tabindex: -1 }, say("schedule_heading")),
    el("p", { class: "soft", key: "lead" }, say("schedule_lead")),
    el(
      "form",
      { class: "columns", key: "form", on: { submit } },
      choices(form, change, current, problem),
      el(
        "div",
        { class: "aside", key: "aside" },
        previewOf(app, form, preview),
        el("div", { class: "actions", key: "done" }, set, link("/", { class: "button" }, say("cancel"))),
      ),
    ),
    stopOf(app, current),
  ];
}

/** @param {App} app @param {Schedule | null} current */
function stopOf(app, current) {
  if (!current) return null;
  const { backup } = app.summary ?? {};
  const isRunning = backup?.status === "INPROGRESS" && backup.type !== "immediate";
  return card(
    "stop",
    say("stop_heading"),
    { class: "stop" },
    el("p", { class: "soft" }, say("stop_lead", { rule: localized(current.sentence) })),
    el(
      "div",
      { class: "actions" },
      button(say("stop"), () => stopSchedule(app, current), {
        class: "danger",
        icon: "stop",
        "aria-disabled": isRunning ? "true" : null,
        "aria-describedby": isRunning ? "stop-busy" : null,
      }),
      isRunning ? el("p", { id: "stop-busy", class: "soft reason" }, say("stop_busy")) : null,
    ),
  );
}
