// The state of backups at a glance, all of it from the summary.

import { asProblem, call } from "../api.js";
import { ask } from "../dialog.js";
import { badge, button, card, el, facts, icon, link, unseen } from "../dom.js";
import {
  date,
  digits,
  either,
  explain,
  hour,
  knows,
  longTime,
  monthName,
  number,
  planName,
  say,
  size,
  span,
  time,
  until,
  weekdayName,
} from "../i18n.js";

/** @type {ViewMaker} */
export default function overview(app) {
  return {
    title: () => say("nav_overview"),
    draw: () => [el("h1", { key: "heading", tabindex: -1 }, say("overview_heading")), ...body(app)],
  };
}

/** @param {App} app */
function body(app) {
  if (!app.summary) return [app.problem ? failed(app) : loading()];
  const { summary } = app;
  return [
    el(
      "div",
      { class: "overview", key: "overview" },
      stateOf(app, summary),
      allowanceOf(summary),
      scheduleOf(app, summary),
      calendarOf(app, summary),
    ),
  ];
}

function loading() {
  const cards = ["state", "allowance", "next", "months"].map((key) => el("div", { class: `card ghost ${key}`, key }));
  return el(
    "div",
    { class: "overview", key: "loading", "aria-busy": "true" },
    el("p", { class: "unseen", role: "status" }, say("loading")),
    ...cards,
  );
}

/** @param {App} app */
function failed(app) {
  const text = app.problem ? explain(app.problem) : "";
  const retry = button(say("retry"), () => void app.refresh(), { class: "primary" });
  return el("div", { class: "card blank", role: "alert", key: "failed" }, icon("alert"), el("p", {}, text), retry);
}

/** @param {App} app @param {Summary} summary */
function stateOf(app, summary) {
  const { backup, last } = summary;
  const running = backup?.status === "INPROGRESS" ? backup : null;
  const ended = running ? last : backup;
  const parts = [running ? progressOf(running) : null, ended ? (running ? beforeOf(ended) : resultOf(app, ended)) : null];
  const none = backup ? null : el("p", { class: "lead", key: "none" }, say("state_none"));
  // What to do comes first, so that it stays where it is whatever the state says below it.
  return card("state", say("state_heading"), { class: backup ? "state told" : "state" }, actionsOf(app, summary), none, ...parts);
}

/** @param {NewestBackup} backup */
function progressOf({ progress: { done, total, seconds_left: left } }) {
  const bar = total
    ? el("progress", { max: Math.max(total.bytes, 1), value: Math.min(done.bytes, total.bytes), "aria-labelledby": "running" })
    : el("progress", { "aria-labelledby": "running" });
  const of = (/** @type {number} */ some, /** @type {number | undefined} */ all) =>
    all === undefined ? "–" : say("of", { some: number(some), all: number(all) });
  return el(
    "div",
    { class: "running", key: "running" },
    el(
      "p",
      { class: "lead" },
      badge("busy", say("status_INPROGRESS")),
      el("span", { id: "running" }, total ? say("state_running") : say("state_planning")),
    ),
    bar,
    facts(
      [
        [say("records"), of(done.rows, total?.rows)],
        [say("amount"), total ? say("of", { some: size(done.bytes), all: size(total.bytes) }) : "–"],
        [say("time_left"), left === null || !total ? "–" : left < 2 ? say("almost") : say("about", { time: span(left) })],
      ],
      "figures",
    ),
  );
}

/** @param {NewestBackup} backup */
function beforeOf({ failure, downloadable, expiry_date: expiry }) {
  const words = failure ? say("last_failed") : say(downloadable ? "last_ready" : "last_expired", { time: time(expiry) });
  return el("p", { class: "soft", key: "before" }, icon("clock"), words);
}

/** @param {App} app @param {NewestBackup} backup */
function resultOf(app, backup) {
  const key = "result";
  const when = backup.finished_time ?? backup.created_time;
  const who = el("p", { class: "soft" }, say("made_by", { time: longTime(when), name: backup.requester.name }));
  if (backup.failure)
    return el(
      "div",
      { class: "result", key },
      el("p", { class: "lead" }, badge("bad", say("status_FAILED")), el("span", {}, say("state_failed"))),
      failure(backup.failure),
      who,
    );
  const lead = backup.downloadable ? say("state_ready") : say("state_expired");
  const left = (Date.parse(backup.expiry_date) - app.now().getTime()) / 1000;
  const expiry = backup.downloadable
    ? el("p", { class: "soft" }, icon("clock"), say("links_work", { span: span(left), time: time(backup.expiry_date) }))
    : el("p", { class: "soft" }, say("links_ended", { time: time(backup.expiry_date) }));
  return el(
    "div",
    { class: "result", key },
    el(
      "p",
      { class: "lead" },
      badge(backup.downloadable ? "good" : "quiet", say(backup.downloadable ? "status_COMPLETED" : "status_EXPIRED")),
      el("span", {}, lead),
    ),
    who,
    expiry,
    backup.downloadable
      ? el(
          "ul",
          { class: "files" },
          backup.files.map((file) => fileOf(app, backup, file)),
        )
      : null,
  );
}

