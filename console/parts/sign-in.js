// Sign-in page, which asks for a token.

import { el, icon } from "../dom.js";
import { say } from "../i18n.js";

/**
 * @param {{ problem: Problem | null, place: string | null, languages: Child, enter: (token: string) => void }} page the reason
 * why a token was refused, and the view to which signing in leads
 */
export function signInPage({ problem, place, languages, enter }) {
  const message = problem?.status === 403 ? say("only_administrators") : problem?.status === 401 ? say("token_refused") : null;
  return [
    el(
      "div",
      { class: "sign-in", key: "sign-in" },
      el("header", {}, languages),
      el(
        "main",
        { id: "main", tabindex: "-1" },
        el("h1", {}, icon("archive"), say("sign_in_heading")),
        message ? el("p", { class: "notice bad", role: "alert" }, icon("alert"), message) : null,
        formOf(place ? say("sign_in_continues_to", { place }) : null, enter),
      ),
    ),
  ];
}

/** @param {string | null} goesTo @param {(token: string) => void} enter */
function formOf(goesTo, enter) {
  const input = el("input", {
    id: "token",
    name: "token",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "token-hint",
  });
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const typed = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get("token");
    enter(String(typed ?? "").trim());
  };
  return el(
    "form",
    { on: { submit } },
    el("label", { for: "token" }, say("token")),
    el("p", { id: "token-hint", class: "soft" }, say("token_hint"), goesTo ? el("br") : null, goesTo),
    input,
    el("button", { class: "primary" }, say("open_console")),
  );
}
