// A dialog that asks to type a number before something is done that cannot be taken back.

import { button, el } from "../dom.js";
import { open } from "../dialog.js";
import { number, say } from "../i18n.js";

/**
 * Asks for the number. Resolves to true if the user has typed it and confirms.
 * @param {{ title: string, body: Child[], label: string, count: number, confirm: string }} question
 * @returns {Promise<boolean>}
 */
export function askForNumber({ title, body, label, count, confirm }) {
  return new Promise((resolve) => {
    const dialog = open(title, "ask", () => resolve(dialog.returnValue === "yes"));
    const input = el("input", { id: "typed-number", inputmode: "numeric", autocomplete: "off", required: true });
    input.setAttribute("aria-describedby", "typed-number-problem");
    const problem = el("p", { id: "typed-number-problem", class: "reason", role: "alert" });
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      if (numberIn(input.value) === count) return dialog.close("yes");
      input.setAttribute("aria-invalid", "true");
      problem.textContent = say("typed_number_differs", { count: number(count) });
      input.focus();
    };
    const fields = el("div", { class: "field" }, el("label", { for: "typed-number" }, label), input, problem);
    const yes = el("button", { type: "submit", class: "danger" }, el("span", {}, confirm));
    const no = button(say("cancel"), () => dialog.close("no"));
    // What is asked comes first, so that the buttons are reached behind the field.
    const form = el("form", { class: "stack", novalidate: true, on: { submit } }, ...body, fields);
    form.append(el("div", { class: "actions" }, yes, no));
    dialog.append(el("div", { class: "dialog-body" }, form));
    dialog.showModal();
    input.focus();
  });
}

/** The number in a text, with digits of any width and with or without separators; null if there is none. @param {string} text */
function numberIn(text) {
  const digits = text.normalize("NFKC").replace(/[\s,.']/g, "");
  return /^\d+$/.test(digits) ? Number(digits) : null;
}
