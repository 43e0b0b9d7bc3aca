// Lines and totals of an order or a quote.

import { el, icon } from "../dom.js";
import { money, number, productName, say, taxName } from "../i18n.js";

/** @param {Quote} order @param {{ currency: string, minor_digits: number }} money */
export function billOf(order, { currency, minor_digits: digits }) {
  const format = (/** @type {number} */ minor) => money(minor, currency, digits);
  const lines = order.lines.map((line) => lineOf(line, format));
  return [
    el(
      "div",
      { class: "scrolled", tabindex: 0, role: "group", "aria-label": say("order_heading") },
      el("table", { class: "list" }, el("thead", {}, head()), el("tbody", {}, ...lines), el("tfoot", {}, ...sumsOf(order, format))),
    ),
    order.renews_amount > 0
      ? el("p", { class: "soft" }, icon("run"), say("renews_monthly", { amount: format(order.renews_amount) }))
      : null,
  ];
}

function head() {
  return el(
    "tr",
    {},
    el("th", { scope: "col" }, say("item")),
    el("th", { scope: "col" }, say("unit_price")),
    el("th", { scope: "col", class: "number" }, say("amount_of_money")),
  );
}

/** @param {OrderLine} line @param {(minor: number) => string} format */
function lineOf(line, format) {
  const price = `${number(line.quantity)} × ${format(line.unit_amount)} `;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, productName(line)),
    el("td", {}, price, el("span", { class: "soft" }, say(`per_${line.per}`))),
    el("td", { class: "number" }, format(line.amount)),
  );
}

/** @param {Quote} order @param {(minor: number) => string} format */
function sumsOf({ subtotal, tax, total }, format) {
  const sum = (/** @type {string} */ name, /** @type {number} */ minor, names = "") =>
    el("tr", { class: names || null }, el("th", { scope: "row", colspan: 2 }, name), el("td", { class: "number" }, format(minor)));
  return [
    sum(say("subtotal"), subtotal),
    tax ? sum(say("tax", { name: taxName(tax.name), percent: tax.percent }), tax.amount ?? 0) : null,
    sum(say("total"), total, "total"),
  ];
}
