// Setting a schedule: four choices, a preview of the runs, and Done.

import { asProblem, call, get } from "../api.js";
import { button, card, el, icon, link } from "../dom.js";
import { either, explain, longTime, monthName, say, weekdayName } from "../i18n.js";
import { resource, shown } from "../resource.js";
import { CHOICES, WEEKDAYS, fieldsOf, ruleOf, usual } from "../rules.js";
import { askWhose } from "./conflict.js";
import { backUpNow, refused } from "./overview.js";
import { stopSchedule } from "./stop.js";

/** Refusals of a form that was filled before somebody else's change. */
const CONFLICTS = ["PRECONDITION_FAILED", "ALREADY_CANCELLED", "BACKUP_ALREADY_SCHEDULED", "RESOURCE_NOT_FOUND"];

/** @type {ViewMaker} */
export default function schedule(app) {
  const state = {
    form: usual(),
    isRead: false,
    /** The schedule that the form was filled from; its version is what a change is about, whatever is news meanwhile. @type {Schedule | null} */
    base: null,
    /** @type {Problem | null} */
    problem: null,
  };
  const preview = resource(app, async () => {
    const rule = ruleOf(state.form);
    return rule ? /** @type {Preview} */ ((await get(`/preview?rrule=${encodeURIComponent(rule)}`)).preview) : null;
  });
  read();

  /** Fills the form, once. */
  function read() {
    if (state.isRead || !app.summary) return;
    state.isRead = true;
    take(app.summary.schedule);
  }

  /** @param {Schedule | null} schedule */
  function take(schedule) {
    state.base = schedule;
    Object.assign(state.form, usual(), schedule ? fieldsOf(schedule.rrule) : null);
    void preview.reload();
  }

  /** Fills a form that somebody has touched: fields go back to what their attributes say. @param {Schedule | null} schedule */
  function refill(schedule) {
    take(schedule);
    app.redraw();
    /** @type {HTMLFormElement | null} */ (document.querySelector("main form.columns"))?.reset();
  }

  /** @param {Event} event */
  function change(event) {
    const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target);
    const before = ruleOf(state.form);
    Object.assign(state.form, { [field.name]: field.value });
    state.problem = null;
    if (ruleOf(state.form) !== before) void preview.reload();
    else app.redraw();
  }

  /** @param {Event} event */
  async function done(event) {
    event.preventDefault();
    if (!app.summary) return;
    const rrule = ruleOf(state.form);
    if (!rrule) return (await backUpNow(app)) && app.go("/");
    if (preview.isLoading || preview.problem) await preview.reload();
    const { data } = preview;
    if (!data?.limit) return save(rrule);
    const { id = null, etag = "" } = state.base ?? {};
    const isRefused = data.limit.reason !== "used_up" && data.limit.buy.length > 0;
    const { showLimit } = await import("./limit.js");
    showLimit(app, data.limit, {
      then: { kind: "schedule", rrule, id, etag },
      skipped: data.skips.find((run) => run === data.next_runs[0]),
      anyway: isRefused ? undefined : () => save(rrule),
    });
  }

  /** @param {string} rrule */
  async function save(rrule) {
    const { base } = state;
    const body = { backup: { rrule } };
    try {
      if (base) await call("PUT", `/${base.id}`, { body, ifMatch: base.etag });
      else await call("POST", "", { body });
      await app.refresh();
      saved();
    } catch (thrown) {
      await failed(asProblem(thrown), rrule);
    }
  }

  function saved() {
    app.toast(say(state.base ? "schedule_changed" : "schedule_set"));
    app.go("/");
  }

  /** @param {Problem} problem @param {string} rrule */
  async function failed(problem, rrule) {
    if (problem.code === "INVALID_DATA") {
      state.problem = problem;
      return app.redraw();
    }
    await app.refresh();
    if (!CONFLICTS.includes(problem.code)) return refused(app, problem, { kind: "schedule", rrule, id: null, etag: "" });
    const theirs = app.summary?.schedule ?? null;
    // It is what was asked for already: the answer was lost on its way.
    if (theirs?.rrule === rrule) return saved();
    const answer = await askWhose({
      kinds: "schedule_set,schedule_changed,schedule_stopped",
      theirs: [el("p", {}, theirs ? say("conflict_rule", { rule: either(theirs.sentence) }) : say("conflict_stopped"))],
      mine: preview.data ? [el("p", {}, say("conflict_my_rule", { rule: either(preview.data.sentence) }))] : [],
    });
    if (answer === "theirs") refill(theirs);
    if (answer !== "mine") return;
    state.base = theirs;
    await save(rrule);
  }

  return {
    title: () => say("nav_schedule"),
    news: read,
    draw: () => {
      read();
      const current = app.summary?.schedule ?? null;
      const form = el(
        "form",
        { class: "columns", key: "form", on: { submit: done } },
        choices(state.form, change, current, state.problem),
        el(
          "div",
          { class: "aside", key: "aside" },
          previewOf(app, state.form, preview),
          el(
            "div",
            { class: "actions", key: "done" },
            el(
              "button",
              { class: "primary big", "aria-disabled": app.summary ? null : "true" },
              icon("check"),
              say(state.form.choice === "now" ? "back_up_now" : "done"),
            ),
            link("/", { class: "button" }, say("cancel")),
          ),
        ),
      );
      return [
        el("h1", { key: "heading", tabindex: -1 }, say("schedule_heading")),
        el("p", { class: "soft", key: "lead" }, say("schedule_lead")),
        form,
        stopOf(app, current),
      ];
    },
  };
}

