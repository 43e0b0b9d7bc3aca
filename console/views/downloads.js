// List of backups: time, size, whether they have been downloaded, and a button for all zips of each. A backup opens to show its details.

import { asProblem, get } from "../api.js";
import { badge, button, el, facts, failureNotice, icon, link, notice } from "../dom.js";
import {
  failureTexts,
  longTime,
  lossesText,
  number,
  remakeState,
  say,
  size,
  duration,
  time,
  unusualText,
  withoutFiles,
} from "../i18n.js";
import { backUpNow, download } from "../parts/backup.js";
import { changesOverTime } from "../parts/changes.js";
import { contentsOf } from "../parts/contents.js";
import { drillOf } from "../parts/drills.js";
import { holdOf, keptData, keptText } from "../parts/retention.js";
import { remakeFailure } from "../parts/remake.js";
import { statementButton } from "../parts/statement.js";
import { resource, drawResource } from "../resource.js";

const PER_PAGE = 10;
/** Delay between two downloads in milliseconds: browsers start only one at a time. */
const DOWNLOAD_DELAY = 1500;
/** Number of backups in the charts. */
const CHARTED_BACKUPS = 12;

/** @typedef {{ contents: Contents | null, before: Contents | null }} ComparedContents contents of a backup and of the previous one */
/** @typedef {{ backups: Backup[], downloaded: Set<string>, hasMore: boolean }} Found backups, and their files that have been downloaded */

/** @type {ViewMaker} */
export default function downloads(app, wanted) {
  const state = stateOf(app, wanted);
  const [contents, kept] = [contentsReader(app), keptData(app)];
  const list = listReader(app, state, kept);
  const reload = () => void list.reload();
  reload();
  const toggle = (/** @type {string} */ id) => {
    if (!state.open.delete(id)) state.open.add(id);
    app.redraw();
  };
  const more = () => {
    state.pages += 1;
    reload();
  };
  const lineOf = (/** @type {Backup} */ backup, /** @type {Backup[]} */ backups, /** @type {Set<string>} */ downloaded) => {
    const isOpen = state.open.has(backup.id);
    const compared = isOpen && backup.status === "COMPLETED" ? contents(backup, backups) : null;
    return backupOf(app, backup, { isOpen, compared, downloaded, kept, toggle: () => toggle(backup.id), reload });
  };
  const choose = (/** @type {string} */ module) => {
    state.module = module;
    app.redraw();
  };
  const filled = (/** @type {Found} */ { backups, downloaded, hasMore }) =>
    listOf(
      changesOverTime(made(backups), state.module, choose),
      backups.map((backup) => lineOf(backup, backups, downloaded)),
      hasMore ? button(say("show_more"), more, { key: "more", "aria-disabled": list.isLoading ? "true" : null }) : null,
    );
  return {
    title: () => say("nav_downloads"),
    summaryChanged() {
      const { id, status } = app.summary?.backup ?? {};
      if (state.newest !== id || state.status !== status) reload();
      Object.assign(state, { newest: id, status });
    },
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("downloads_heading")),
      leadOf(list.problem ? null : keptText(kept)),
      drawResource(list, { isEmpty: ({ backups }) => backups.length === 0, empty: empty(), filled, lines: 5 }),
    ],
  };
}

/** What the page shows. @param {App} app @param {string | undefined} wanted the backup that is open */
function stateOf(app, wanted) {
  return {
    pages: 1,
    newest: app.summary?.backup?.id,
    status: app.summary?.backup?.status,
    /** Ids of the backups that are open. @type {Set<string>} */
    open: new Set(wanted ? [wanted] : []),
    /** The module whose changes are shown; empty for all. */
    module: "",
  };
}

/** @param {Child} kept */
function leadOf(kept) {
  const links = ["restores", "erasures"].map((place) => link(`/${place}`, { class: "button" }, say(`nav_${place}`)));
  return el(
    "div",
    { class: "stack", key: "lead" },
    el("div", {}, el("p", { class: "soft" }, say("downloads_lead")), kept),
    el("p", { class: "actions" }, ...links),
  );
}

function empty() {
  return [icon("archive"), el("p", {}, say("downloads_empty")), link("/", { class: "button primary" }, say("go_to_overview"))];
}

/** Completed backups with files, which are charted, oldest first. @param {Backup[]} backups */
function made(backups) {
  return backups
    .filter(({ status, files }) => status === "COMPLETED" && files.length > 0)
    .slice(0, CHARTED_BACKUPS)
    .reverse();
}

/** @param {Child} charts @param {Child[]} lines @param {Child} more */
function listOf(charts, lines, more) {
  return el("div", { key: "list", class: "stack" }, charts, el("ul", { class: "stack", key: "backups" }, lines), more);
}

/** The backups, and with them what is kept of them. @param {App} app @param {{ pages: number }} state @param {ReturnType<typeof keptData>} kept */
function listReader(app, state, kept) {
  return resource(app, () => {
    void kept.reload();
    return read(state.pages);
  });
}

