// Notifications: the list behind the bell, and toasts for new ones.

import { asProblem, call, getIfChanged } from "../api.js";
import { open } from "../dialog.js";
import { button, el, icon, patch } from "../dom.js";
import { explain, explainFailure, lossesText, changesText, unusualText, hasText, say, subjectOf, time } from "../i18n.js";
import { backUpNow, download } from "./backup.js";

/** Notifications as last loaded. @type {Notice[]} */
let known = [];

/** Notifications already shown as toasts: two polls may return the same one. @type {Set<string>} */
const announced = new Set();

async function read() {
  const answer = await getIfChanged("/notifications");
  if (answer) known = answer.notifications;
  return known;
}

/** Kinds of events without a toast in the tab in which the user has just caused them. */
const OWN_ACTIONS = ["scheduled", "changed", "stopped", "archiving", "cancelled"];

/** Shows toasts for the notifications after a given one. @param {App} app @param {string | null} after @param {boolean} isOwn */
export async function showNewNotices(app, after, isOwn) {
  const notices = await read().catch(asProblem);
  if (!Array.isArray(notices)) return;
  const isNewer = (/** @type {Notice} */ { id, kind }) =>
    (!after || BigInt(id) > BigInt(after)) && !(isOwn && OWN_ACTIONS.includes(kind));
  for (const notice of notices
    .filter((notice) => isNewer(notice) && !announced.has(notice.id))
    .slice(0, 3)
    .reverse()) {
    announced.add(notice.id);
    const isBad = [
      "failed",
      "skipped",
      "overlapped",
      "missed",
      "payment_failed",
      "order_failed",
      "unusual_loss",
      "drill_differs",
      "drill_failed",
    ].includes(notice.kind);
    const action = notice.links.length ? { words: say("go_to_downloads"), to: "/downloads" } : undefined;
    const subject = notice.failure?.subject;
    app.toast(subject ? `${textOf(notice)} ${subjectOf(subject)}` : textOf(notice), { kind: isBad ? "bad" : "info", action });
  }
}

/** Opens the list and marks its notifications as read. @param {App} app */
export async function openBell(app) {
  const dialog = open(say("bell"), "drawer");
  const list = el("div", { class: "dialog-body", "aria-live": "polite" }, el("p", { class: "soft" }, say("loading")));
  dialog.append(list);
  dialog.showModal();
  await fill(app, dialog, list);
}

/** @param {App} app @param {HTMLDialogElement} dialog @param {HTMLElement} list */
async function fill(app, dialog, list) {
  try {
    const notices = await read();
    patch(
      list,
      notices.length
        ? [
            el(
              "ul",
              { class: "notices" },
              notices.map((notice) => noticeOf(app, notice, () => dialog.close())),
            ),
          ]
        : [el("div", { class: "blank" }, icon("bell"), el("p", {}, say("bell_empty")))],
    );
    if (notices.some((notice) => !notice.read)) {
      await call("PUT", "/notifications/actions/mark_read", { body: { notifications: { read_until: notices[0].id } } });
      app.change(({ notifications }) => ({ notifications: { ...notifications, unread: 0 } }));
    }
  } catch (thrown) {
    const retry = el("button", { type: "button", on: { click: () => void fill(app, dialog, list) } }, say("retry"));
    patch(list, [el("div", { class: "blank", role: "alert" }, icon("alert"), el("p", {}, explain(asProblem(thrown))), retry)]);
  }
}

/** @param {App} app @param {Notice} notice @param {() => void} leave */
function noticeOf(app, notice, leave) {
  // Downloads from here are recorded under the user's name, like everywhere in the console.
  const begin = (/** @type {string} */ name) => notice.backup && download(app, notice.backup, { name });
  const at = time(notice.time);
  const links = notice.links.map(({ file_name: name }) =>
    el(
      "li",
      {},
      button(name, () => begin(name), {
        icon: "download",
        class: "plain",
        "aria-label": say("download_file_of", { name, time: at }),
      }),
    ),
  );
  const again = () => {
    leave();
    return backUpNow(app);
  };
  const changed = notice.changes ? changesOf(notice.kind, notice.changes) : null;
  return el(
    "li",
    { class: notice.read ? "notice-item" : "notice-item unread", key: notice.id },
    el("p", {}, notice.read ? null : el("span", { class: "unread-mark" }, say("unread")), el("span", {}, textOf(notice))),
    notice.failure ? reasonOf(notice.failure) : null,
    changed ? el("p", { class: "soft" }, changed) : null,
    notice.losses ? el("p", { class: "soft" }, lossesText(notice.losses)) : null,
    el("p", { class: "soft" }, el("time", { datetime: notice.time }, at)),
    notice.failure && app.summary?.backup?.status !== "INPROGRESS"
      ? el("p", {}, button(say("retry"), again, { "aria-label": say("retry_backup_of", { time: at }) }))
      : null,
    links.length ? el("ul", { class: "links" }, ...links) : null,
    links.length ? el("a", { href: "#/downloads", on: { click: leave } }, say("go_to_downloads")) : null,
    (notice.kind === "ready" || notice.kind === "links_ending") && !links.length
      ? el("p", { class: "soft" }, icon("clock"), say("files_expired"))
      : null,
  );
}

/** @param {string} kind @param {Changes} changes */
function changesOf(kind, changes) {
  return kind === "unusual_loss" ? unusualText(changes) : changesText(changes);
}

/** @param {Failure} failure */
function reasonOf(failure) {
  const subject = failure.subject ? el("p", { class: "subject" }, subjectOf(failure.subject)) : null;
  return el("div", { class: "soft" }, el("p", {}, explainFailure(failure)), subject);
}

/** @param {Notice} notice */
function textOf(notice) {
  const key = notice.losses ? "notice_incomplete" : `notice_${notice.kind}`;
  return hasText(key) ? say(key) : notice.kind;
}
