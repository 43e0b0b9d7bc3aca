// Setting a schedule: four choices, a preview of the runs, and Done.

import { call, get } from "../api.js";
import { button, card, el, icon, link } from "../dom.js";
import { either, explain, longTime, monthName, say, weekdayName } from "../i18n.js";
import { resource, shown } from "../resource.js";
import { CHOICES, WEEKDAYS, fieldsOf, ruleOf, usual } from "../rules.js";
import { backUpNow, refused } from "./overview.js";
import { stopSchedule } from "./stop.js";

/** @type {ViewMaker} */
export default function schedule(app) {
  const state = {
    form: usual(),
    isRead: false,
    isBusy: false,
    /** @type {Problem | null} */
    problem: null,
  };
  const preview = resource(app, async () => {
    const rule = ruleOf(state.form);
    return rule ? /** @type {Preview} */ ((await get(`/preview?rrule=${encodeURIComponent(rule)}`)).preview) : null;
  });
  void read();

  /** Takes the schedule that goes on into the form, once. */
  function read() {
    if (state.isRead || !app.summary) return;
    state.isRead = true;
    const rule = app.summary.schedule?.rrule;
    if (rule) Object.assign(state.form, fieldsOf(rule));
    void preview.reload();
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
    if (state.isBusy) return;
    state.isBusy = true;
    app.redraw();
    try {
      await save();
    } finally {
      state.isBusy = false;
      app.redraw();
    }
  }

  async function save() {
    const rrule = ruleOf(state.form);
    const current = app.summary?.schedule;
    if (!rrule) {
      if (await backUpNow(app)) app.go("/");
      return;
    }
    try {
      if (current) await call("PUT", `/${current.id}`, { body: { backup: { rrule } }, ifMatch: current.etag });
      else await call("POST", "", { body: { backup: { rrule } } });
      app.toast(say(current ? "schedule_changed" : "schedule_set"));
      await app.refresh();
      app.go("/");
    } catch (thrown) {
      await failed(thrown);
    }
  }

  /** @param {unknown} thrown */
  async function failed(thrown) {
    const problem = /** @type {Problem} */ (thrown);
    if (problem.code === "INVALID_DATA") {
      state.problem = problem;
      app.redraw();
    } else {
      await app.refresh();
      await refused(app, thrown);
    }
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
              { class: "primary big", "aria-disabled": state.isBusy || !app.summary ? "true" : null },
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

/** What fits the plan. @param {App} app @param {Form} form @param {Preview | null} preview */
function tips(app, form, preview) {
  const allowance = app.summary?.allowance;
  if (!allowance) return null;
  const found = [];
  const free = allowance.free_per_month;
  if (allowance.unlimited ?? free === null) found.push(say("tip_unlimited"));
  else if (form.choice === "now") found.push(allowance.left ? say("tip_now", { left: allowance.left }) : say("tip_now_none"));
  else if (form.choice === "weekly" && !allowance.weekly) found.push(say("tip_weekly"));
  else if (free === 0) found.push(say("tip_none"));
  else {
    if (form.choice === "biweekly")
      found.push(
        say(free && free > 2 ? "tip_biweekly_more" : "tip_biweekly", { free: free ?? 0, rest: Math.max((free ?? 0) - 2, 0) }),
      );
    if (form.choice === "monthly" && free && free > 1) found.push(say("tip_monthly", { rest: free - 1 }));
    const busiest = preview?.months.find(({ runs }) => runs > (free ?? 0));
    if (busiest) {
      const [year, month] = busiest.month.split("-").map(Number);
      found.push(say("tip_busiest", { month: monthName(year, month - 1), runs: busiest.runs, free: free ?? 0 }));
    }
  }
  return el(
    "ul",
    { class: "tips", "aria-label": say("tips") },
    found.map((tip) => el("li", {}, icon("check"), el("span", {}, tip))),
  );
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
      button(say("stop"), () => void stopSchedule(app, current), {
        class: "danger",
        icon: "stop",
        "aria-disabled": isRunning ? "true" : null,
        "aria-describedby": isRunning ? "stop-busy" : null,
      }),
      isRunning ? el("p", { id: "stop-busy", class: "soft reason" }, say("stop_busy")) : null,
    ),
  );
}