/** @param {Form} form @param {(event: Event) => void} change @param {Schedule | null} current @param {Problem | null} problem */
function choices(form, change, current, problem) {
  const isOther = current && fieldsOf(current.rrule) === null;
  return el(
    "fieldset",
    { class: "card choices", key: "choices", "aria-describedby": problem ? "rule-problem" : null },
    el("legend", {}, say("how_often")),
    isOther ? el("p", { class: "notice" }, icon("alert"), say("other_rule", { rule: either(current.sentence) })) : null,
    ...CHOICES.map((choice) => choiceOf(choice, form, change)),
    problem ? el("p", { class: "notice bad", role: "alert", id: "rule-problem" }, icon("alert"), explain(problem)) : null,
  );
}

/** @param {string} choice @param {Form} form @param {(event: Event) => void} change */
function choiceOf(choice, form, change) {
  const isChosen = form.choice === choice;
  const radio = el("input", {
    type: "radio",
    name: "choice",
    id: `choice-${choice}`,
    value: choice,
    checked: isChosen,
    "aria-describedby": `hint-${choice}`,
    on: { change },
  });
  const label = el("label", { for: `choice-${choice}` }, say(`choice_${choice}`));
  const hint = el("p", { class: "soft", id: `hint-${choice}` }, say(`choice_${choice}_hint`));
  const fields =
    isChosen && choice !== "now" ? el("div", { class: "fields", key: "fields" }, ...fieldsFor(choice, form, change)) : null;
  return el("div", { class: isChosen ? "choice chosen" : "choice", key: choice }, radio, el("div", {}, label, hint, fields));
}

/** @param {string} choice @param {Form} form @param {(event: Event) => void} change */
function fieldsFor(choice, form, change) {
  const weekday = select(
    "weekday",
    say("weekday"),
    WEEKDAYS.map((name, at) => [name, weekdayName(at)]),
    form.weekday,
    change,
  );
  if (choice !== "monthly") return [weekday];
  const by = el(
    "fieldset",
    { class: "inline", key: "by" },
    el("legend", {}, say("which_day")),
    ...["date", "nth"].map((value) =>
      el(
        "label",
        { key: value },
        el("input", { type: "radio", name: "by", value, checked: form.by === value, on: { change } }),
        say(`by_${value}`),
      ),
    ),
  );
  if (form.by === "date") {
    const dates = Array.from(
      { length: 31 },
      (_, at) => /** @type {[string, string]} */ ([String(at + 1), say("day_of_month", { day: at + 1 })]),
    );
    return [
      by,
      select("date", say("date_of_month"), dates, form.date, change),
      Number(form.date) > 28 ? el("p", { class: "soft", key: "short" }, say("short_months")) : null,
    ];
  }
  const nth = /** @type {[string, string][]} */ (
    ["1", "2", "3", "4", "-1"].map((value) => [value, say(`nth_${value.replace("-", "last_")}`)])
  );
  return [by, select("nth", say("nth"), nth, form.nth, change), weekday];
}