/** @param {Failure} failure */
export function failure({ code, message }) {
  const key = `failure_${code}`;
  return el(
    "div",
    { class: "notice bad" },
    icon("alert"),
    el(
      "div",
      {},
      el("p", {}, knows(key) ? say(key) : message),
      el("details", {}, el("summary", {}, say("details")), el("p", { lang: "en" }, `${code}: ${message}`)),
    ),
  );
}

/** @param {App} app @param {Backup} backup @param {BackupFile} file */
function fileOf(app, backup, file) {
  const words = el(
    "span",
    { class: "file" },
    icon("file"),
    el("strong", {}, file.name),
    el("span", { class: "soft" }, `${say(`kind_${file.kind}`)} · ${size(file.size)}`),
  );
  return el(
    "li",
    { key: file.name },
    words,
    button(say("download"), () => download(app, backup, file), {
      icon: "download",
      "aria-label": say("download_file", { name: file.name }),
    }),
  );
}

/** Records a download and begins it. @param {App} app @param {Backup} backup @param {BackupFile} file */
export async function download(app, backup, file) {
  try {
    const { body } = await call("POST", `/${backup.id}/files/${encodeURIComponent(file.name)}/actions/download`);
    const anchor = el("a", { href: body.download.url, download: body.download.file_name });
    anchor.click();
    app.toast(say("download_begun", { name: file.name }));
  } catch (thrown) {
    app.tell(thrown);
  }
}

/** @param {App} app @param {Summary} summary */
function actionsOf(app, summary) {
  const isRunning = summary.backup?.status === "INPROGRESS";
  const reason = el("p", { id: "busy", class: "soft reason", key: "busy" }, isRunning ? say("busy") : say("now_hint"));
  const now = button(say("back_up_now"), () => backUpNow(app), {
    class: "primary",
    icon: "run",
    "aria-disabled": isRunning ? "true" : null,
    "aria-describedby": "busy",
    key: "now",
  });
  return el(
    "div",
    { class: "actions", key: "actions" },
    now,
    link("/downloads", { class: "button", key: "all" }, icon("download"), say("all_downloads")),
    reason,
  );
}

/** Asks for a backup; where backups are counted, only once it is agreed to. Says so when nothing is left to use. @param {App} app */
export async function backUpNow(app) {
  if (!(await isAgreed(app))) return false;
  try {
    await call("POST", "");
    app.toast(say("backup_begun"));
    await app.refresh();
    return true;
  } catch (thrown) {
    await refused(app, thrown);
    return false;
  }
}

/** @param {App} app */
async function isAgreed({ summary }) {
  const left = summary?.allowance.left;
  if (!left || summary?.allowance.unlimited) return true;
  const body = [el("p", {}, say("now_question")), el("p", {}, say("now_uses", { left, after: left - 1 }))];
  return ask({ title: say("now_title"), body, confirm: say("back_up_now") });
}

/** @param {App} app @param {unknown} thrown @param {import("../buying.js").Then} [then] what was asked for */
export async function refused(app, thrown, then = { kind: "now" }) {
  const problem = asProblem(thrown);
  if (problem.code !== "LIMIT_REACHED") return app.tell(problem);
  const { showLimit } = await import("./limit.js");
  showLimit(app, problem.details, { then });
}

/** @param {Summary} summary */
function allowanceOf({ allowance }) {
  const isUnlimited = allowance.unlimited ?? allowance.free_per_month === null;
  const buy = allowance.purchases
    ? el("p", { class: "actions" }, link("/add-ons", { class: "button" }, icon("cart"), say("buy_more")))
    : null;
  const plan = el("p", { class: "soft" }, planName(allowance.plan));
  if (isUnlimited)
    return card("allowance", say("allowance_heading"), { class: "allowance" }, el("p", { class: "large" }, say("unlimited")), plan);
  const free = allowance.free_per_month ?? 0;
  const left = allowance.free_left ?? allowance.left ?? 0;
  const rows = /** @type {[Child, Child][]} */ ([]);
  if (allowance.renews && free > 0) rows.push([say("renews"), date(allowance.renews)]);
  if (allowance.one_time_left !== undefined) rows.push([say("bought_left"), say("times", { count: allowance.one_time_left })]);
  if (allowance.weekly)
    rows.push([say("weekly_subscription"), say(`weekly_${allowance.weekly.status}`, { date: date(allowance.weekly.until) })]);
  return card(
    "allowance",
    say("allowance_heading"),
    { class: "allowance" },
    free > 0 ? meter(left, free) : el("p", { class: "large" }, say("no_free")),
    plan,
    facts(rows),
    buy,
  );
}

