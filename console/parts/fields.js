// Fields of forms with their labels.

import { el } from "../dom.js";

/** A field with its label. @param {string} id @param {string} label @param {Child[]} children */
export function field(id, label, ...children) {
  return el("div", { class: "field", key: id }, el("label", { for: id }, label), ...children);
}

/** A checkbox with its label. @param {string} name @param {boolean} isOn @param {string} label @param {string} [hint] */
export function tick(name, isOn, label, hint) {
  return el(
    "div",
    { class: "tick", key: name },
    el("input", { type: "checkbox", id: name, name, checked: isOn, "aria-describedby": hint ? `${name}-hint` : null }),
    el("div", {}, el("label", { for: name }, label), hint ? el("p", { class: "soft", id: `${name}-hint` }, hint) : null),
  );
}
