// Begins the erasure of a record, or of all records that a search finds, from all backups. What is concerned is looked for first.

import { asProblem, call } from "../api.js";
import { el, facts, icon, link } from "../dom.js";
import { explain, say } from "../i18n.js";
import { erasureWarnings } from "../parts/erasures.js";
import { address, trail } from "../parts/looking.js";

/** @typedef {{ kind: string, first: string, second: string, match: string }} Wanted the arguments of the address */
/** @typedef {{ zips: string, problem: Problem | null }} Attempt what happens to zips, and the problem of the last one, if it was refused */

/** What can happen to zips. */
const CHOICES = ["drop", "remake"];

/** The address is `record`, module and id; or `search`, words, module (may be empty) and match. @type {ViewMaker} */
export default function erase(app, kind = "", first = "", second = "", match = "prefix") {
  const wanted = { kind, first, second, match };
  const attempt = /** @type {Attempt} */ ({ zips: CHOICES[0], problem: null });
  const begin = async () => {
    try {
      const { body } = await call("POST", "/erasures", { body: { ...selectionOf(wanted), zips: attempt.zips } });
      app.go(address("erasures", body.erasure.id));
    } catch (thrown) {
      attempt.problem = asProblem(thrown);
      if (attempt.problem.status === 401 || attempt.problem.status === 403) app.showError(attempt.problem);
      app.redraw();
    }
  };
  const title = () => say(kind === "search" ? "erase_heading_search" : "erase_heading_record");
  return {
    title,
    draw: () => [
      trail([
        ["/downloads", say("nav_downloads")],
        ["/erasures", say("nav_erasures")],
      ]),
      el("h1", { key: "heading", tabindex: -1 }, title()),
      el("p", { class: "soft", key: "lead" }, say("erase_lead")),
      first ? [whatOf(wanted), erasureWarnings(), formOf(attempt, begin)] : nothing(),
    ],
  };
}

/** @param {Wanted} wanted */
function selectionOf({ kind, first, second, match }) {
  if (kind !== "search") return { records: [{ module: first, id: second }] };
  return { search: { ...(second ? { module: second } : {}), words: first, match } };
}

function nothing() {
  const to = link("/downloads", { class: "button primary" }, say("go_to_downloads"));
  return el("div", { class: "blank", key: "nothing" }, icon("search"), el("p", {}, say("erase_nothing_chosen")), to);
}

/** @param {Wanted} wanted */
function whatOf({ kind, first, second, match }) {
  const about = /** @type {[Child, Child][]} */ (
    kind === "search"
      ? [
          [say("search_words"), first],
          [say("search_module"), second || say("search_everywhere")],
          [say("search_match"), say(`search_${match === "exact" ? "exact" : "prefix"}`)],
        ]
      : [
          [say("module"), first],
          [say("explore_record"), second],
        ]
  );
  return el(
    "section",
    { class: "card", key: "what", "aria-labelledby": "what-heading" },
    el("h2", { id: "what-heading" }, say("erased_what")),
    facts(about),
  );
}

/** @param {Attempt} attempt @param {() => Promise<void>} begin */
function formOf(attempt, begin) {
  const { problem } = attempt;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    return begin();
  };
  const failed = problem
    ? el("p", { class: "notice bad", role: "alert", key: "problem" }, icon("alert"), explain(problem, "erase"))
    : null;
  return el(
    "form",
    { class: "card", key: "form", on: { submit } },
    el(
      "fieldset",
      { class: "choices", key: "zips" },
      el("legend", {}, say("erase_zips")),
      ...CHOICES.map((zips) => choiceOf(zips, attempt)),
    ),
    el("p", { class: "soft", key: "safe" }, say("erase_plan_first")),
    failed,
    el(
      "p",
      { class: "actions", key: "actions" },
      el("button", { type: "submit", class: "primary" }, el("span", {}, say("erase_make_plan"))),
      link("/erasures", { class: "button" }, say("nav_erasures")),
    ),
  );
}

/** @param {string} zips @param {Attempt} attempt */
function choiceOf(zips, attempt) {
  const [id, hint] = [`zips-${zips}`, `zips-${zips}-hint`];
  const change = () => {
    attempt.zips = zips;
  };
  const radio = { type: "radio", name: "zips", id, value: zips, checked: attempt.zips === zips, "aria-describedby": hint };
  return el(
    "div",
    { class: "choice", key: zips },
    el("input", { ...radio, on: { change } }),
    el(
      "div",
      {},
      el("label", { for: id }, say(`erase_zips_${zips}`)),
      el("p", { class: "soft", id: hint }, say(`erase_zips_${zips}_hint`)),
    ),
  );
}
