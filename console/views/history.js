// History: a timeline of events by day, newest first, with filters.

import { get } from "../api.js";
import { button, el, icon, visuallyHidden } from "../dom.js";
import {
  day,
  isoDate,
  localized,
  timeOfDay,
  hasText,
  longTime,
  changesText,
  lossesText,
  minorDigits,
  money,
  planName,
  productName,
  say,
  unusualText,
} from "../i18n.js";
import { resource, drawResource } from "../resource.js";

const PER_PAGE = 30;

/** Event kinds by filter group. @type {Record<string, string[]>} */
const GROUPS = {
  backups: [
    "backup_started",
    "backup_ready",
    "unusual_loss",
    "backup_failed",
    "backup_cancelled",
    "backup_skipped",
    "backup_overlapped",
    "backup_missed",
  ],
  schedules: ["schedule_set", "schedule_changed", "schedule_stopped"],
  downloads: ["download_started", "attachment_downloaded", "links_ending"],
  explored: ["records_listed", "record_viewed", "records_searched"],
  restores: [
    "restore_planned",
    "restore_confirmed",
    "restore_completed",
    "restore_failed",
    "restore_cancelled",
    "drill_started",
    "drill_same",
    "drill_differs",
    "drill_failed",
    "drill_cancelled",
  ],
  erasures: [
    "erasure_requested",
    "erasure_confirmed",
    "erasure_pending",
    "erasure_completed",
    "erasure_failed",
    "erasure_cancelled",
    "zips_remade",
    "zips_not_remade",
  ],
  settings: [
    "settings_saved",
    "source_set",
    "source_removed",
    "restore_target_set",
    "restore_target_removed",
    "hold_set",
    "hold_lifted",
  ],
  purchases: [
    "order_placed",
    "order_confirmed",
    "purchased",
    "order_failed",
    "order_expired",
    "order_cancelled",
    "refunded",
    "disputed",
    "dispute_won",
    "subscription_cancelled",
    "subscription_resumed",
    "subscription_renewed",
    "payment_failed",
    "subscription_ended",
    "plan_changed",
  ],
};

/** Icons and colours by event kind; others have a neutral dot. @type {Record<string, [string, string]>} */
const MARKS = {
  backup_started: ["run", "busy"],
  backup_ready: ["check", "good"],
  unusual_loss: ["alert", "bad"],
  backup_failed: ["alert", "bad"],
  backup_cancelled: ["stop", "quiet"],
  backup_skipped: ["alert", "warn"],
  backup_overlapped: ["alert", "warn"],
  backup_missed: ["alert", "warn"],
  schedule_set: ["calendar", "busy"],
  schedule_changed: ["calendar", "busy"],
  schedule_stopped: ["stop", "quiet"],
  download_started: ["download", "quiet"],
  attachment_downloaded: ["download", "quiet"],
  links_ending: ["clock", "warn"],
  records_listed: ["eye", "quiet"],
  record_viewed: ["eye", "quiet"],
  records_searched: ["eye", "quiet"],
  restore_planned: ["calendar", "quiet"],
  restore_confirmed: ["run", "busy"],
  restore_completed: ["check", "good"],
  restore_failed: ["alert", "bad"],
  restore_cancelled: ["stop", "quiet"],
  drill_started: ["run", "busy"],
  drill_same: ["check", "good"],
  drill_differs: ["alert", "bad"],
  drill_failed: ["alert", "bad"],
  drill_cancelled: ["stop", "quiet"],
  erasure_requested: ["search", "quiet"],
  erasure_confirmed: ["run", "busy"],
  erasure_pending: ["clock", "warn"],
  erasure_completed: ["check", "good"],
  erasure_failed: ["alert", "bad"],
  erasure_cancelled: ["stop", "quiet"],
  zips_remade: ["archive", "good"],
  zips_not_remade: ["alert", "bad"],
  settings_saved: ["settings", "quiet"],
  source_set: ["database", "quiet"],
  source_removed: ["database", "quiet"],
  restore_target_set: ["database", "quiet"],
  restore_target_removed: ["database", "quiet"],
  hold_set: ["settings", "quiet"],
  hold_lifted: ["settings", "quiet"],
  purchased: ["cart", "good"],
  payment_failed: ["alert", "bad"],
  order_failed: ["alert", "bad"],
  disputed: ["alert", "warn"],
};

