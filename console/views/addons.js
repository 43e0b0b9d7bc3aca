// Add-ons: the products on sale, the cart, and the way to the order summary.

import { get } from "../api.js";
import { card, el, icon, link } from "../dom.js";
import { countryName, money, productName, say, taxName } from "../i18n.js";
import { stepsOf } from "../parts/steps.js";
import { resource, drawResource } from "../resource.js";
import { MAX_QUANTITY, quantityOf } from "../rules.js";

/** @typedef {{ quantity: number | null, weekly: boolean, plan: string }} Cart */

/** @type {ViewMaker} */
export default function addons(app, product = "", wanted = "", followUp = "") {
  const state = cartFrom(product, wanted);
  /** Name of a product in the address that is not on sale. */
  let unknown = "";
  const prices = resource(app, async () => {
    const prices = /** @type {Prices} */ ((await get("/prices")).prices);
    unknown = removeUnavailable(prices, state, product, wanted);
    return prices;
  });
  void prices.reload();

  /** @param {Event} event */
  function change(event) {
    unknown = "";
    updateCart(state, /** @type {HTMLInputElement} */ (event.target));
    app.redraw();
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (isEmpty(state)) return;
    app.go(`/add-ons/review/${encodeURIComponent(queryOf(state))}${followUp ? `/${encodeURIComponent(followUp)}` : ""}`);
  }

  const form = (/** @type {Prices} */ data) =>
    formOf(data, state, { plan: app.summary?.allowance.plan ?? "", unknown, change, submit });
  return {
    title: () => say("nav_addons"),
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("addons_heading")),
      el("p", { class: "soft", key: "lead" }, say("addons_lead")),
      stepsOf("choose"),
      prices.problem?.code === "NOT_ALLOWED"
        ? el("div", { class: "card blank", key: "off" }, icon("cart"), el("p", {}, say("purchases_off")))
        : drawResource(prices, {
            filled: (data) => (data.products.some(({ available }) => available) ? form(data) : nothingToBuy()),
            lines: 5,
          }),
    ],
  };
}

/**
 * @param {Prices} prices @param {Cart} cart
 * @param {{ plan: string, unknown: string, change: (event: Event) => void, submit: (event: Event) => void }} page the current
 * plan, and the name of a product in the address that is not on sale
 */
function formOf(prices, cart, { plan, unknown, change, submit }) {
  return el(
    "form",
    { class: "columns", key: "form", novalidate: true, on: { submit } },
    el("div", { class: "stack" }, unknown ? notSold(unknown) : null, pricesFor(prices), ...productsOf(prices, cart, change, plan)),
    cartOf(prices, cart, isEmpty(cart)),
  );
}

function nothingToBuy() {
  return el("div", { class: "card blank", key: "enough" }, icon("check"), el("p", {}, say("nothing_to_buy")));
}

/** Updates the cart from a changed field. @param {Cart} cart @param {HTMLInputElement} field */
function updateCart(cart, { name, value, checked }) {
  if (name === "quantity") cart.quantity = quantityOf(value, 0);
  if (name === "weekly") cart.weekly = checked;
  if (name === "plan") cart.plan = value;
}

/** Fills a cart from the address. @param {string} product @param {string} wanted @returns {Cart} */
function cartFrom(product, wanted) {
  const chosen = new URLSearchParams(product === "choice" ? wanted : "");
  return {
    quantity: product === "one_time" ? 1 : (quantityOf(chosen.get("one_time") ?? "", 0) ?? 0),
    weekly: product === "weekly" || chosen.get("weekly") === "true",
    plan: product === "plan" ? wanted : (chosen.get("plan") ?? ""),
  };
}

