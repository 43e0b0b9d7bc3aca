// Preferences stored in this browser: language, theme and session.

import { button, card, el } from "../dom.js";
import { languages, locale, say, switchLocale } from "../i18n.js";
import { field } from "./fields.js";

/** @param {App} app */
export function browserOf(app) {
  const out = button(say("sign_out"), () => app.signOut());
  return card(
    "browser",
    say("browser_heading"),
    {},
    el("div", { class: "grid" }, languageOf(app), themeOf()),
    el("div", { class: "actions" }, out),
  );
}

/** @param {App} app */
function languageOf(app) {
  const change = async (/** @type {Event} */ event) => {
    await switchLocale(/** @type {HTMLSelectElement} */ (event.target).value);
    app.redraw();
  };
  const options = languages.map(([tag, name]) => el("option", { value: tag, lang: tag, selected: tag === locale() }, name));
  return field("language", say("language"), el("select", { id: "language", on: { change } }, ...options));
}

function themeOf() {
  const theme = localStorage.getItem("theme") ?? "";
  const change = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    localStorage.setItem("theme", value);
    document.documentElement.dataset.theme = value;
  };
  const options = ["", "light", "dark"].map((name) =>
    el("option", { value: name, selected: theme === name }, say(`theme_${name || "auto"}`)),
  );
  return field("theme", say("theme"), el("select", { id: "theme", on: { change } }, ...options));
}