/** @param {number} count number of pages @returns {Promise<Found>} */
async function read(count) {
  const pages = await Promise.all(Array.from({ length: count }, (_, at) => get(`/backups?page=${at + 1}&per_page=${PER_PAGE}`)));
  const backups = /** @type {Backup[]} */ (pages.flatMap((page) => page.backups));
  const oldest = backups[backups.length - 1]?.created_time.slice(0, 10);
  const history = oldest ? (await get(`/history?kind=download_started&from=${oldest}`)).history : [];
  const downloaded = new Set(/** @type {HistoryRecord[]} */ (history).map(({ backup, file_name: name }) => `${backup}/${name}`));
  return { backups, downloaded, hasMore: pages[pages.length - 1].info.more_records };
}

/** Returns a function that loads the contents of a backup on first use. @param {App} app */
function contentsReader(app) {
  /** @type {Map<string, Resource<ComparedContents>>} */
  const known = new Map();
  const read = async (/** @type {string | undefined} */ id) =>
    id ? /** @type {Contents | null} */ ((await get(`/backups/${id}/contents`))?.contents ?? null) : null;
  return (/** @type {Backup} */ backup, /** @type {Backup[]} */ backups) => {
    const found = known.get(backup.id);
    if (found) return found;
    const before = backups.slice(backups.indexOf(backup) + 1).find(({ status }) => status === "COMPLETED");
    const made = resource(app, async () => {
      const [contents, earlier] = await Promise.all([read(backup.id), read(before?.id)]);
      return { contents, before: earlier };
    });
    known.set(backup.id, made);
    void made.reload();
    return made;
  };
}

/** @typedef {{ isOpen: boolean, compared: Resource<ComparedContents> | null, downloaded: Set<string>, kept: ReturnType<typeof keptData>, toggle: () => void, reload: () => void }} Line */

/** @param {App} app @param {Backup} backup @param {Line} line */
function backupOf(app, backup, line) {
  const isExpired = backup.status === "COMPLETED" && Date.parse(backup.expiry_date) <= app.now().getTime();
  const ready = backup.losses ? "bad" : "good";
  const kinds = /** @type {const} */ ({
    INPROGRESS: "busy",
    COMPLETED: isExpired ? "quiet" : ready,
    FAILED: "bad",
    CANCELLED: "quiet",
  });
  const remade = isExpired ? null : remakeState(backup);
  const [kind, words] = remade ?? [kinds[backup.status], isExpired ? "EXPIRED" : backup.losses ? "INCOMPLETE" : backup.status];
  const when = longTime(backup.created_time);
  const id = `backup-${backup.id}`;
  const isNew =
    backup.status === "COMPLETED" && !remade && !backup.files.some(({ name }) => line.downloaded.has(`${backup.id}/${name}`));
  const state = badge(kind, say(`status_${words}`));
  return el(
    "li",
    { class: isExpired ? "card backup expired" : "card backup", key: id },
    el(
      "div",
      { class: "backup-line" },
      el("h2", { id }, when),
      el("p", {}, state),
      el("p", { class: "soft" }, say(`type_${backup.type}`), sizeOf(backup), isNew ? ` · ${say("not_downloaded")}` : ""),
      el("div", { class: "actions" }, ...actionsOf(app, backup, when, isExpired, line)),
    ),
    el(
      "div",
      { id: `${id}-details`, class: "stack", hidden: !line.isOpen },
      line.isOpen ? detailsOf(app, backup, isExpired, line) : null,
    ),
  );
}

/** @param {App} app @param {Backup} backup @param {string} when @param {boolean} isExpired @param {Line} line */
function actionsOf(app, backup, when, isExpired, { isOpen, toggle, reload }) {
  const all = button(say("download_all"), () => downloadAll(app, backup, backup.files).then(reload), {
    class: "primary",
    icon: "download",
    "aria-label": say("download_all_of", { time: when }),
    key: "both",
  });
  const details = button(say("details"), toggle, {
    icon: isOpen ? "up" : "down",
    "aria-expanded": String(isOpen),
    "aria-controls": `backup-${backup.id}-details`,
    "aria-label": say("details_of", { time: when }),
    key: "toggle",
  });
  return [backup.downloadable && !isExpired ? all : null, backup.status === "INPROGRESS" ? null : details];
}

/** @param {Backup} backup */
function sizeOf({ status, files }) {
  return status === "COMPLETED" && files.length ? ` · ${size(files.reduce((sum, file) => sum + file.size, 0))}` : "";
}

