// Add-ons: what can be bought here, a choice of it, and on to the order summary that the service counts.

import { call, get } from "../api.js";
import { card, el, icon, link } from "../dom.js";
import { money, say, taxName } from "../i18n.js";
import { resource, shown } from "../resource.js";
import { stepsOf } from "./order.js";

const MOST = 100;

/** @type {ViewMaker} */
export default function addons(app, product = "", plan = "") {
  const state = {
    quantity: product === "one_time" ? 1 : 0,
    weekly: product === "weekly",
    plan: product === "plan" ? plan : "",
    isBusy: false,
  };
  const prices = resource(app, async () => /** @type {Prices} */ ((await get("/prices")).prices));
  void prices.reload();

  function items() {
    return [
      state.quantity > 0 ? { product: "one_time", quantity: state.quantity } : null,
      state.weekly ? { product: "weekly" } : null,
      state.plan ? { product: "plan", plan: state.plan } : null,
    ].filter((item) => item !== null);
  }

  /** @param {Event} event */
  function change(event) {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.name === "quantity") state.quantity = Math.min(MOST, Math.max(0, Math.floor(Number(field.value) || 0)));
    if (field.name === "weekly") state.weekly = field.checked;
    if (field.name === "plan") state.plan = field.value;
    app.redraw();
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (state.isBusy || items().length === 0) return;
    state.isBusy = true;
    app.redraw();
    try {
      const origin = state.plan ? "upgrade" : product ? "backup_page" : "subscription_page";
      const { body } = await call("POST", "/orders", { body: { order: { items: items(), origin } } });
      app.go(`/orders/${body.order.id}`);
    } catch (thrown) {
      app.tell(thrown);
    }
    state.isBusy = false;
    app.redraw();
  }

  const filled = (/** @type {Prices} */ data) =>
    el(
      "form",
      { class: "columns", key: "form", on: { submit } },
      el("div", { class: "stack" }, ...productsOf(data, state, change)),
      cartOf(data, state, items().length === 0),
    );
  return {
    title: () => say("nav_addons"),
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("addons_heading")),
      el("p", { class: "soft", key: "lead" }, say("addons_lead")),
      stepsOf("choose"),
      prices.problem?.code === "NOT_ALLOWED"
        ? el("div", { class: "card blank", key: "off" }, icon("cart"), el("p", {}, say("purchases_off")))
        : shown(prices, { filled, lines: 5 }),
    ],
  };
}

/** @typedef {{ quantity: number, weekly: boolean, plan: string, isBusy: boolean }} Cart */

/** @param {Prices} prices @param {Cart} cart @param {(event: Event) => void} change */
function productsOf(prices, cart, change) {
  const { products } = prices;
  const oneTime = products.find(({ product }) => product === "one_time");
  const weekly = products.find(({ product }) => product === "weekly");
  const plans = products.filter(({ product, available }) => product === "plan" && available);
  return [
    oneTime &&
      card(
        "one-time",
        say("product_one_time"),
        { class: "product" },
        el("p", { class: "soft" }, say("product_one_time_hint")),
        priceOf(prices, oneTime),
        el(
          "div",
          { class: "field" },
          el("label", { for: "quantity" }, say("quantity")),
          el("input", {
            type: "number",
            id: "quantity",
            name: "quantity",
            min: 0,
            max: MOST,
            step: 1,
            value: cart.quantity,
            inputmode: "numeric",
            on: { input: change },
          }),
        ),
      ),
    weekly &&
      card(
        "weekly",
        say("product_weekly"),
        { class: "product" },
        el("p", { class: "soft" }, say("product_weekly_hint")),
        priceOf(prices, weekly),
        weekly.available
          ? el(
              "label",
              { class: "tick" },
              el("input", { type: "checkbox", name: "weekly", checked: cart.weekly, on: { change } }),
              say("add_weekly"),
            )
          : el("p", {}, icon("check"), say("weekly_is_active")),
      ),
    plans.length > 0 &&
      el(
        "fieldset",
        { class: "card product", key: "plans" },
        el("legend", {}, say("upgrade_heading")),
        el("p", { class: "soft" }, say("product_plan_hint")),
        ...[null, ...plans].map((plan) => planOf(prices, plan, cart, change)),
      ),
  ];
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

/** @param {Prices} prices @param {Product | null} plan @param {Cart} cart @param {(event: Event) => void} change */
function planOf(prices, plan, cart, change) {
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
    : [say("keep_plan")];
  return el(
    "label",
    { class: "choice", key: name || "keep" },
    el("input", { type: "radio", name: "plan", value: name, checked: cart.plan === name, on: { change } }),
    el("span", { class: "plan" }, ...words),
  );
}

/** @param {Prices} prices @param {Cart} cart @param {boolean} isEmpty */
function cartOf(prices, cart, isEmpty) {
  const { currency, minor_digits: digits, products } = prices;
  const lines = /** @type {[string, number][]} */ ([]);
  const amount = (/** @type {string} */ product, /** @type {string | null} */ plan = null) =>
    products.find((known) => known.product === product && (plan === null || known.plan === plan))?.amount ?? 0;
  if (cart.quantity > 0) lines.push([say("one_time_times", { count: cart.quantity }), amount("one_time") * cart.quantity]);
  if (cart.weekly) lines.push([say("product_weekly"), amount("weekly")]);
  if (cart.plan) lines.push([say("product_plan", { plan: cart.plan }), amount("plan", cart.plan)]);
  const sum = lines.reduce((sum, [, amount]) => sum + amount, 0);
  const rows = lines.map(([name, amount]) =>
    el("li", {}, el("span", {}, name), el("span", { class: "number" }, money(amount, currency, digits))),
  );
  const list = isEmpty
    ? el("p", { class: "soft", key: "none" }, say("cart_empty"))
    : el(
        "ul",
        { class: "bill", key: "bill" },
        ...rows,
        el("li", { class: "total" }, el("span", {}, say("sum")), el("span", { class: "number" }, money(sum, currency, digits))),
      );
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
        el("button", { class: "primary big", "aria-disabled": isEmpty || cart.isBusy ? "true" : null }, say("to_order")),
        link("/subscriptions", { class: "button" }, say("nav_subscriptions")),
      ),
    ),
  );
}
