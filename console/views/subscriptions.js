// Subscriptions, which can be downgraded and taken up again, and all orders.

import { asProblem, call, get } from "../api.js";
import { ask } from "../dialog.js";
import { badge, button, card, el, facts, icon, link } from "../dom.js";
import { date, dayOfYear, money, planName, say, time } from "../i18n.js";
import { resource, shown } from "../resource.js";
import { nameOf } from "./limit.js";

const PER_PAGE = 20;

/** @type {ViewMaker} */
export default function subscriptions(app) {
  let pages = 1;
  const mine = resource(app, async () => /** @type {Subscription[]} */ ((await get("/subscriptions")).subscriptions));
  const orders = resource(app, async () => {
    const answers = await Promise.all(Array.from({ length: pages }, (_, at) => get(`/orders?page=${at + 1}&per_page=${PER_PAGE}`)));
    return {
      orders: /** @type {Order[]} */ (answers.flatMap((answer) => answer.orders)),
      hasMore: answers[answers.length - 1].info.more_records,
    };
  });
  void mine.reload();
  void orders.reload();

  /** @param {Subscription} subscription */
  async function downgrade(subscription) {
    const path = `/subscriptions/${subscription.id}/actions/cancel`;
    try {
      // Without a confirmation the service says what would happen.
      await call("POST", path, { body: { subscription: { confirm: false } } }).then(
        () => null,
        (thrown) => confirm(subscription, path, asProblem(thrown)),
      );
      await Promise.all([mine.reload(), app.refresh()]);
    } catch (thrown) {
      app.tell(thrown);
    }
  }

  /** @param {Subscription} subscription @param {string} path @param {Problem} problem */
  async function confirm(subscription, path, problem) {
    if (problem.code !== "CONFIRMATION_REQUIRED") throw problem;
    const { ends, plan_after: planAfter } = problem.details;
    const body = [
      el("p", {}, say("downgrade_question", { product: nameOf(subscription) })),
      el("p", {}, say("downgrade_ends", { date: date(ends ?? subscription.period_end) })),
      planAfter ? el("p", {}, say("downgrade_plan", { plan: planName(planAfter) })) : null,
      el("p", { class: "notice" }, icon("alert"), say("downgrade_note")),
    ];
    if (
      !(await ask({
        title: say("downgrade_title"),
        body,
        confirm: say("downgrade"),
        cancel: say("downgrade_keep"),
        isDangerous: true,
      }))
    )
      return;
    await call("POST", path, { body: { subscription: { confirm: true } } });
    app.toast(say("downgraded", { date: date(ends ?? subscription.period_end) }));
  }

  /** @param {Subscription} subscription */
  async function resume(subscription) {
    try {
      await call("POST", `/subscriptions/${subscription.id}/actions/resume`);
      app.toast(say("resumed"));
      await Promise.all([mine.reload(), app.refresh()]);
    } catch (thrown) {
      app.tell(thrown);
    }
  }

  const filled = (/** @type {Subscription[]} */ list) =>
    el(
      "div",
      { class: "stack", key: "list" },
      ...list.map((subscription) =>
        subscriptionOf(
          subscription,
          () => downgrade(subscription),
          () => resume(subscription),
        ),
      ),
    );
  const more = () => {
    pages += 1;
    void orders.reload();
  };
  const isOff = () => mine.problem?.code === "NOT_ALLOWED" || mine.problem?.code === "INVALID_URL_PATTERN";
  return {
    title: () => say("nav_subscriptions"),
    draw: () => {
      const heading = el("h1", { key: "heading", tabindex: -1 }, say("subscriptions_heading"));
      if (isOff())
        return [heading, el("div", { class: "card blank", key: "off" }, icon("cart"), el("p", {}, say("purchases_off")))];
      return [
        heading,
        el("p", { class: "soft", key: "lead" }, say("subscriptions_lead")),
        el(
          "section",
          { key: "mine", "aria-label": say("subscriptions_heading") },
          shown(mine, {
            isEmpty: (list) => list.length === 0,
            empty: [
              icon("receipt"),
              el("p", {}, say("subscriptions_empty")),
              app.summary?.allowance.unlimited ? null : link("/add-ons", { class: "button primary" }, say("nav_addons")),
            ],
            filled,
          }),
        ),
        card(
          "orders",
          say("orders_heading"),
          {},
          shown(orders, {
            isEmpty: (data) => data.orders.length === 0,
            empty: el("p", { class: "soft" }, say("orders_empty")),
            filled: (data) => ordersOf(data, more),
          }),
        ),
      ];
    },
  };
}

/** @param {Subscription} subscription @param {() => unknown} downgrade @param {() => unknown} resume */
function subscriptionOf(subscription, downgrade, resume) {
  const { id, status, amount, currency, minor_digits: digits, started_time: started, period_end: end } = subscription;
  const kind = /** @type {Record<string, "good" | "bad" | "quiet">} */ ({
    ACTIVE: "good",
    PAST_DUE: "bad",
    ENDING: "quiet",
    ENDED: "quiet",
  })[status];
  const about = /** @type {[Child, Child][]} */ ([
    [say("price"), [money(amount, currency, digits), say("per_month")]],
    [say("since"), date(started)],
    [say(status === "ACTIVE" ? "renews" : "ends"), date(subscription.ended_time ?? end)],
  ]);
  const action = {
    ACTIVE: () => button(say("downgrade"), downgrade),
    PAST_DUE: () => button(say("downgrade"), downgrade),
    ENDING: () => button(say("resume"), resume, { class: "primary" }),
    ENDED: () => null,
  }[status]();
  return card(
    `subscription-${id}`,
    nameOf(subscription),
    { class: "subscription" },
    el("p", {}, badge(kind, say(`subscription_${status}`, { date: dayOfYear(end) }))),
    status === "PAST_DUE" ? el("p", { class: "notice bad" }, icon("alert"), say("past_due")) : null,
    facts(about),
    el("div", { class: "actions" }, action, link(`/orders/${subscription.order}`, { class: "button" }, say("show_order"))),
  );
}

/** @param {{ orders: Order[], hasMore: boolean }} data @param {() => void} more */
function ordersOf({ orders, hasMore }, more) {
  const head = el(
    "tr",
    {},
    ...["order", "state"].map((name) => el("th", { scope: "col" }, say(name))),
    el("th", { scope: "col", class: "number" }, say("total")),
  );
  const rows = orders.map((order) =>
    el(
      "tr",
      { key: order.id },
      el(
        "th",
        { scope: "row" },
        link(`/orders/${order.id}`, {}, order.number),
        el("div", { class: "soft" }, time(order.created_time)),
      ),
      el("td", {}, say(`order_${order.status}`)),
      el("td", { class: "number" }, money(order.total, order.currency, order.minor_digits)),
    ),
  );
  return el(
    "div",
    { key: "orders" },
    el(
      "div",
      { class: "scrolled", tabindex: 0, role: "group", "aria-label": say("orders_heading") },
      el("table", { class: "list" }, el("thead", {}, head), el("tbody", {}, ...rows)),
    ),
    hasMore ? button(say("show_older"), more) : null,
  );
}
