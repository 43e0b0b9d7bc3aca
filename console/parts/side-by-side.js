// Values of two states side by side, as a table with a row for each field.

import { el } from "../dom.js";
import { say } from "../i18n.js";
import { scrolledTable } from "./looking.js";

/** @typedef {{ key: string, name: string, before: Child, after: Child }} Pair a field with its values */

/**
 * Draws the table. A state that does not have what is shown has no column.
 * @param {string} label @param {[string | null, string | null]} states names of the two states; null for one without a column @param {Pair[]} pairs
 */
export function sideBySide(label, [before, after], pairs) {
  const head = (/** @type {string | null} */ words) => (words === null ? null : el("th", { scope: "col" }, words));
  const row = (/** @type {Pair} */ pair) =>
    el(
      "tr",
      { key: pair.key },
      el("th", { scope: "row" }, pair.name),
      before === null ? null : el("td", { class: "old" }, pair.before),
      after === null ? null : el("td", { class: "new" }, pair.after),
    );
  const heading = el("tr", {}, head(say("field")), head(before), head(after));
  const table = el("table", { class: "list pairs" }, el("thead", {}, heading), el("tbody", {}, ...pairs.map(row)));
  return scrolledTable(label, table);
}