/** Removes products that are not on sale from the cart, and returns the name of the last one. @param {Prices} prices @param {Cart} cart @param {string} product @param {string} wanted */
function removeUnavailable({ products }, cart, product, wanted) {
  const isSold = (/** @type {string} */ kind, /** @type {string | null} */ plan = null) =>
    products.some((known) => known.available && known.product === kind && (plan === null || known.plan === plan));
  let unknown = ["", "choice", "one_time", "weekly", "plan"].includes(product) ? "" : product;
  if (cart.quantity && !isSold("one_time")) [cart.quantity, unknown] = [0, productName({ product: "one_time", plan: null })];
  if (cart.weekly && !isSold("weekly")) [cart.weekly, unknown] = [false, productName({ product: "weekly", plan: null })];
  if (cart.plan && !isSold("plan", cart.plan)) [cart.plan, unknown] = ["", productName({ product: "plan", plan: cart.plan })];
  return product === "plan" && !wanted ? "" : unknown;
}

/** @param {Cart} cart */
function isEmpty({ quantity, weekly, plan }) {
  return quantity === null || !(quantity > 0 || weekly || plan);
}

/** Encodes a cart as the query of `GET /prices`. @param {Cart} cart */
function queryOf({ quantity, weekly, plan }) {
  const query = new URLSearchParams();
  if (quantity) query.set("one_time", String(quantity));
  if (weekly) query.set("weekly", "true");
  if (plan) query.set("plan", plan);
  return query.toString();
}

/** Country whose price list applies. @param {Prices} prices */
function pricesFor({ country }) {
  return el("p", { class: "soft", key: "country" }, say("prices_for", { country: countryName(country) }));
}

/** @param {string} name */
function notSold(name) {
  return el("p", { class: "notice bad", role: "alert", key: "unknown" }, icon("alert"), say("not_sold", { name }));
}

/** @param {Prices} prices @param {Cart} cart @param {(event: Event) => void} change @param {string} current the current plan */
function productsOf(prices, cart, change, current) {
  const { products } = prices;
  const oneTime = products.find(({ product }) => product === "one_time");
  const weekly = products.find(({ product }) => product === "weekly");
  const plans = products.filter(({ product, available }) => product === "plan" && available);
  return [
    oneTime?.available ? oneTimeOf(prices, oneTime, cart, change) : null,
    weekly ? weeklyOf(prices, weekly, cart, change) : null,
    plans.length > 0 &&
      el(
        "fieldset",
        { class: "card product", key: "plans" },
        el("legend", {}, say("upgrade_heading")),
        el("p", { class: "soft" }, say("product_plan_hint")),
        ...[null, ...plans].map((plan) => planOf(prices, plan, cart, change, current)),
      ),
  ];
}

/** @param {Prices} prices @param {Product} product @param {Cart} cart @param {(event: Event) => void} change */
function oneTimeOf(prices, product, { quantity }, change) {
  const isWrong = quantity === null;
  const problem = say("quantity_invalid", { max: MAX_QUANTITY });
  const field = el("input", {
    type: "number",
    id: "quantity",
    name: "quantity",
    min: 0,
    max: MAX_QUANTITY,
    step: 1,
    value: quantity,
    inputmode: "numeric",
    "aria-invalid": isWrong ? "true" : null,
    "aria-describedby": isWrong ? "quantity-problem" : null,
    on: { input: change },
  });
  return card(
    "one-time",
    say("product_one_time"),
    { class: "product" },
    el("p", { class: "soft" }, say("product_one_time_hint")),
    priceOf(prices, product),
    el(
      "div",
      { class: "field" },
      el("label", { for: "quantity" }, say("quantity")),
      field,
      isWrong ? el("p", { class: "notice bad", role: "alert", id: "quantity-problem" }, icon("alert"), problem) : null,
    ),
  );
}

/** @param {Prices} prices @param {Product} product @param {Cart} cart @param {(event: Event) => void} change */
function weeklyOf(prices, product, cart, change) {
  const tick = el("input", { type: "checkbox", name: "weekly", checked: cart.weekly, on: { change } });
  return card(
    "weekly",
    say("product_weekly"),
    { class: "product" },
    el("p", { class: "soft" }, say("product_weekly_hint")),
    priceOf(prices, product),
    product.available
      ? el("label", { class: "tick" }, tick, say("add_weekly"))
      : el("p", {}, icon("check"), say("weekly_is_active")),
  );
}

