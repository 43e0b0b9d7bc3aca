// Backups with their files: size, rows, checksum, how long they can be had, and what is in them.

import { asProblem, get } from "../api.js";
import { badge, button, card, el, facts, icon, link } from "../dom.js";
import { number, say, size, span, time } from "../i18n.js";
import { resource, shown } from "../resource.js";
import { contentsOf } from "./contents.js";
import { download, failure } from "./overview.js";

const PER_PAGE = 10;

/** @type {ViewMaker} */
export default function downloads(app) {
  const state = { pages: 1, newest: app.summary?.backup?.id, status: app.summary?.backup?.status };
  /** @type {Map<string, ReturnType<typeof resource<Contents | null>>>} */
  const contents = new Map();
  const list = resource(app, async () => {
    const pages = await Promise.all(
      Array.from({ length: state.pages }, (_, at) => get(`/backups?page=${at + 1}&per_page=${PER_PAGE}`)),
    );
    const backups = /** @type {Backup[]} */ (pages.flatMap((page) => page.backups));
    return { backups, hasMore: pages[pages.length - 1].info.more_records };
  });
  void list.reload();

  /** @param {string} id */
  function contentsFor(id) {
    let known = contents.get(id);
    if (!known) {
      known = resource(app, async () => (await get(`/backups/${id}/contents`))?.contents ?? null);
      contents.set(id, known);
      void known.reload();
    }
    return known;
  }

  const filled = (/** @type {{ backups: Backup[], hasMore: boolean }} */ { backups, hasMore }) =>
    el(
      "div",
      { key: "list", class: "stack" },
      ...backups.map((backup) => backupOf(app, backup, contents.get(backup.id), () => contentsFor(backup.id))),
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

/** @param {App} app @param {Backup} backup @param {ReturnType<typeof resource<Contents | null>> | undefined} contents @param {() => void} open */
function backupOf(app, backup, contents, open) {
  const isExpired = backup.status === "COMPLETED" && Date.parse(backup.expiry_date) <= app.now().getTime();
  const kind = {
    INPROGRESS: /** @type {const} */ ("busy"),
    COMPLETED: isExpired ? /** @type {const} */ ("quiet") : /** @type {const} */ ("good"),
    FAILED: /** @type {const} */ ("bad"),
  }[backup.status];
  const status = el(
    "p",
    { class: "status" },
    badge(kind, say(`status_${isExpired ? "EXPIRED" : backup.status}`)),
    el("span", { class: "soft" }, say("made_for", { type: say(`type_${backup.type}`), name: backup.requester.name })),
  );
  const body = [];
  if (backup.failure) body.push(failure(backup.failure));
  else if (backup.status === "COMPLETED")
    body.push(expiryOf(app, backup, isExpired), filesOf(app, backup, isExpired), detailsOf(contents, open));
  return card(
    `backup-${backup.id}`,
    time(backup.created_time),
    { class: isExpired ? "backup expired" : "backup" },
    status,
    ...body,
  );
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

/** @param {App} app @param {Backup} backup @param {boolean} isExpired */
function filesOf(app, backup, isExpired) {
  const rows = backup.files.map((file) => {
    const holds = file.kind === "data" ? file.rows : file.attachments;
    const about = /** @type {[Child, Child][]} */ ([[say("size"), size(file.size)]]);
    if (holds !== null) about.push([say(file.kind === "data" ? "records" : "attachments"), number(holds)]);
    if (file.checksum) about.push([file.checksum.algorithm, el("code", {}, file.checksum.value)]);
    const actions = isExpired
      ? null
      : el(
          "div",
          { class: "actions" },
          button(say("download"), () => download(app, backup, file), {
            class: "primary",
            icon: "download",
            "aria-label": say("download_file", { name: file.name }),
          }),
          button(say("copy_link"), () => copyLink(app, backup, file), {
            icon: "copy",
            "aria-label": say("copy_link_of", { name: file.name }),
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

/** @param {ReturnType<typeof resource<Contents | null>> | undefined} contents @param {() => void} open */
function detailsOf(contents, open) {
  const toggle = (/** @type {Event} */ event) => /** @type {HTMLDetailsElement} */ (event.currentTarget).open && open();
  const drawn = contents
    ? contents.isLoading || contents.problem || contents.data
      ? shown(contents, { filled: (data) => data && contentsOf(data) })
      : el("p", { class: "soft", key: "unknown" }, say("contents_unknown"))
    : null;
  return el("details", { class: "contents", key: "contents", on: { toggle } }, el("summary", {}, say("contents")), drawn);
}