/** Event kinds that charge nothing, so that a price beside them would mislead. */
const FREE = ["subscription_cancelled", "subscription_resumed", "subscription_ended", "order_cancelled", "order_expired"];

/** @typedef {{ group: string, from: string, to: string, pages: number, newest: string | null | undefined }} Filter */
/** @typedef {{ records: HistoryRecord[], hasMore: boolean }} Found */

/** @type {ViewMaker} */
export default function history(app) {
  const filter = /** @type {Filter} */ ({ group: "", from: "", to: "", pages: 1, newest: app.summary?.notifications.newest });
  const list = resource(app, () => read(filter));
  void list.reload();

  /** @param {Event} event */
  function change(event) {
    const { name, value } = /** @type {HTMLInputElement} */ (event.target);
    Object.assign(filter, { [name]: value, pages: 1 });
    void list.reload();
  }
  function showOlder() {
    filter.pages += 1;
    void list.reload();
  }
  return {
    title: () => say("nav_history"),
    summaryChanged() {
      const newest = app.summary?.notifications.newest;
      if (newest !== filter.newest) void list.reload();
      filter.newest = newest;
    },
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("history_heading")),
      el("p", { class: "soft", key: "lead" }, say("history_lead")),
      filtersOf(app, filter, change),
      drawResource(list, {
        isEmpty: ({ records }) => records.length === 0,
        empty: [icon("history"), el("p", {}, say(isFiltered(filter) ? "history_none_found" : "history_empty"))],
        filled: (found) => timelineOf(found, list.isLoading, showOlder),
        lines: 6,
      }),
    ],
  };
}

/** @param {Filter} filter @returns {Promise<Found>} */
async function read(filter) {
  const pages = await Promise.all(Array.from({ length: filter.pages }, (_, at) => get(`/history?${query(filter, at + 1)}`)));
  return { records: pages.flatMap((page) => page.history), hasMore: pages[pages.length - 1].info.more_records };
}

/** @param {Filter} filter @param {number} page */
function query({ group, from, to }, page) {
  const asked = new URLSearchParams({ page: String(page), per_page: String(PER_PAGE) });
  if (group) asked.set("kind", GROUPS[group].join(","));
  if (from) asked.set("from", from);
  if (to) asked.set("to", to);
  return asked;
}

/** @param {Filter} filter */
function isFiltered({ group, from, to }) {
  return Boolean(group || from || to);
}

/** @param {App} app @param {Filter} filter @param {(event: Event) => void} change */
function filtersOf(app, filter, change) {
  const offered = Object.keys(GROUPS).filter((group) => group !== "purchases" || app.summary?.allowance.purchases !== undefined);
  const choices = ["", ...offered].map((group) =>
    el("option", { value: group, selected: filter.group === group }, say(`group_${group || "all"}`)),
  );
  const date = (/** @type {"from" | "to"} */ name) =>
    el(
      "div",
      { class: "field", key: name },
      el("label", { for: `filter-${name}` }, say(name)),
      el("input", { type: "date", id: `filter-${name}`, name, value: filter[name] || null, on: { change } }),
    );
  const submit = (/** @type {Event} */ event) => event.preventDefault();
  return el(
    "form",
    { class: "card filters", key: "filters", "aria-label": say("filters"), on: { submit } },
    el(
      "div",
      { class: "field", key: "group" },
      el("label", { for: "filter-group" }, say("filter_kind")),
      el("select", { id: "filter-group", name: "group", on: { change } }, ...choices),
    ),
    date("from"),
    date("to"),
  );
}

/** @param {Found} found @param {boolean} isLoading @param {() => void} showOlder */
function timelineOf({ records, hasMore }, isLoading, showOlder) {
  const older = button(say("show_older"), showOlder, { "aria-disabled": isLoading ? "true" : null });
  return el(
    "div",
    { key: "timeline", class: isLoading ? "stale" : null },
    ...byDay(records),
    hasMore ? el("p", { class: "actions", key: "more" }, older) : null,
  );
}