/** @param {Prices} prices @param {Product} product */
function priceOf({ currency, minor_digits: digits, tax }, { amount, per }) {
  return el(
    "p",
    { class: "price" },
    el("strong", {}, money(amount, currency, digits)),
    el("span", { class: "soft" }, say(`per_${per}`)),
    tax
      ? el(
          "span",
          { class: "soft" },
          say(tax.included ? "tax_included" : "tax_added", { tax: taxName(tax.name), percent: tax.percent }),
        )
      : null,
  );
}

/** @param {Prices} prices @param {Product | null} plan @param {Cart} cart @param {(event: Event) => void} change @param {string} current */
function planOf(prices, plan, cart, change, current) {
  const name = plan?.plan ?? "";
  const words = plan
    ? [
        el("strong", {}, name),
        el(
          "span",
          { class: "soft" },
          plan.free_per_month == null ? say("unlimited") : say("free_backups", { free: plan.free_per_month }),
        ),
        priceOf(prices, plan),
      ]
    : [say("keep_plan", { plan: current })];
  return el(
    "label",
    { class: "choice", key: name || "keep" },
    el("input", { type: "radio", name: "plan", value: name, checked: cart.plan === name, on: { change } }),
    el("span", { class: "plan" }, ...words),
  );
}

/** @param {Prices} prices @param {Cart} cart @param {boolean} isEmpty */
function cartOf(prices, cart, isEmpty) {
  const { once, monthly } = sumsOf(prices, cart);
  const list = isEmpty
    ? el("p", { class: "soft", key: "none" }, say("cart_empty"))
    : [groupOf(prices, "once", once), groupOf(prices, "monthly", monthly)];
  return el(
    "div",
    { class: "aside", key: "aside" },
    card(
      "cart",
      say("cart_heading"),
      {},
      el("div", { "aria-live": "polite", class: "cart" }, list),
      el("p", { class: "soft" }, say("cart_hint")),
      el(
        "div",
        { class: "actions" },
        el("button", { class: "primary big", "aria-disabled": isEmpty ? "true" : null }, say("review_order")),
        link("/subscriptions", { class: "button" }, say("nav_subscriptions")),
      ),
    ),
  );
}

/** Splits the cart into one-time and monthly charges. @param {Prices} prices @param {Cart} cart */
function sumsOf({ products }, cart) {
  const amount = (/** @type {string} */ product, /** @type {string | null} */ plan = null) =>
    products.find((known) => known.product === product && (plan === null || known.plan === plan))?.amount ?? 0;
  const once = /** @type {[string, number][]} */ ([]);
  const monthly = /** @type {[string, number][]} */ ([]);
  if (cart.quantity) once.push([say("one_time_times", { count: cart.quantity }), amount("one_time") * cart.quantity]);
  if (cart.weekly) monthly.push([say("product_weekly"), amount("weekly")]);
  if (cart.plan) monthly.push([say("product_plan", { plan: cart.plan }), amount("plan", cart.plan)]);
  return { once, monthly };
}

/** @param {Prices} prices @param {"once" | "monthly"} kind @param {[string, number][]} lines */
function groupOf({ currency, minor_digits: digits }, kind, lines) {
  if (lines.length === 0) return null;
  const line = (/** @type {string} */ name, /** @type {number} */ minor, names = "") =>
    el("li", { class: names || null }, el("span", {}, name), el("span", { class: "number" }, money(minor, currency, digits)));
  const total = lines.reduce((sum, [, minor]) => sum + minor, 0);
  return [
    el("h3", { key: kind }, say(kind)),
    el(
      "ul",
      { class: "bill", key: `bill-${kind}` },
      ...lines.map(([name, minor]) => line(name, minor)),
      line(say(`sum_${kind}`), total, "total"),
    ),
  ];
}
