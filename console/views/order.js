// An order: its summary, confirming and paying, and what came of it.

import { call, get } from "../api.js";
import { goOn, thenOf } from "../buying.js";
import { ask } from "../dialog.js";
import { badge, button, card, el, icon, link } from "../dom.js";
import { date, longTime, money, number, say, taxName, time } from "../i18n.js";
import { resource, shown } from "../resource.js";
import { nameOf } from "./limit.js";
import { refused } from "./overview.js";

/** How often an order that is being paid is looked at. */
const LOOK_EVERY = 2000;
const STEPS = ["choose", "review", "pay", "done"];

/** @type {ViewMaker} */
export default function order(app, id = "") {
  const state = {
    /** @type {number | undefined} */
    timer: undefined,
    /** What has gone on by itself after the payment, in words. */
    done: "",
  };
  const shownOrder = resource(app, async () => {
    const order = /** @type {Order} */ ((await get(`/orders/${encodeURIComponent(id)}`)).order);
    watch(order);
    return order;
  });
  void shownOrder.reload();

  /** The provider's word may come some seconds after the buyer does. @param {Order} order */
  function watch(order) {
    clearTimeout(state.timer);
    const before = shownOrder.data?.status;
    if (order.status === "PAID") void paid(order, before);
    if (order.status === "AWAITING_PAYMENT" || order.status === "PROCESSING") state.timer = window.setTimeout(look, LOOK_EVERY);
  }
  /** What it was bought for goes on by itself. @param {Order} order @param {string | undefined} before */
  async function paid(order, before) {
    if (before && before !== "PAID") await app.refresh();
    try {
      state.done = (await goOn(app, order)) ?? state.done;
    } catch (thrown) {
      await refused(app, thrown);
    }
    app.redraw();
  }
  function look() {
    if (document.hidden) state.timer = window.setTimeout(look, LOOK_EVERY);
    else void shownOrder.reload();
  }

  /** @param {string} action @param {(order: Order) => void} then */
  async function act(action, then) {
    try {
      const { body } = await call("POST", `/orders/${encodeURIComponent(id)}/actions/${action}`);
      then(body.order);
    } catch (thrown) {
      app.tell(thrown);
    }
    await shownOrder.reload();
  }
  const pay = () =>
    act("confirm", (order) => {
      if (order.checkout_url) location.assign(order.checkout_url);
    });
  async function cancel() {
    const agreed = await ask({
      title: say("cancel_order_title"),
      body: [el("p", {}, say("cancel_order_question"))],
      confirm: say("cancel_order"),
      cancel: say("back"),
      isDangerous: true,
    });
    if (agreed) await act("cancel", () => app.toast(say("order_is_cancelled")));
  }

  const filled = (/** @type {Order} */ order) =>
    el(
      "div",
      { class: "stack", key: "order" },
      stepsOf(stepOf(order)),
      outcomeOf(app, order, state.done),
      card(
        "bill",
        say("order_number", { number: order.number }),
        { class: "bill-card" },
        billOf(order, order),
        el("p", { class: "soft" }, say("ordered_by", { name: order.created_by.name, time: date(order.created_time) })),
      ),
      actionsOf(order, pay, cancel),
    );
  return {
    title: () => say("order_title"),
    leave: () => clearTimeout(state.timer),
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say(shownOrder.data?.status === "PAID" ? "order_paid_heading" : "order_heading")),
      shown(shownOrder, { filled, lines: 6 }),
    ],
  };
}

/** Where buying stands. @param {string} here */
export function stepsOf(here) {
  const at = STEPS.indexOf(here);
  return el(
    "ol",
    { class: "steps", key: "steps", "aria-label": say("steps") },
    STEPS.map((step, number) =>
      el(
        "li",
        { key: step, class: number < at ? "past" : null, "aria-current": number === at ? "step" : null },
        say(`step_${step}`),
      ),
    ),
  );
}

/** @param {Order} order */
function stepOf({ status }) {
  if (status === "PAID") return "done";
  return status === "AWAITING_PAYMENT" || status === "PROCESSING" ? "pay" : "review";
}

