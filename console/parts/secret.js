// A secret that is shown only once, with a button to copy it.

import { el, icon } from "../dom.js";

/** @param {string} words @param {string} secret */
export function secretOf(words, secret) {
  return el(
    "div",
    { class: "notice", role: "status", key: "secret" },
    icon("alert"),
    el("div", {}, el("p", {}, words), el("code", { class: "secret" }, secret)),
  );
}