/** @param {number} left @param {number} free */
function meter(left, free) {
  const words = say("free_left", { left, free });
  const cells = Array.from({ length: Math.min(free, 31) }, (_, at) => el("span", { class: at < left ? "left" : "used" }));
  return el(
    "div",
    { class: "allowance-left" },
    el("p", { class: "large", id: "free-left" }, el("strong", {}, number(left)), el("span", {}, say("of_free", { free }))),
    el(
      "div",
      {
        class: "meter",
        role: "meter",
        "aria-valuemin": 0,
        "aria-valuemax": free,
        "aria-valuenow": left,
        "aria-valuetext": words,
        "aria-label": say("allowance_heading"),
      },
      ...cells,
    ),
  );
}

/** @param {App} app @param {Summary} summary */
function scheduleOf(app, { schedule }) {
  if (!schedule) {
    return card(
      "next",
      say("next_heading"),
      { class: "next" },
      el("p", { class: "lead" }, say("no_schedule")),
      el("p", { class: "soft" }, say("no_schedule_hint")),
      el("p", { class: "actions" }, link("/schedule", { class: "button primary" }, icon("calendar"), say("set_schedule"))),
    );
  }
  const [next, ...later] = schedule.next_runs;
  const isSkipped = (/** @type {string} */ run) => schedule.skips.includes(run);
  return card(
    "next",
    say("next_heading"),
    { class: "next" },
    el("p", { class: "large" }, el("strong", {}, longTime(next)), el("span", { class: "soft" }, until(next, app.now()))),
    isSkipped(next) ? skippedOf(app) : null,
    el("p", {}, icon("run"), el("span", { class: "sentence" }, either(schedule.sentence))),
    el("h3", {}, say("later_runs")),
    el(
      "ol",
      { class: "runs" },
      later.map((run) =>
        el("li", { key: run }, longTime(run), isSkipped(run) ? [" ", badge("bad", say("will_be_skipped"))] : null),
      ),
    ),
    el("p", { class: "soft" }, say("set_by", { name: schedule.requester.name })),
    el("p", { class: "actions" }, link("/schedule", { class: "button" }, icon("calendar"), say("change_schedule"))),
  );
}

/** The next run will find nothing to use. @param {App} app */
function skippedOf(app) {
  const buy = app.summary?.allowance.purchases
    ? link("/add-ons/one_time", { class: "button" }, icon("cart"), say("buy_more"))
    : null;
  return el("div", { class: "notice bad", key: "skipped" }, icon("alert"), el("p", {}, say("next_is_skipped")), buy);
}

/** @param {App} app @param {Summary} summary */
function calendarOf(app, { schedule }) {
  const today = digits(app.now());
  const runs = new Map((schedule?.calendar ?? schedule?.next_runs ?? []).map((run) => [digits(run), run]));
  const [year, month] = today.split("-").map(Number);
  const months = [0, 1, 2].map((ahead) => monthOf(new Date(Date.UTC(year, month - 1 + ahead, 1)), today, runs));
  const key = el(
    "p",
    { class: "soft legend" },
    el("span", { class: "dot run", "aria-hidden": "true" }),
    say("legend_run"),
    el("span", { class: "dot today", "aria-hidden": "true" }),
    say("legend_today"),
  );
  return card("months", say("calendar_heading"), { class: "months" }, el("div", { class: "calendar" }, ...months), key);
}

/** @param {Date} first @param {string} today @param {Map<string, string>} runs */
function monthOf(first, today, runs) {
  const [year, month] = [first.getUTCFullYear(), first.getUTCMonth()];
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const cells = [...Array(first.getUTCDay()).fill(0), ...Array.from({ length: days }, (_, at) => at + 1)];
  const weeks = Array.from({ length: 6 }, (_, week) => Array.from({ length: 7 }, (_, at) => cells[week * 7 + at] ?? 0));
  const head = Array.from({ length: 7 }, (_, weekday) =>
    el("th", { scope: "col", abbr: weekdayName(weekday) }, weekdayName(weekday, "narrow")),
  );
  const cell = (/** @type {number} */ day) => {
    if (!day) return el("td");
    const name = `${year}-${String(month + 1).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
    const run = runs.get(name);
    const names = [run ? "run" : "", name === today ? "today" : "", name < today ? "past" : ""].filter(Boolean).join(" ");
    return el(
      "td",
      { class: names || null, "aria-current": name === today ? "date" : null },
      el("span", {}, day),
      run ? unseen(" ", say("run_at", { time: hour(run) })) : null,
    );
  };
  return el(
    "table",
    { key: `${year}-${month}` },
    el("caption", {}, monthName(year, month)),
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...weeks.map((week) => el("tr", {}, ...week.map(cell)))),
  );
}