/** @param {App} app @param {Order} order @param {string} done */
function outcomeOf(app, order, done) {
  const kinds = /** @type {Record<string, "good" | "bad" | "busy" | "quiet">} */ ({
    PAID: "good",
    FAILED: "bad",
    AWAITING_PAYMENT: "busy",
    PROCESSING: "busy",
  });
  const more =
    order.status === "PAID" && order.paid_time
      ? say("order_PAID_text", { time: longTime(order.paid_time) })
      : say(`order_${order.status}_text`, { time: time(order.expires_time) });
  return el(
    "div",
    { class: "card outcome", role: "status", key: "outcome" },
    el("p", { class: "lead" }, badge(kinds[order.status] ?? "quiet", say(`order_${order.status}`))),
    el("p", {}, more),
    done ? el("p", { class: "notice", key: "done" }, icon("check"), done) : null,
    !done && order.status !== "PAID" && thenOf(app, order) ? el("p", { class: "soft", key: "then" }, say("goes_on_after")) : null,
    order.refunded_amount > 0
      ? el(
          "p",
          { class: "notice" },
          icon("receipt"),
          say("refunded", { amount: money(order.refunded_amount, order.currency, order.minor_digits) }),
        )
      : null,
    order.disputed ? el("p", { class: "notice" }, icon("alert"), say("disputed")) : null,
  );
}

/** The lines of an order, placed or not, with their sum. @param {Quote} order @param {{ currency: string, minor_digits: number }} money */
export function billOf(order, { currency, minor_digits: digits }) {
  const written = (/** @type {number} */ minor) => money(minor, currency, digits);
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, say("item")),
    el("th", { scope: "col" }, say("unit_price")),
    el("th", { scope: "col", class: "number" }, say("amount_of_money")),
  );
  const lines = order.lines.map((line) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, nameOf(line)),
      el(
        "td",
        {},
        `${number(line.quantity)} × ${written(line.unit_amount)} `,
        el("span", { class: "soft" }, say(`per_${line.per}`)),
      ),
      el("td", { class: "number" }, written(line.amount)),
    ),
  );
  const sum = (/** @type {string} */ name, /** @type {number} */ minor, names = "") =>
    el("tr", { class: names || null }, el("th", { scope: "row", colspan: 2 }, name), el("td", { class: "number" }, written(minor)));
  const tax = order.tax ? sum(say("tax", { name: taxName(order.tax.name), percent: order.tax.percent }), order.tax.amount) : null;
  return [
    el(
      "div",
      { class: "scrolled", tabindex: 0, role: "group", "aria-label": say("order_heading") },
      el(
        "table",
        { class: "list" },
        el("thead", {}, head),
        el("tbody", {}, ...lines),
        el("tfoot", {}, sum(say("subtotal"), order.subtotal), tax, sum(say("total"), order.total, "total")),
      ),
    ),
    order.renews_amount > 0
      ? el("p", { class: "soft" }, icon("run"), say("renews_monthly", { amount: written(order.renews_amount) }))
      : null,
  ];
}

/** @param {Order} order @param {() => unknown} pay @param {() => unknown} cancel */
function actionsOf(order, pay, cancel) {
  const again = link("/add-ons", { class: "button primary", key: "again" }, say("order_again"));
  if (order.status === "DRAFT" || order.status === "AWAITING_PAYMENT") {
    const words = say(order.status === "DRAFT" ? "confirm_and_pay" : "go_on_paying");
    return el(
      "div",
      { key: "actions", class: "stack" },
      el("p", { class: "soft" }, say("billing_hint")),
      el(
        "div",
        { class: "actions" },
        button(words, pay, { class: "primary big", key: "pay" }),
        button(say("cancel_order"), cancel, { key: "cancel" }),
      ),
    );
  }
  if (order.status !== "PAID") return el("div", { class: "actions", key: "actions" }, order.status === "PROCESSING" ? null : again);
  return el(
    "div",
    { class: "actions", key: "actions" },
    link("/schedule", { class: "button primary" }, icon("calendar"), say("set_schedule")),
    link("/", { class: "button" }, say("to_overview")),
    order.receipt_url
      ? el("a", { href: order.receipt_url, class: "button", rel: "noreferrer" }, icon("receipt"), say("receipt"))
      : null,
  );
}
