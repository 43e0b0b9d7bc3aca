// Dialogs: the browser's own, so that focus stays inside and comes back, and Escape closes.

import { button, el, icon } from "./dom.js";
import { say } from "./i18n.js";

/**
 * Asks before something is done. True when it was agreed to.
 * @param {{ title: string, body: Child[], confirm?: string, cancel?: string, isDangerous?: boolean }} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, body, confirm, cancel = say("cancel"), isDangerous = false }) {
  return new Promise((resolve) => {
    const dialog = open(title, "ask", () => resolve(dialog.returnValue === "yes"));
    const yes = confirm ? button(confirm, () => dialog.close("yes"), { class: isDangerous ? "danger" : "primary" }) : null;
    dialog.append(
      el("div", { class: "dialog-body" }, ...body),
      el(
        "div",
        { class: "actions" },
        yes,
        button(cancel, () => dialog.close("no")),
      ),
    );
    dialog.showModal();
    // What changes nothing has the focus first.
    /** @type {HTMLElement | null} */ (dialog.querySelector(".actions button:last-child"))?.focus();
  });
}

/** A dialog with a heading and a way out; it goes when it is closed. @param {string} title @param {string} names @param {() => void} [closed] */
export function open(title, names, closed) {
  const heading = el("h2", { id: "dialog-heading" }, title);
  const close = el(
    "button",
    { type: "button", class: "plain close", on: { click: () => dialog.close("no") } },
    icon("close"),
    el("span", { class: "unseen" }, say("close")),
  );
  const dialog = el(
    "dialog",
    {
      class: names,
      "aria-labelledby": "dialog-heading",
      on: { close: end, click: (event) => event.target === dialog && dialog.close("no") },
    },
    el("div", { class: "dialog-head" }, heading, close),
  );
  function end() {
    closed?.();
    dialog.remove();
  }
  document.body.append(dialog);
  return dialog;
}