/** @param {App} app @param {Backup} backup @param {boolean} isExpired @param {Line} line */
function detailsOf(app, backup, isExpired, { compared, kept, reload }) {
  const who = el("p", { class: "soft" }, icon("user"), say("started_by", { name: backup.requester.name }));
  if (backup.failure) {
    const again = button(say("retry"), () => backUpNow(app), { key: "again" });
    const isFree = app.summary?.backup?.status !== "INPROGRESS";
    return [failureNotice(failureTexts(backup.failure), isFree ? again : null), who];
  }
  if (backup.status === "CANCELLED") return [who];
  const unknown = el("p", { class: "soft", key: "unknown" }, say("contents_unknown"));
  const filled = (/** @type {ComparedContents} */ { contents, before }) => (contents ? contentsOf(contents, before) : unknown);
  return [
    who,
    insideOf(backup),
    backup.changes?.unusual_losses.length ? notice(unusualText(backup.changes)) : null,
    backup.losses ? notice(lossesText(backup.losses)) : null,
    remakeFailure(backup),
    expiryOf(app, backup, isExpired),
    filesOf(app, backup, isExpired, reload),
    el("div", { class: "actions" }, statementButton(app, backup)),
    drillOf(app, backup),
    el("h3", {}, say("retention_heading")),
    holdOf(app, kept, backup),
    el("h3", {}, say("contents")),
    compared ? drawResource(compared, { filled }) : null,
  ];
}

/** Links to what is inside the backup. @param {Backup} backup */
function insideOf({ id, created_time: at }) {
  const names = { time: longTime(at) };
  return el(
    "p",
    { class: "actions", key: "inside" },
    link(`/explore/${id}`, { class: "button", "aria-label": say("look_inside_of", names) }, icon("search"), say("look_inside")),
    link(`/compare/${id}`, { class: "button", "aria-label": say("compare_of", names) }, say("compare_with_another")),
    link(
      `/restore/${id}`,
      { class: "button", "aria-label": say("restore_backup_of", names) },
      icon("history"),
      say("restore_backup"),
    ),
  );
}

/** @param {App} app @param {Backup} backup @param {boolean} isExpired */
function expiryOf(app, backup, isExpired) {
  if (isExpired) return el("p", { class: "soft" }, icon("clock"), say("files_expired_on", { time: time(backup.expiry_date) }));
  if (remakeState(backup)) return el("p", { class: "soft" }, icon("clock"), withoutFiles(backup, "files_expired_on"));
  const left = (Date.parse(backup.expiry_date) - app.now().getTime()) / 1000;
  return el(
    "p",
    { class: left < 86_400 ? "soon" : "" },
    icon("clock"),
    say("files_available_until", { span: duration(left), time: time(backup.expiry_date) }),
  );
}

/** @param {App} app @param {Backup} backup @param {boolean} isExpired @param {() => void} reload */
function filesOf(app, backup, isExpired, reload) {
  const rows = backup.files.map((file) =>
    el(
      "li",
      { key: file.name },
      el(
        "div",
        { class: "file" },
        icon("file"),
        el("div", {}, el("strong", {}, file.name), " ", el("span", { class: "soft" }, say(`kind_${file.kind}`))),
      ),
      facts(factsOf(file), "inline-facts"),
      isExpired ? null : el("div", { class: "actions" }, ...fileActions(app, backup, file, reload)),
    ),
  );
  return el("ul", { class: "files wide" }, ...rows);
}

/** @param {BackupFile} file */
function factsOf(file) {
  const count = file.kind === "data" ? file.rows : file.attachments;
  const about = /** @type {[Child, Child][]} */ ([[say("size"), size(file.size)]]);
  if (count !== null) about.push([say(file.kind === "data" ? "records" : "attachments"), number(count)]);
  if (file.checksum) about.push([file.checksum.algorithm, el("code", {}, file.checksum.value)]);
  return about;
}

/** @param {App} app @param {Backup} backup @param {BackupFile} file @param {() => void} reload */
function fileActions(app, backup, file, reload) {
  const names = { name: file.name, time: longTime(backup.created_time) };
  const begin = () => downloadAll(app, backup, [file]).then(reload);
  return [
    button(say("download"), begin, { icon: "download", "aria-label": say("download_file_of", names) }),
    button(say("copy_link"), () => copyLink(app, backup, file), { icon: "copy", "aria-label": say("copy_link_of", names) }),
  ];
}

/** Starts downloads, one after the other. @param {App} app @param {Backup} backup @param {BackupFile[]} files */
async function downloadAll(app, backup, files) {
  for (const [at, file] of files.entries()) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, DOWNLOAD_DELAY));
    await download(app, backup, file);
  }
}

/** Copies the download link, which is valid until the files expire. @param {App} app @param {Backup} backup @param {BackupFile} file */
async function copyLink(app, backup, file) {
  try {
    const answer = await get(`/urls?backup_id=${backup.id}`);
    if (!answer) return app.toast(say("links_expired_now"), { kind: "bad" });
    const links = file.kind === "data" ? answer.urls.data_links : answer.urls.attachment_links;
    const at = backup.files.filter(({ kind }) => kind === file.kind).findIndex(({ name }) => name === file.name);
    const isCopied = await navigator.clipboard.writeText(links[at]).then(
      () => true,
      () => false,
    );
    if (isCopied) app.toast(say("link_copied", { time: time(answer.urls.expiry_date) }));
    else app.toast(say("link_not_copied"), { kind: "bad" });
  } catch (thrown) {
    app.showError(asProblem(thrown));
  }
}
