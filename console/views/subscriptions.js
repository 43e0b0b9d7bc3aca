// Subscriptions with their cancellation and resumption, the one-time add-on, and all orders.

import { asProblem, call, get } from "../api.js";
import { ask } from "../dialog.js";
import { badge, button, card, el, facts, icon, link } from "../dom.js";
import { date, dayOfYear, money, planName, productName, say, time } from "../i18n.js";
import { resource, drawResource } from "../resource.js";

const PER_PAGE = 20;

/** @type {ViewMaker} */
export default function subscriptions(app) {
  let pages = 1;
  const loaded = resource(app, async () => /** @type {Subscription[]} */ ((await get("/subscriptions")).subscriptions));
  const orders = resource(app, () => readOrders(pages));
  const prices = resource(app, async () => /** @type {Prices} */ ((await get("/prices")).prices));
  for (const part of [loaded, orders, prices]) void part.reload();

  const more = () => {
    pages += 1;
    void orders.reload();
  };
  const filled = (/** @type {Subscription[]} */ list) =>
    el("div", { class: "stack", key: "list" }, ...list.map((one) => subscriptionOf(app, loaded, one)));
  const isOff = () => loaded.problem?.code === "NOT_ALLOWED" || loaded.problem?.code === "INVALID_URL_PATTERN";
  const heading = () => el("h1", { key: "heading", tabindex: -1 }, say("subscriptions_heading"));
  return {
    title: () => say("nav_subscriptions"),
    draw: () =>
      isOff()
        ? [heading(), el("div", { class: "card blank", key: "off" }, icon("cart"), el("p", {}, say("purchases_off")))]
        : [
            heading(),
            el("p", { class: "soft", key: "lead" }, say("subscriptions_lead")),
            el(
              "section",
              { key: "mine", "aria-label": say("subscriptions_heading") },
              drawResource(loaded, {
                isEmpty: (list) => list.length === 0,
                empty: noneOf(app),
                filled,
              }),
            ),
            oneTimeOf(app, prices),
            ordersCard(orders, more),
          ],
  };
}

/** @param {App} app */
function noneOf(app) {
  const more = link("/add-ons", { class: "button" }, say("nav_addons"));
  return [icon("receipt"), el("p", {}, say("subscriptions_empty")), app.summary?.allowance.unlimited ? null : more];
}

/** @typedef {{ orders: Order[], hasMore: boolean }} Orders */

/** @param {number} count number of pages @returns {Promise<Orders>} */
async function readOrders(count) {
  const pages = await Promise.all(Array.from({ length: count }, (_, at) => get(`/orders?page=${at + 1}&per_page=${PER_PAGE}`)));
  return { orders: pages.flatMap((page) => page.orders), hasMore: pages[pages.length - 1].info.more_records };
}

/** Offer of the one-time add-on; null if it is not on sale or the plan is unlimited. @param {App} app @param {Resource<Prices>} prices */
function oneTimeOf(app, prices) {
  const { currency, minor_digits: digits, products = [] } = prices.data ?? {};
  const oneTime = products.find(({ product, available }) => product === "one_time" && available);
  if (!currency || !oneTime || app.summary?.allowance.unlimited) return null;
  const name = productName({ product: "one_time", plan: null });
  const left = app.summary?.allowance.one_time_left;
  return card(
    "one-time",
    say("one_time_addons"),
    { class: "one-time" },
    el(
      "div",
      { class: "offer" },
      el("div", {}, el("h3", {}, name), el("p", { class: "soft" }, say("product_one_time_hint"))),
      el(
        "p",
        { class: "price" },
        el("strong", {}, money(oneTime.amount, currency, digits ?? 0)),
        el("span", { class: "soft" }, say("per_backup")),
      ),
      link(
        "/add-ons/one_time",
        { class: "button primary", "aria-label": say("buy_now_product", { product: name }) },
        icon("cart"),
        say("buy_now"),
      ),
    ),
    left ? el("p", { class: "soft" }, say("one_time_left", { left })) : null,
  );
}

/** Ends a subscription with its period, after a confirmation. @param {App} app @param {Resource<Subscription[]>} loaded @param {Subscription} subscription */
async function cancelSubscription(app, loaded, subscription) {
  const path = `/subscriptions/${subscription.id}/actions/cancel`;
  try {
    const wanted = await cancellationPreview(path);
    if (wanted && (await isConfirmed(subscription, wanted))) {
      const { body } = await call("POST", path, { body: { subscription: { confirm: true } } });
      app.toast(say("subscription_cancelled", { date: date(wanted.ends ?? subscription.period_end) }));
      showChanged(app, loaded, body.subscription);
    }
  } catch (thrown) {
    app.showError(thrown);
  }
}