/** @param {HistoryRecord[]} records */
function byDay(records) {
  /** @type {Map<string, HistoryRecord[]>} */
  const days = new Map();
  for (const record of records) {
    const name = isoDate(record.log_time);
    days.set(name, [...(days.get(name) ?? []), record]);
  }
  return [...days].map(([name, records]) =>
    el(
      "section",
      { class: "day", key: name, "aria-labelledby": `day-${name}` },
      el("h2", { id: `day-${name}` }, day(records[0].log_time)),
      el("ol", { class: "timeline" }, records.map(eventOf)),
    ),
  );
}

/** @param {HistoryRecord} record */
function eventOf(record) {
  const [picture, colour] = MARKS[record.kind] ?? ["receipt", "quiet"];
  const key = `event_${record.kind}`;
  const words = hasText(key) ? say(key) : record.kind;
  const details = detailsOf(record);
  return el(
    "li",
    { key: record.id },
    el("span", { class: `mark ${colour}` }, icon(picture)),
    el(
      "div",
      {},
      el("p", {}, el("strong", {}, words), details.length ? el("span", { class: "soft" }, ` ${details.join(" · ")}`) : null),
      el(
        "p",
        { class: "soft" },
        el("time", { datetime: record.log_time }, timeOfDay(record.log_time)),
        visuallyHidden(" "),
        el(
          "span",
          {},
          record.address ? say("by_link", { address: record.address }) : say("done_by", { name: record.done_by.name }),
        ),
        record.kind === "backup_ready" && record.backup ? insideLink(record.backup, longTime(record.log_time)) : null,
        pageLink("restores", record.restore, words, longTime(record.log_time)),
        pageLink("drills", record.drill, words, longTime(record.log_time)),
        pageLink("erasures", record.erasure, words, longTime(record.log_time)),
        record.order ? orderLink(record.order, say("show_order_of", { what: words, time: longTime(record.log_time) })) : null,
      ),
    ),
  );
}

/** Details of an event, as short texts. @param {HistoryRecord} record */
function detailsOf(record) {
  const details = [];
  if (record.sentence) details.push(localized(record.sentence));
  else if (record.kind.startsWith("backup_")) details.push(say(`type_${record.repeat_type}`));
  if (record.product) details.push(productName({ product: record.product, plan: record.plan ?? null }));
  else if (record.plan) details.push(planName(record.plan));
  if (record.file_name) details.push(record.file_name);
  if (record.explored) details.push(...exploredOf(record.explored));
  if (record.kind === "backup_overlapped" && record.backup) details.push(say("running_backup", { id: record.backup }));
  const changed = record.changes && (record.kind === "unusual_loss" ? unusualText(record.changes) : changesText(record.changes));
  if (changed) details.push(changed);
  if (record.losses) details.push(lossesText(record.losses));
  if (record.restore && record.records !== null) details.push(say("restored_records", { count: record.records }));
  if (record.drill && record.records !== null) details.push(say("restored_records", { count: record.records }));
  if (record.target === "restore_target") details.push(say("restore_into_restore_target"));
  if (record.count) details.push(say("backup_count", { count: record.count }));
  if (record.amount && record.currency && !FREE.includes(record.kind))
    details.push(money(record.amount, record.currency, minorDigits(record.currency)));
  return details;
}

/** @param {{ module: string | null, record: string | null, words: string | null }} explored */
function exploredOf({ module, record, words }) {
  const place = record ? say("record_of_module", { module: module ?? "", record }) : module;
  return [words ? say("searched_words", { words }) : null, place].filter((text) => text !== null);
}

/** @param {string} backup @param {string} time */
function insideLink(backup, time) {
  return el("a", { href: `#/explore/${backup}`, "aria-label": say("look_inside_of", { time }) }, say("look_inside"));
}

/** A link to the restore, drill or erasure that an event is about. @param {string} place @param {string | null | undefined} id @param {string} what @param {string} time */
function pageLink(place, id, what, time) {
  return id ? el("a", { href: `#/${place}/${id}`, "aria-label": say("show_details_of", { what, time }) }, say("details")) : null;
}

/** @param {string} order @param {string} label */
function orderLink(order, label) {
  return el("a", { href: `#/orders/${order}`, "aria-label": label }, say("show_order"));
}
