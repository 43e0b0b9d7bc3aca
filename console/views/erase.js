// Begins the erasure of a record, or of all records that a search finds, from all backups: the choice of what happens with ZIPs. What is
// concerned is looked for first.

import { asProblem, call } from "../api.js";
import { el, facts, icon, link } from "../dom.js";
import { explain, say } from "../i18n.js";
import { erasureWarnings } from "../parts/erasures.js";
import { address, trail } from "../parts/looking.js";

const ZIPS = /** @type {const} */ (["drop", "remake"]);

/** @typedef {{ kind: string, first: string, second: string, match: string }} Wanted the arguments of the address */
/** @typedef {{ zips: "drop" | "remake", problem: Problem | null }} Choice */

/** The address is `record`, module and id; or `search`, words, module (may be empty) and match. @type {ViewMaker} */
export default function erase(app, kind = "", first = "", second = "", match = "prefix") {
  const wanted = { kind, first, second, match };
  const choice = /** @type {Choice} */ ({ zips: "drop", problem: null });
  const begin = async () => {
    try {
      const { body } = await call("POST", "/erasures", { body: { ...selectionOf(wanted), zips: choice.zips } });
      app.go(address("erasures", body.erasure.id));
    } catch (thrown) {
      choice.problem = asProblem(thrown);
      if (choice.problem.status === 401 || choice.problem.status === 403) app.showError(choice.problem);
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
      first ? [whatOf(wanted), erasureWarnings(), formOf(app, choice, begin)] : nothing(),
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

/** @param {App} app @param {Choice} choice @param {() => Promise<void>} begin */
function formOf(app, choice, begin) {
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    return begin();
  };
  const options = ZIPS.map((name) => {
    const change = () => {
      choice.zips = name;
      app.redraw();
    };
    const input = { type: "radio", name: "zips", value: name, id: `zips-${name}`, "aria-describedby": `zips-${name}-hint` };
    return el(
      "div",
      { class: "choice", key: name },
      el("input", { ...input, checked: choice.zips === name, on: { change } }),
      el(
        "div",
        {},
        el("label", { for: `zips-${name}` }, say(`erase_zips_${name}`)),
        el("p", { class: "soft", id: `zips-${name}-hint` }, say(`erase_zips_${name}_hint`)),
      ),
    );
  });
  const failed = choice.problem
    ? el("p", { class: "notice bad", role: "alert", key: "problem" }, icon("alert"), explain(choice.problem))
    : null;
  return el(
    "form",
    { class: "stack", key: "form", on: { submit } },
    el("fieldset", { class: "card choices" }, el("legend", {}, say("erase_zips")), ...options),
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
