// Backups with their files, a line for each: when, how large, whether anybody has them yet, both zips with one press; and below the line
// all that is known of them.

import { asProblem, get } from "../api.js";
import { columns } from "../charts.js";
import { badge, button, card, el, facts, icon, link } from "../dom.js";
import { dayOfYear, longTime, number, say, size, span, time } from "../i18n.js";
import { resource, shown } from "../resource.js";
import { contentsOf } from "./contents.js";
import { download, failure } from "./overview.js";

const PER_PAGE = 10;
/** A browser begins one download of a page at a time; the next one may begin after this. */
const BETWEEN_FILES = 1500;
/** Backups in the charts. */
const CHARTED = 12;

/** @typedef {{ contents: Contents | null, before: Contents | null }} Held what a backup holds, and what the one before it held */

/** @type {ViewMaker} */
export default function downloads(app) {
  const state = {
    pages: 1,
    newest: app.summary?.backup?.id,
    status: app.summary?.backup?.status,
    /** Lines that are open. @type {Set<string>} */
    open: new Set(),
  };
  /** @type {Map<string, ReturnType<typeof resource<Held>>>} */
  const contents = new Map();
  const list = resource(app, async () => {
    const pages = await Promise.all(
      Array.from({ length: state.pages }, (_, at) => get(`/backups?page=${at + 1}&per_page=${PER_PAGE}`)),
    );
    const backups = /** @type {Backup[]} */ (pages.flatMap((page) => page.backups));
    const oldest = backups[backups.length - 1]?.created_time.slice(0, 10);
    const history = oldest ? (await get(`/history?kind=download_started&from=${oldest}`)).history : [];
    const taken = new Set(/** @type {HistoryRecord[]} */ (history).map(({ backup, file_name: name }) => `${backup}/${name}`));
    return { backups, taken, hasMore: pages[pages.length - 1].info.more_records };
  });
  void list.reload();

  /** @param {Backup} backup @param {Backup[]} backups */
  function contentsFor(backup, backups) {
    let known = contents.get(backup.id);
    if (!known) {
      const before = backups.slice(backups.indexOf(backup) + 1).find(({ status }) => status === "COMPLETED");
      known = resource(app, async () => {
        const read = async (/** @type {string | undefined} */ id) =>
          id ? ((await get(`/backups/${id}/contents`))?.contents ?? null) : null;
        const [contents, earlier] = await Promise.all([read(backup.id), read(before?.id)]);
        return { contents, before: earlier };
      });
      contents.set(backup.id, known);
      void known.reload();
    }
    return known;
  }

  /** @param {string} id */
  function toggle(id) {
    if (!state.open.delete(id)) state.open.add(id);
    app.redraw();
  }

  const filled = (/** @type {{ backups: Backup[], taken: Set<string>, hasMore: boolean }} */ { backups, taken, hasMore }) =>
    el(
      "div",
      { key: "list", class: "stack" },
      trendOf(backups),
      el(
        "ul",
        { class: "stack", key: "backups" },
        backups.map((backup) => {
          const isOpen = state.open.has(backup.id);
          const held = isOpen && backup.status === "COMPLETED" ? contentsFor(backup, backups) : null;
          return backupOf(app, backup, { isOpen, held, taken, toggle: () => toggle(backup.id), reload: () => void list.reload() });
        }),
      ),
      hasMore
        ? button(
            say("show_more"),
            () => {
              state.pages += 1;
              void list.reload();
            },
            { key: "more", "aria-disabled": list.isLoading ? "true" : null },
          )
        : null,
    );
  const empty = [icon("archive"), el("p", {}, say("downloads_empty")), link("/", { class: "button primary" }, say("to_overview"))];
  return {
    title: () => say("nav_downloads"),
    news() {
      const { id, status } = app.summary?.backup ?? {};
      if (state.newest !== id || state.status !== status) void list.reload();
      Object.assign(state, { newest: id, status });
    },
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("downloads_heading")),
      el("p", { class: "soft", key: "lead" }, say("downloads_lead")),
      shown(list, { isEmpty: ({ backups }) => backups.length === 0, empty, filled, lines: 5 }),
    ],
  };
}

/** Size and records of each backup, where there is something to compare. @param {Backup[]} backups */
function trendOf(backups) {
  const made = backups
    .filter(({ status }) => status === "COMPLETED")
    .slice(0, CHARTED)
    .reverse();
  if (made.length < 2) return null;
  const bars = (/** @type {(file: BackupFile) => number} */ count, /** @type {(sum: number) => string} */ words) =>
    made.map(({ created_time: at, files }) => {
      const value = files.reduce((sum, file) => sum + count(file), 0);
      return { name: time(at), end: dayOfYear(at), value, words: words(value) };
    });
  return card(
    "trend",
    say("trend_heading"),
    { class: "trend" },
    el(
      "div",
      { class: "charts" },
      columns(
        say("size_per_backup"),
        bars((file) => file.size, size),
      ),
      columns(
        say("records_per_backup"),
        bars((file) => file.rows ?? 0, number),
      ),
    ),
  );
}

/**
 * @param {App} app @param {Backup} backup
 * @param {{ isOpen: boolean, held: ReturnType<typeof resource<Held>> | null, taken: Set<string>, toggle: () => void, reload: () => void }} line
 */
