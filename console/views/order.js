// An order: its summary, payment and status.

import { call, get } from "../api.js";
import { runFollowUp, followUpOf } from "../buying.js";
import { ask } from "../dialog.js";
import { badge, button, card, el, icon, link } from "../dom.js";
import { date, longTime, money, say, time } from "../i18n.js";
import { showRefusal } from "../parts/backup.js";
import { billOf } from "../parts/bill.js";
import { stepsOf } from "../parts/steps.js";
import { resource, drawResource } from "../resource.js";

/** Polling interval while an order is being paid, in milliseconds. */
const POLL_INTERVAL = 2000;

/** @type {ViewMaker} */
export default function order(app, id = "") {
  const path = `/orders/${encodeURIComponent(id)}`;
  const loaded = resource(app, async () => {
    const order = /** @type {Order} */ ((await get(path)).order);
    tracking.update(order);
    return order;
  });
  const tracking = track(app, () => void loaded.reload());
  void loaded.reload();

  /** Sends an action on the order, and shows the order in the response. @param {string} action */
  async function act(action) {
    try {
      const { body } = await call("POST", `${path}/actions/${action}`);
      loaded.data = body.order;
      tracking.update(body.order);
      app.redraw();
      return /** @type {Order} */ (body.order);
    } catch (thrown) {
      app.showError(thrown);
      await loaded.reload();
      return null;
    }
  }
  async function pay() {
    const order = await act("confirm");
    if (order?.checkout_url) location.assign(order.checkout_url);
  }
  async function cancel() {
    if ((await isCancelled()) && (await act("cancel"))) app.toast(say("order_is_cancelled"));
  }
  return {
    title: () => say("order_title"),
    leave: tracking.end,
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say(loaded.data?.status === "PAID" ? "order_paid_heading" : "order_heading")),
      drawResource(loaded, { filled: (order) => pageOf(app, order, tracking.state.done, pay, cancel), lines: 6 }),
    ],
  };
}

/** Polls an order while it is being paid, and then runs its follow-up. @param {App} app @param {() => void} reload */
function track(app, reload) {
  const state = {
    /** @type {number | undefined} */
    timer: undefined,
    /** Last known status. */
    status: "",
    /** Confirmation text of the follow-up. */
    done: "",
  };
  /** Keeps polling: the provider's webhook may arrive seconds after the buyer returns. @param {Order} order */
  function update(order) {
    clearTimeout(state.timer);
    const before = state.status;
    state.status = order.status;
    if (order.status === "PAID") void paid(order, before);
    if (order.status === "AWAITING_PAYMENT" || order.status === "PROCESSING") state.timer = window.setTimeout(poll, POLL_INTERVAL);
  }
  function poll() {
    if (document.hidden) state.timer = window.setTimeout(poll, POLL_INTERVAL);
    else reload();
  }
  /** Runs the follow-up once the order is paid. @param {Order} order @param {string} before */
  async function paid(order, before) {
    if (before && before !== "PAID") await app.refresh();
    try {
      state.done = (await runFollowUp(app, order)) ?? state.done;
    } catch (thrown) {
      await showRefusal(app, thrown);
    }
    app.redraw();
  }
  return { state, update, end: () => clearTimeout(state.timer) };
}

function isCancelled() {
  return ask({
    title: say("cancel_order_title"),
    body: [el("p", {}, say("cancel_order_question"))],
    confirm: say("cancel_order"),
    cancel: say("back"),
    isDangerous: true,
  });
}

/** @param {App} app @param {Order} order @param {string} done @param {() => unknown} pay @param {() => unknown} cancel */
function pageOf(app, order, done, pay, cancel) {
  const who = say("ordered_by", { name: order.created_by.name, time: date(order.created_time) });
  return el(
    "div",
    { class: "stack", key: "order" },
    stepsOf(stepOf(order)),
    outcomeOf(app, order, done),
    card(
      "bill",
      say("order_number", { number: order.number }),
      { class: "bill-card" },
      billOf(order, order),
      el("p", { class: "soft" }, who),
    ),
    actionsOf(order, pay, cancel),
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
    done ? el("p", { class: "notice good", key: "done" }, icon("check"), done) : null,
    !done && order.status !== "PAID" && followUpOf(app, order)
      ? el("p", { class: "soft", key: "then" }, say("continues_after_payment"))
      : null,
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

/** @param {Order} order @param {() => unknown} pay @param {() => unknown} cancel */
function actionsOf(order, pay, cancel) {
  const again = link("/add-ons", { class: "button primary", key: "again" }, say("order_again"));
  if (order.status === "DRAFT" || order.status === "AWAITING_PAYMENT") {
    const words = say(order.status === "DRAFT" ? "confirm_and_pay" : "continue_to_payment");
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
    link("/", { class: "button" }, say("go_to_overview")),
    order.receipt_url
      ? el("a", { href: order.receipt_url, class: "button", rel: "noreferrer" }, icon("receipt"), say("receipt"))
      : null,
  );
}
