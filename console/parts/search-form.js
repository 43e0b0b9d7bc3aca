// The form that searches a backup.

import { el, icon } from "../dom.js";
import { say } from "../i18n.js";
import { address } from "./looking.js";

/**
 * Draws the form. A search has an address of its own, which can be shared.
 * @param {App} app
 * @param {{ backup: string, modules: { api_name: string, label: string }[], words?: string, module?: string, match?: string }} search
 */
export function searchForm(app, { backup, modules, words = "", module = "", match = "prefix" }) {
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const text = String(form.get("words")).trim();
    if (text) app.go(address("search", backup, text, String(form.get("module")), String(form.get("match"))));
  };
  const field = (/** @type {string} */ name, /** @type {Child} */ control) =>
    el("div", { class: "field", key: name }, el("label", { for: `search-${name}` }, say(`search_${name}`)), control);
  const option = (/** @type {string} */ value, /** @type {string} */ label, /** @type {string} */ chosen) =>
    el("option", { value, selected: value === chosen, key: value || "all" }, label);
  const places = [
    option("", say("search_everywhere"), module),
    ...modules.map(({ api_name: name, label }) => option(name, label || name, module)),
  ];
  const matches = ["prefix", "exact"].map((kind) => option(kind, say(`search_${kind}`), match));
  const attributes = { id: "search-words", name: "words", type: "search", value: words, required: true, autocomplete: "off" };
  return el(
    "form",
    { class: "card line", role: "search", key: "search", on: { submit } },
    field("words", el("input", attributes)),
    field("module", el("select", { id: "search-module", name: "module" }, ...places)),
    field("match", el("select", { id: "search-match", name: "match" }, ...matches)),
    el("button", { type: "submit", class: "primary" }, icon("search"), el("span", {}, say("search_button"))),
  );
}
