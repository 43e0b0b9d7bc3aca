// Preview of a schedule: its next runs, and whether plan and allowance cover them.

import { card, el, icon } from "../dom.js";
import { localized, longTime, monthName, say } from "../i18n.js";
import { drawResource } from "../resource.js";

/** @param {App} app @param {Form} form @param {Resource<Preview | null>} preview */
export function previewOf(app, form, preview) {
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
      el("p", { class: "lead", "aria-live": "polite" }, el("span", { class: "sentence" }, localized(data.sentence))),
      el(
        "ol",
        { class: "runs numbered" },
        data.next_runs.map((run) => el("li", {}, longTime(run))),
      ),
      el("p", { class: "soft" }, say("times_shown_in_zone", { zone: data.time_zone })),
      tips(app, form, data),
    );
  return card("preview", say("preview_heading"), { class: "preview" }, drawResource(preview, { filled, lines: 6 }));
}

/** Notices about what plan and allowance cover. @param {App} app @param {Form} form @param {Preview | null} preview */
function tips(app, form, preview) {
  const allowance = app.summary?.allowance;
  if (!allowance) return null;
  return el(
    "ul",
    { class: "tips", "aria-label": say("tips") },
    tipsFor(allowance, form, preview).map(([picture, tip]) => el("li", {}, icon(picture), el("span", {}, tip))),
  );
}

/** @param {Allowance} allowance @param {Form} form @param {Preview | null} preview @returns {[string, string][]} icon and text */
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

/** Warnings about runs without a backup left: the next run, and the month with the most skipped runs. @param {number} free @param {Preview | null} preview @returns {[string, string][]} */
function tipsOfSkips(free, preview) {
  if (!preview) return [];
  const found = /** @type {[string, string][]} */ ([]);
  const [next] = preview.next_runs;
  if (preview.skips.includes(next)) found.push(["alert", say("tip_next_skipped", { time: longTime(next) })]);
  const maxSkipped = Math.max(0, ...preview.months.map(({ skipped }) => skipped));
  const month = preview.months.find(({ skipped, runs }) => skipped === maxSkipped && runs > free);
  if (month && maxSkipped > 0) {
    const [year, number] = month.month.split("-").map(Number);
    found.push([
      "alert",
      say("tip_busiest", { month: monthName(year, number - 1), runs: month.runs, free, skipped: month.skipped }),
    ]);
  }
  return found;
}
