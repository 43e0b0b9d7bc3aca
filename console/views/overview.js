// Overview of backups, drawn from the summary alone.

import {
  badge,
  button,
  card,
  cells,
  el,
  facts,
  failureNotice,
  icon,
  legend,
  link,
  meterOf,
  notice,
  progressBar,
  visuallyHidden,
  warning,
} from "../dom.js";
import {
  date,
  isoDate,
  localized,
  estimateOf,
  explain,
  failureTexts,
  timeOfDay,
  longTime,
  lossesText,
  monthName,
  number,
  planName,
  say,
  size,
  duration,
  time,
  relativeTime,
  weekdayName,
  percent,
  progressTexts,
  stateWithoutFiles,
  unusualText,
  withoutFiles,
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
      allowanceOf(app, summary),
      scheduleOf(app, summary),
      calendarOf(app, summary),
    ),
  ];
}

/** Placeholder until the summary is loaded. */
export function loading() {
  const cards = ["state", "allowance", "next", "months"].map((key) => el("div", { class: `card placeholder ${key}`, key }));
  return el(
    "div",
    { class: "overview", key: "loading", "aria-busy": "true" },
    el("p", { class: "visually-hidden", role: "status" }, say("loading")),
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
  // The state comes first, in one line, so that the buttons stay in place however long the details below are.
  const head = el("div", { class: "state-head", key: "head" }, leadOf(backup), actionsOf(app, summary));
  return card(
    "state",
    say("state_heading"),
    { class: "state" },
    unusualOf(ended),
    head,
    reasonOf(summary),
    el("div", { class: backup ? "state-details" : "", key: "details" }, ...parts),
  );
}

/** Warning of an unusual loss in the newest backup. @param {Backup | null} backup */
function unusualOf(backup) {
  const changes = backup?.changes;
  if (!backup || !changes?.unusual_losses.length) return null;
  return warning(unusualText(changes), link(`/downloads/${backup.id}`, {}, say("show_backup")));
}

/** The state as one line. @param {NewestBackup | null} backup */
function leadOf(backup) {
  if (!backup) return el("p", { class: "lead", key: "lead" }, say("state_none"));
  const [kind, status, words] = /** @type {["good" | "bad" | "busy" | "quiet", string, string]} */ (
    backup.status === "INPROGRESS"
      ? ["busy", "INPROGRESS", stageOf(backup.progress)]
      : backup.status === "CANCELLED"
        ? ["quiet", "CANCELLED", "state_cancelled"]
        : backup.failure
          ? ["bad", "FAILED", "state_failed"]
          : backup.downloadable && backup.losses
            ? ["bad", "INCOMPLETE", "state_incomplete"]
            : backup.downloadable
              ? ["good", "COMPLETED", "state_ready"]
              : stateWithoutFiles(backup)
  );
  return el("p", { class: "lead", key: "lead" }, badge(kind, say(`status_${status}`)), el("span", { id: "running" }, say(words)));
}

/** Returns the name of the text that says what a running backup is doing. @param {NewestBackup["progress"]} progress */
function stageOf({ total, capture, waits_for_program: waits }) {
  return total ? "state_running" : capture ? "state_capturing" : waits ? "state_waiting" : "state_planning";
}

/** Draws how far a running backup is. @param {NewestBackup} backup */
function progressOf({ progress }) {
  const { done, total, capture } = progress;
  const [some, all] = total ? [done.bytes, Math.max(total.bytes, 1)] : [capture?.rows ?? 0, capture?.expected_rows ?? 0];
  const figures = facts(progressTexts(progress), "figures");
  return el(
    "div",
    { class: "running", key: "running" },
    progressBar(some, all, all ? percent(some / all) : "", "running"),
    figures,
  );
}

/** @param {NewestBackup} backup */
function beforeOf(backup) {
  const { status, failure, downloadable, expiry_date: expiry } = backup;
  const ended = status === "CANCELLED" ? say("last_cancelled") : failure ? say("last_failed") : null;
  const words = ended ?? (downloadable ? say("last_ready", { time: time(expiry) }) : withoutFiles(backup, "last_expired"));
  return el("p", { class: "soft", key: "before" }, icon("clock"), words);
}

/** @param {App} app @param {NewestBackup} backup */
function resultOf(app, backup) {
  const key = "result";
  const when = backup.finished_time ?? backup.created_time;
  const who = el("p", { class: "soft" }, say("started_at_by", { time: longTime(when), name: backup.requester.name }));
  if (backup.status === "CANCELLED") return el("div", { class: "result", key }, who);
  if (backup.failure) return el("div", { class: "result", key }, failure(app, backup.failure), who);
  const left = (Date.parse(backup.expiry_date) - app.now().getTime()) / 1000;
  const expiry = backup.downloadable
    ? el(
        "p",
        { class: "soft" },
        icon("clock"),
        say("files_available_until", { span: duration(left), time: time(backup.expiry_date) }),
      )
    : el("p", { class: "soft" }, withoutFiles(backup, "files_expired_on"));
  const files = backup.files.map((file) => fileOf(app, backup, file));
  const lost = backup.losses ? notice(lossesText(backup.losses)) : null;
  return el("div", { class: "result", key }, who, expiry, lost, backup.downloadable ? el("ul", { class: "files" }, files) : null);
}

/** Reason of a failure, with a retry button if a backup can be started. @param {App} app @param {Failure} failure */
function failure(app, failure) {
  const isFree = app.summary?.backup?.status !== "INPROGRESS";
  return failureNotice(failureTexts(failure), isFree ? button(say("retry"), () => backUpNow(app), { key: "again" }) : null);
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

// Code for actions is loaded on the first click, which keeps the first screen small.

/** @param {App} app */
async function backUpNow(app) {
  return (await import("../parts/backup.js")).backUpNow(app);
}

/** @param {App} app @param {Backup} backup @param {BackupFile} file */
async function download(app, backup, file) {
  return (await import("../parts/backup.js")).download(app, backup, file);
}

/** @param {App} app @param {Summary} summary */
function actionsOf(app, summary) {
  const isRunning = summary.backup?.status === "INPROGRESS";
  const now = button(say("back_up_now"), () => backUpNow(app), {
    class: "primary",
    icon: "run",
    "aria-disabled": isRunning ? "true" : null,
    "aria-describedby": isRunning ? "busy" : "estimate busy",
    key: "now",
  });
  const all = link("/downloads", { class: "button", key: "all" }, icon("download"), say("all_downloads"));
  const words = estimateOf(summary);
  const estimate = words ? el("p", { id: "estimate", class: "soft estimate", key: "estimate" }, icon("clock"), words) : null;
  // The last of its row, and small where rows are narrow, so that nothing moves when it goes.
  const cancel = button(say("cancel_run"), () => cancelRun(app, summary), { class: "cancel-run", icon: "stop", key: "cancel" });
  return el("div", { class: "actions", key: "actions" }, now, all, isRunning ? cancel : null, estimate);
}

/** @param {App} app @param {Summary} summary */
async function cancelRun(app, { backup }) {
  if (backup) await (await import("../parts/cancel-run.js")).cancelRun(app, backup);
}

/** Description of "Back up now", or the reason why it is disabled. @param {Summary} summary */
function reasonOf({ backup }) {
  const words = say(backup?.status === "INPROGRESS" ? "backup_in_progress" : "back_up_now_hint");
  return el("p", { id: "busy", class: "soft reason", key: "busy" }, words);
}

/** @param {App} app @param {Summary} summary */
function allowanceOf(app, { allowance, schedule }) {
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
  if (allowance.renews && free > 0) rows.push([say("renews_on"), date(allowance.renews)]);
  if (allowance.one_time_left !== undefined)
    rows.push([say("bought_left"), say("backup_count", { count: allowance.one_time_left })]);
  if (allowance.weekly)
    rows.push([say("weekly_subscription"), say(`weekly_${allowance.weekly.status}`, { date: date(allowance.weekly.until) })]);
  const month = isoDate(app.now()).slice(0, 7);
  const planned = allowance.weekly ? 0 : (schedule?.calendar ?? []).filter((run) => isoDate(run).startsWith(month)).length;
  return card(
    "allowance",
    say("allowance_heading"),
    { class: "allowance" },
    free > 0 ? meter(left, free, planned) : el("p", { class: "large" }, say("no_free")),
    plan,
    facts(rows),
    buy,
  );
}

/** This month's free backups: used, planned by the schedule, and left. @param {number} left @param {number} free @param {number} planned */
function meter(left, free, planned) {
  const ahead = Math.min(planned, left);
  const parts = /** @type {{ kind: "used" | "planned" | "left", count: number }[]} */ ([
    { kind: "used", count: free - left },
    { kind: "planned", count: ahead },
    { kind: "left", count: left - ahead },
  ]);
  const key = parts.map(({ kind, count }) => legend(kind, say(`meter_${kind}`, { count })));
  return el(
    "div",
    { class: "allowance-left" },
    el(
      "p",
      { class: "large", id: "free-left" },
      el("strong", {}, number(left)),
      el("span", {}, say("of_free_this_month", { free })),
    ),
    meterOf({ max: free, now: left, words: say("free_left", { left, free }), label: say("allowance_heading") }, cells(parts)),
    el("p", { class: "soft legend" }, ...key),
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
    el("p", { class: "large" }, el("strong", {}, longTime(next)), el("span", { class: "soft" }, relativeTime(next, app.now()))),
    isSkipped(next) ? skippedOf(app) : null,
    el("p", {}, icon("run"), el("span", { class: "sentence" }, localized(schedule.sentence))),
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

/** Warning that the next run will be skipped because no backup is left. @param {App} app */
function skippedOf(app) {
  const buy = app.summary?.allowance.purchases
    ? link("/add-ons/one_time", { class: "button" }, icon("cart"), say("buy_more"))
    : null;
  return el("div", { class: "notice bad", key: "skipped" }, icon("alert"), el("p", {}, say("next_run_skipped")), buy);
}

/** Marks of a calendar day, most important first. */
const DAY_KINDS = ["failed", "cancelled", "skipped", "missed", "skips", "run", "ready"];

/** @param {App} app @param {Summary} summary */
function calendarOf(app, { schedule, past_runs: past }) {
  const today = isoDate(app.now());
  /** @type {Map<string, { kind: string, time: string }>} */
  const marks = new Map();
  const ahead = (schedule?.calendar ?? []).map((time) => ({ kind: schedule?.skips.includes(time) ? "skips" : "run", time }));
  for (const mark of [...ahead, ...past.map(({ outcome, time }) => ({ kind: outcome, time }))]) {
    const before = marks.get(isoDate(mark.time));
    if (!before || DAY_KINDS.indexOf(mark.kind) < DAY_KINDS.indexOf(before.kind)) marks.set(isoDate(mark.time), mark);
  }
  const [year, month] = today.split("-").map(Number);
  const months = [-1, 0, 1].map((ahead) => monthOf(new Date(Date.UTC(year, month - 1 + ahead, 1)), today, marks));
  const key = ["run", "ready", "skipped", "failed", "today"].map((kind) => legend(kind, say(`legend_${kind}`)));
  return card(
    "months",
    say("calendar_heading"),
    { class: "months" },
    el("div", { class: "calendar" }, ...months),
    el("p", { class: "soft legend" }, ...key),
  );
}

/** @param {Date} first @param {string} today @param {Map<string, { kind: string, time: string }>} marks */
function monthOf(first, today, marks) {
  const [year, month] = [first.getUTCFullYear(), first.getUTCMonth()];
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const cells = [...Array(first.getUTCDay()).fill(0), ...Array.from({ length: days }, (_, at) => at + 1)];
  const weeks = Array.from({ length: Math.ceil(cells.length / 7) }, (_, week) =>
    Array.from({ length: 7 }, (_, at) => cells[week * 7 + at] ?? 0),
  );
  const head = Array.from({ length: 7 }, (_, weekday) =>
    el("th", { scope: "col", abbr: weekdayName(weekday) }, weekdayName(weekday, "narrow")),
  );
  const cell = (/** @type {number} */ day) => {
    if (!day) return el("td");
    const name = `${year}-${String(month + 1).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
    const mark = marks.get(name);
    const names = [mark?.kind, name === today ? "today" : "", name < today ? "past" : ""].filter(Boolean).join(" ");
    return el(
      "td",
      { class: names || null, "aria-current": name === today ? "date" : null },
      el("span", {}, day),
      mark ? visuallyHidden(" ", say(`day_${mark.kind}`, { time: timeOfDay(mark.time) })) : null,
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