function backupOf(app, backup, { isOpen, held, taken, toggle, reload }) {
  const isExpired = backup.status === "COMPLETED" && Date.parse(backup.expiry_date) <= app.now().getTime();
  const kinds = /** @type {const} */ ({ INPROGRESS: "busy", COMPLETED: isExpired ? "quiet" : "good", FAILED: "bad" });
  const when = longTime(backup.created_time);
  const id = `backup-${backup.id}`;
  const isNew = backup.status === "COMPLETED" && !backup.files.some(({ name }) => taken.has(`${backup.id}/${name}`));
  const both = () => downloadAll(app, backup, backup.files).then(reload);
  return el(
    "li",
    { class: isExpired ? "card backup expired" : "card backup", key: id },
    el(
      "div",
      { class: "backup-line" },
      el("h2", { id }, when),
      el("p", {}, badge(kinds[backup.status], say(`status_${isExpired ? "EXPIRED" : backup.status}`))),
      el("p", { class: "soft" }, say(`type_${backup.type}`), sizeOf(backup), isNew ? ` · ${say("not_downloaded")}` : ""),
      el(
        "div",
        { class: "actions" },
        backup.status === "COMPLETED" && !isExpired
          ? button(say("download_both"), both, {
              class: "primary",
              icon: "download",
              "aria-label": say("download_both_of", { time: when }),
              key: "both",
            })
          : null,
        backup.status === "INPROGRESS"
          ? null
          : button(say("details"), toggle, {
              icon: isOpen ? "up" : "down",
              "aria-expanded": String(isOpen),
              "aria-controls": `${id}-details`,
              "aria-label": say("details_of", { time: when }),
              key: "toggle",
            }),
      ),
    ),
    el(
      "div",
      { id: `${id}-details`, class: "stack", hidden: !isOpen },
      isOpen ? detailsOf(app, backup, isExpired, held, reload) : null,
    ),
  );
}

/** @param {Backup} backup */
function sizeOf({ status, files }) {
  return status === "COMPLETED" ? ` · ${size(files.reduce((sum, file) => sum + file.size, 0))}` : "";
}

/** @param {App} app @param {Backup} backup @param {boolean} isExpired @param {ReturnType<typeof resource<Held>> | null} held @param {() => void} reload */
function detailsOf(app, backup, isExpired, held, reload) {
  const who = el("p", { class: "soft" }, icon("user"), say("made_for", { name: backup.requester.name }));
  if (backup.failure) return [failure(backup.failure, app), who];
  const unknown = el("p", { class: "soft", key: "unknown" }, say("contents_unknown"));
  const filled = (/** @type {Held} */ { contents, before }) => (contents ? contentsOf(contents, before) : unknown);
  return [
    who,
    expiryOf(app, backup, isExpired),
    filesOf(app, backup, isExpired, reload),
    el("h3", {}, say("contents")),
    held ? shown(held, { filled }) : null,
  ];
}

/** @param {App} app @param {Backup} backup @param {boolean} isExpired */
function expiryOf(app, backup, isExpired) {
  if (isExpired) return el("p", { class: "soft" }, icon("clock"), say("expired", { time: time(backup.expiry_date) }));
  const left = (Date.parse(backup.expiry_date) - app.now().getTime()) / 1000;
  return el(
    "p",
    { class: left < 86_400 ? "soon" : "" },
    icon("clock"),
    say("links_work", { span: span(left), time: time(backup.expiry_date) }),
  );
}

/** @param {App} app @param {Backup} backup @param {boolean} isExpired @param {() => void} reload */
function filesOf(app, backup, isExpired, reload) {
  const rows = backup.files.map((file) => {
    const holds = file.kind === "data" ? file.rows : file.attachments;
    const about = /** @type {[Child, Child][]} */ ([[say("size"), size(file.size)]]);
    if (holds !== null) about.push([say(file.kind === "data" ? "records" : "attachments"), number(holds)]);
    if (file.checksum) about.push([file.checksum.algorithm, el("code", {}, file.checksum.value)]);
    const names = { name: file.name, time: longTime(backup.created_time) };
    const actions = isExpired
      ? null
      : el(
          "div",
          { class: "actions" },
          button(say("download"), () => downloadAll(app, backup, [file]).then(reload), {
            icon: "download",
            "aria-label": say("download_file_of", names),
          }),
          button(say("copy_link"), () => copyLink(app, backup, file), {
            icon: "copy",
            "aria-label": say("copy_link_of", names),
          }),
        );
    return el(
      "li",
      { key: file.name },
      el(
        "div",
        { class: "file" },
        icon("file"),
        el("div", {}, el("strong", {}, file.name), " ", el("span", { class: "soft" }, say(`kind_${file.kind}`))),
      ),
      facts(about, "inline-facts"),
      actions,
    );
  });
  return el("ul", { class: "files wide" }, ...rows);
}

/** Begins downloads, one after the other. @param {App} app @param {Backup} backup @param {BackupFile[]} files */
async function downloadAll(app, backup, files) {
  for (const [at, file] of files.entries()) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, BETWEEN_FILES));
    await download(app, backup, file);
  }
}

/** Puts the link that works until the files are gone where it can be pasted. @param {App} app @param {Backup} backup @param {BackupFile} file */
async function copyLink(app, backup, file) {
  try {
    const answer = await get(`/urls?backup_id=${backup.id}`);
    if (!answer) return app.toast(say("expired_now"), { kind: "bad" });
    const links = file.kind === "data" ? answer.urls.data_links : answer.urls.attachment_links;
    const at = backup.files.filter(({ kind }) => kind === file.kind).findIndex(({ name }) => name === file.name);
    const isCopied = await navigator.clipboard.writeText(links[at]).then(
      () => true,
      () => false,
    );
    if (isCopied) app.toast(say("copied", { time: time(answer.urls.expiry_date) }));
    else app.toast(say("not_copied"), { kind: "bad" });
  } catch (thrown) {
    app.tell(asProblem(thrown));
  }
}