/** Asks the service what a cancellation would end, which it answers if `confirm` is false. @param {string} path @returns {Promise<{ ends?: string, plan_after?: string } | null>} */
async function cancellationPreview(path) {
  try {
    await call("POST", path, { body: { subscription: { confirm: false } } });
    return null;
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (problem.code !== "CONFIRMATION_REQUIRED") throw problem;
    return problem.details;
  }
}

/** @param {Subscription} subscription @param {{ ends?: string, plan_after?: string }} wanted */
function isConfirmed(subscription, { ends, plan_after: planAfter }) {
  const body = [
    el("p", {}, say("cancel_subscription_question", { product: productName(subscription) })),
    el("p", {}, say("cancel_subscription_ends", { date: date(ends ?? subscription.period_end) })),
    planAfter ? el("p", {}, say("cancel_subscription_plan", { plan: planName(planAfter) })) : null,
    el("p", { class: "notice" }, icon("alert"), say("cancel_subscription_note")),
  ];
  const words = { title: say("cancel_subscription_title"), confirm: say("cancel_subscription"), cancel: say("keep_subscription") };
  return ask({ ...words, body, isDangerous: true });
}

/** @param {App} app @param {Resource<Subscription[]>} loaded @param {Subscription} subscription */
async function resume(app, loaded, { id }) {
  try {
    const { body } = await call("POST", `/subscriptions/${id}/actions/resume`);
    app.toast(say("resumed"));
    showChanged(app, loaded, body.subscription);
  } catch (thrown) {
    app.showError(thrown);
  }
}

/** Shows the subscription in the response to a change. @param {App} app @param {Resource<Subscription[]>} loaded @param {Subscription} changed */
function showChanged(app, loaded, changed) {
  loaded.data = loaded.data?.map((one) => (one.id === changed.id ? changed : one)) ?? null;
  const weekly = { subscription: changed.id, until: changed.period_end, status: changed.status };
  app.change(({ allowance }) => (changed.product === "weekly" ? { allowance: { ...allowance, weekly } } : {}));
}

/** @param {App} app @param {Resource<Subscription[]>} loaded @param {Subscription} subscription */
function subscriptionOf(app, loaded, subscription) {
  const { id, status, amount, currency, minor_digits: digits, started_time: started, period_end: end } = subscription;
  const kind = /** @type {Record<string, "good" | "bad" | "quiet">} */ ({
    ACTIVE: "good",
    PAST_DUE: "bad",
    ENDING: "quiet",
    ENDED: "quiet",
  })[status];
  const about = /** @type {[Child, Child][]} */ ([
    [say("price"), [money(amount, currency, digits), say("per_month")]],
    [say("started_on"), date(started)],
    [say(status === "ACTIVE" ? "renews_on" : "ends_on"), date(subscription.ended_time ?? end)],
  ]);
  const action = {
    ACTIVE: () => button(say("cancel_subscription"), () => cancelSubscription(app, loaded, subscription)),
    PAST_DUE: () => button(say("cancel_subscription"), () => cancelSubscription(app, loaded, subscription)),
    ENDING: () => button(say("resume"), () => resume(app, loaded, subscription), { class: "primary" }),
    ENDED: () => null,
  }[status]();
  return card(
    `subscription-${id}`,
    productName(subscription),
    { class: "subscription" },
    el("p", {}, badge(kind, say(`subscription_${status}`, { date: dayOfYear(end) }))),
    status === "PAST_DUE" ? el("p", { class: "notice bad" }, icon("alert"), say("past_due")) : null,
    facts(about),
    el("div", { class: "actions" }, action, link(`/orders/${subscription.order}`, { class: "button" }, say("show_order"))),
  );
}

/** @param {Resource<Orders>} orders @param {() => void} more */
function ordersCard(orders, more) {
  return card(
    "orders",
    say("orders_heading"),
    {},
    drawResource(orders, {
      isEmpty: (data) => data.orders.length === 0,
      empty: el("p", { class: "soft" }, say("orders_empty")),
      filled: (data) => ordersOf(data, more),
    }),
  );
}

/** @param {Orders} data @param {() => void} more */
function ordersOf({ orders, hasMore }, more) {
  const head = el(
    "tr",
    {},
    ...["order", "status"].map((name) => el("th", { scope: "col" }, say(name))),
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