/** @param {string} name @param {string} label @param {[string, string][]} options @param {string} chosen @param {(event: Event) => void} change */
function select(name, label, options, chosen, change) {
  const choices = options.map(([value, words]) => el("option", { value, selected: value === chosen }, words));
  return el(
    "div",
    { class: "field", key: name },
    el("label", { for: `field-${name}` }, label),
    el("select", { id: `field-${name}`, name, on: { change } }, ...choices),
  );
}

/** @param {App} app @param {Form} form @param {ReturnType<typeof resource<Preview | null>>} preview */
function previewOf(app, form, preview) {
  if (form.choice === "now") {
    return card(
      "preview",
      say("preview_now_heading"),
      { class: "preview" },
      el("p", {}, say("preview_now")),
      tips(app, form, null),
    );
  }
  const filled = (/** @type {Preview | null} */ data) =>
    data &&
    el(
      "div",
      { key: "runs", class: preview.isLoading ? "stale" : null },
      el("p", { class: "lead sentence", "aria-live": "polite" }, either(data.sentence)),
      el(
        "ol",
        { class: "runs numbered" },
        data.next_runs.map((run) => el("li", {}, longTime(run))),
      ),
      el("p", { class: "soft" }, say("zone", { zone: data.time_zone })),
      tips(app, form, data),
    );
  return card("preview", say("preview_heading"), { class: "preview" }, shown(preview, { filled, lines: 6 }));
}

/** What fits the plan and what is left. @param {App} app @param {Form} form @param {Preview | null} preview */
function tips(app, form, preview) {
  const allowance = app.summary?.allowance;
  if (!allowance) return null;
  return el(
    "ul",
    { class: "tips", "aria-label": say("tips") },
    tipsFor(allowance, form, preview).map(([picture, tip]) => el("li", {}, icon(picture), el("span", {}, tip))),
  );
}

/** @param {Allowance} allowance @param {Form} form @param {Preview | null} preview @returns {[string, string][]} a picture, and words */
function tipsFor(allowance, form, preview) {
  const free = allowance.free_per_month;
  if (free === null || allowance.unlimited) return [["check", say("tip_unlimited")]];
  if (form.choice === "now")
    return [allowance.left ? ["check", say("tip_now", { left: allowance.left })] : ["alert", say("tip_now_none")]];
  if (preview?.limit?.reason === "needs_weekly") return [["alert", say("tip_weekly")]];
  const skips = tipsOfSkips(free, preview);
  if (skips.length) return skips;
  if (form.choice === "weekly" && allowance.weekly) return [["check", say("tip_weekly_covered")]];
  if (free === 0) return [["check", say("tip_none")]];
  if (form.choice === "weekly") return [];
  if (form.choice === "biweekly")
    return [["check", say(free > 2 ? "tip_biweekly_more" : "tip_biweekly", { free, rest: Math.max(free - 2, 0) })]];
  return free > 1 ? [["check", say("tip_monthly", { rest: free - 1 })]] : [];
}

/** What will find nothing to use: the next run, and the month with most of them. @param {number} free @param {Preview | null} preview @returns {[string, string][]} */
function tipsOfSkips(free, preview) {
  if (!preview) return [];
  const found = /** @type {[string, string][]} */ ([]);
  const [next] = preview.next_runs;
  if (preview.skips.includes(next)) found.push(["alert", say("tip_next_skipped", { time: longTime(next) })]);
  const most = Math.max(0, ...preview.months.map(({ skipped }) => skipped));
  const month = preview.months.find(({ skipped, runs }) => skipped === most && runs > free);
  if (month && most > 0) {
    const [year, number] = month.month.split("-").map(Number);
    found.push([
      "alert",
      say("tip_busiest", { month: monthName(year, number - 1), runs: month.runs, free, skipped: month.skipped }),
    ]);
  }
  return found;
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
    el("p", { class: "soft" }, say("stop_lead", { rule: either(current.sentence) })),
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
