// One record of a backup: all its fields, attachments with downloads, and its history through all kept backups.

import { asProblem, call, get } from "../api.js";
import { badge, button, el, icon, link } from "../dom.js";
import { longTime, say, size, time } from "../i18n.js";
import { drawResource, resource } from "../resource.js";
import { address, scrolledTable, valueOf } from "./looking.js";

const BADGES = /** @type {const} */ ({ present: "quiet", appeared: "good", changed: "busy", vanished: "bad" });

/** @typedef {{ backup: string, module: string, record: string }} Place */

/** The page of a record. @param {App} app @param {Place} place */
export function exploredRecord(app, place) {
  const path = `/${place.backup}/modules/${encodeURIComponent(place.module)}/records/${encodeURIComponent(place.record)}`;
  const record = resource(app, async () => /** @type {ExploredRecord} */ ((await get(path)).record));
  const files = resource(app, async () => /** @type {RecordAttachment[]} */ ((await get(`${path}/attachments`)).attachments));
  const history = resource(app, async () => /** @type {RecordHistory} */ (await get(`${path}/history`)));
  void record.reload().then(async () => {
    if (record.data?.module_has_attachments) void files.reload();
  });
  void history.reload();
  return {
    heading: () => record.data?.name ?? place.record,
    draw: () =>
      el(
        "div",
        { class: "stack", key: "record" },
        drawResource(record, { filled: (found) => fieldsOf(found, place, files, (file) => download(app, path, file)), lines: 8 }),
        el(
          "section",
          { class: "card", "aria-labelledby": "history-heading", key: "history" },
          el("h2", { id: "history-heading" }, say("record_history")),
          drawResource(history, { filled: (found) => historyOf(found, place) }),
        ),
      ),
  };
}

/** @param {ExploredRecord} record @param {Place} place @param {Resource<RecordAttachment[]>} files @param {(file: RecordAttachment) => Promise<void>} download */
function fieldsOf(record, place, files, download) {
  const rows = record.fields.map(({ api_name: api, label, value, is_cut: isCut, lookup }) =>
    el(
      "div",
      { key: api },
      el("dt", {}, label || api),
      el("dd", {}, lookup ? lookupOf(lookup, value, place) : whole(value, isCut)),
    ),
  );
  const about = [el("p", { class: "soft", key: "about" }, say("record_of", { id: record.id, time: time(record.taken) }))];
  if (record.same_id > 1)
    about.push(el("p", { class: "notice", key: "same" }, icon("alert"), say("record_same_id", { count: record.same_id })));
  const { backup, module, record: id } = place;
  const actions = el(
    "p",
    { class: "actions", key: "actions" },
    link(address("restore", backup, module, id), { class: "button" }, icon("history"), say("restore_record")),
    link(address("erase", "record", module, id), { class: "button danger" }, say("erase_record")),
  );
  return el(
    "div",
    { class: "stack", key: "fields" },
    about,
    actions,
    el("section", { class: "card", "aria-label": say("fields"), key: "values" }, el("dl", { class: "facts record" }, ...rows)),
    record.module_has_attachments ? filesOf(files, download) : null,
  );
}

/** A value without a limit of its own. @param {string | null} value @param {boolean} isCut */
function whole(value, isCut) {
  return value
    ? el("span", { class: "value" }, value, isCut ? el("span", { class: "soft" }, ` ${say("value_is_cut")}`) : null)
    : valueOf(value);
}

/** @param {NonNullable<ExploredRecord["fields"][number]["lookup"]>} lookup @param {string | null} value @param {Place} place */
function lookupOf({ module, id, name, exists }, value, { backup }) {
  if (!exists) return [valueOf(value), el("span", { class: "soft" }, ` ${say("lookup_missing", { module: module.label })}`)];
  const to = link(address("explore", backup, module.api_name, id), {}, name ?? id);
  return [to, el("span", { class: "soft" }, ` ${module.label}${name ? ` · ${id}` : ""}`)];
}

/** @param {Resource<RecordAttachment[]>} files @param {(file: RecordAttachment) => Promise<void>} download */
function filesOf(files, download) {
  const item = (/** @type {RecordAttachment} */ file) => {
    const label = { "aria-label": say("download_attachment", { name: file.file_name }) };
    const action = file.downloadable
      ? button(say("download"), () => download(file), { icon: "download", ...label })
      : el("p", { class: "soft" }, say("attachment_in_zip_only"));
    const facts = [size(file.size), file.created_time ? time(file.created_time) : ""].filter(Boolean).join(" · ");
    return el(
      "li",
      { key: file.id },
      el(
        "div",
        { class: "file" },
        icon("file"),
        el("div", {}, el("strong", {}, file.file_name), " ", el("span", { class: "soft" }, facts)),
      ),
      el("div", { class: "actions" }, action),
    );
  };
  return el(
    "section",
    { class: "card", "aria-labelledby": "files-heading", key: "files" },
    el("h2", { id: "files-heading" }, say("attachments")),
    drawResource(files, {
      isEmpty: (found) => found.length === 0,
      empty: el("p", {}, say("record_no_attachments")),
      filled: (found) => el("ul", { class: "files" }, ...found.map(item)),
    }),
  );
}

/** Asks for a link, which records the download, and follows it. @param {App} app @param {string} path @param {RecordAttachment} file */
async function download(app, path, file) {
  try {
    const { body } = await call("POST", `${path}/attachments/${encodeURIComponent(file.id)}/actions/link`);
    el("a", { href: body.link.url, download: body.link.file_name }).click();
    app.toast(say("download_started", { name: file.file_name }));
  } catch (thrown) {
    app.showError(asProblem(thrown));
  }
}

/** @param {RecordHistory} history @param {Place} place */
function historyOf({ history, backups, is_complete: isComplete }, place) {
  const steps = history.map((step) =>
    el(
      "li",
      { key: `${step.kind}-${step.since.id}`, class: "stack" },
      el(
        "p",
        { class: "lead" },
        badge(BADGES[step.kind], say(`step_${step.kind}`)),
        step.kind === "vanished"
          ? el("span", {}, longTime(step.since.taken))
          : link(address("explore", step.since.id, place.module, place.record), {}, longTime(step.since.taken)),
      ),
      step.backups > 1
        ? el("p", { class: "soft" }, say("step_until", { time: longTime(step.until.taken), count: step.backups }))
        : null,
      step.changes.length ? changesOf(step) : null,
    ),
  );
  return el(
    "div",
    { class: "stack", key: "steps" },
    el("p", { class: "soft" }, say("record_history_of", { count: backups })),
    isComplete ? null : el("p", { class: "soft" }, say("record_history_cut")),
    el("ol", { class: "stack steps-of-record" }, ...steps),
  );
}

/** @param {RecordHistory["history"][number]} step */
function changesOf({ changes, since }) {
  const rows = changes.map(({ api_name: api, label, old, new: now }) =>
    el(
      "tr",
      { key: api },
      el("th", { scope: "row" }, label || api),
      el("td", { class: "old" }, valueOf(old)),
      el("td", { class: "new" }, valueOf(now)),
    ),
  );
  const head = ["field", "compare_records_before", "compare_records_after"].map((name) => el("th", { scope: "col" }, say(name)));
  const table = el("table", { class: "list pairs" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
  return scrolledTable(say("step_changes", { time: longTime(since.taken) }), table);
}
