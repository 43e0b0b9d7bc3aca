// Modal dialogs, built on `<dialog>`: the browser traps and restores the focus and closes on Escape.

import { button, el, icon } from "./dom.js";
import { say } from "./i18n.js";

/**
 * Asks for confirmation. Resolves to true if the user confirms.
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
    // The button that changes nothing gets the initial focus.
    /** @type {HTMLElement | null} */ (dialog.querySelector(".actions button:last-child"))?.focus();
  });
}

/** Creates a dialog with a heading and a close button; closing removes it from the page. @param {string} title @param {string} names @param {() => void} [closed] */
export function open(title, names, closed) {
  const heading = el("h2", { id: "dialog-heading" }, title);
  const close = el(
    "button",
    { type: "button", class: "plain close", on: { click: () => dialog.close("no") } },
    icon("close"),
    el("span", { class: "visually-hidden" }, say("close")),
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
