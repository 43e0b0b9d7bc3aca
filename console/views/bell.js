// Notifications: the list behind the bell, and pop-ups of those that are new.

import { asProblem, call, getChanged } from "../api.js";
import { open } from "../dialog.js";
import { el, icon, patch } from "../dom.js";
import { explain, knows, say, time } from "../i18n.js";

/** The notifications as they were read last. @type {Notice[]} */
let known = [];

async function read() {
  const answer = await getChanged("/notifications");
  if (answer) known = answer.notifications;
  return known;
}

/** Of what somebody does they need no pop-up in the tab where they have just done it. */
const DONE_HERE = ["scheduled", "changed", "stopped", "archiving"];

/** Shows pop-ups of what came after a notification. @param {App} app @param {string | null} after @param {boolean} isOwn */
export async function popUp(app, after, isOwn) {
  const notices = await read().catch(asProblem);
  if (!Array.isArray(notices)) return;
  const isNewer = (/** @type {Notice} */ { id, kind }) =>
    (!after || BigInt(id) > BigInt(after)) && !(isOwn && DONE_HERE.includes(kind));
  for (const notice of notices.filter(isNewer).slice(0, 3).reverse()) {
    const isBad = ["failed", "skipped", "missed", "payment_failed", "order_failed"].includes(notice.kind);
    const action = notice.kind === "ready" ? { words: say("to_downloads"), to: "/downloads" } : undefined;
    app.toast(wordsOf(notice), { kind: isBad ? "bad" : "news", action });
  }
}

/** Opens the list, and marks what is in it as read. @param {App} app */
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
              notices.map((notice) => noticeOf(notice, () => dialog.close())),
            ),
          ]
        : [el("div", { class: "blank" }, icon("bell"), el("p", {}, say("bell_empty")))],
    );
    if (notices.some((notice) => !notice.read)) {
      await call("PUT", "/notifications/actions/mark_read", { body: { notifications: { read_until: notices[0].id } } });
      await app.refresh();
    }
  } catch (thrown) {
    const retry = el("button", { type: "button", on: { click: () => void fill(app, dialog, list) } }, say("retry"));
    patch(list, [el("div", { class: "blank", role: "alert" }, icon("alert"), el("p", {}, explain(asProblem(thrown))), retry)]);
  }
}

/** @param {Notice} notice @param {() => void} leave */
function noticeOf(notice, leave) {
  const links = notice.links.map((link) =>
    el("li", {}, el("a", { href: link.url, download: link.file_name }, icon("download"), link.file_name)),
  );
  return el(
    "li",
    { class: notice.read ? "notice-item" : "notice-item unread", key: notice.id },
    el("p", {}, notice.read ? null : el("span", { class: "unread-mark" }, say("unread")), el("span", {}, wordsOf(notice))),
    notice.failure
      ? el(
          "p",
          { class: "soft" },
          knows(`failure_${notice.failure.code}`) ? say(`failure_${notice.failure.code}`) : notice.failure.message,
        )
      : null,
    el("p", { class: "soft" }, el("time", { datetime: notice.time }, time(notice.time))),
    links.length ? el("ul", { class: "links" }, ...links) : null,
    notice.kind === "ready" ? el("a", { href: "#/downloads", on: { click: leave } }, say("to_downloads")) : null,
  );
}

/** @param {Notice} notice */
function wordsOf(notice) {
  const key = `notice_${notice.kind}`;
  return knows(key) ? say(key) : notice.kind;
}
