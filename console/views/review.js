// The order summary: what is chosen, with its tax and total. Nothing is stored by looking at it; confirming places the order.

import { get } from "../api.js";
import { buy, read } from "../buying.js";
import { button, card, el, icon, link } from "../dom.js";
import { say } from "../i18n.js";
import { resource, shown } from "../resource.js";
import { billOf, stepsOf } from "./order.js";

/** @type {ViewMaker} */
export default function review(app, choice = "", wish = "") {
  const then = read(wish);
  const back = `/add-ons/choice/${encodeURIComponent(choice)}${then ? `/${encodeURIComponent(wish)}` : ""}`;
  const prices = resource(app, async () => /** @type {Prices} */ ((await get(`/prices?${choice}`)).prices));
  void prices.reload();

  const confirm = () => {
    const items = itemsOf(new URLSearchParams(choice));
    const isUpgrade = items.some(({ product }) => product === "plan");
    return buy(app, items, isUpgrade ? "upgrade" : then ? "backup_page" : "subscription_page", then);
  };
  const filled = (/** @type {Prices} */ data) =>
    data.quote &&
    el(
      "div",
      { class: "stack", key: "review" },
      card("bill", say("review_heading"), { class: "bill-card" }, ...billOf(data.quote, data)),
      then
        ? el(
            "p",
            { class: "notice", key: "then" },
            icon("run"),
            say(then.kind === "now" ? "limit_then_now" : "limit_then_schedule"),
          )
        : null,
      el("p", { class: "soft" }, say("billing_hint")),
      el(
        "div",
        { class: "actions" },
        button(say("confirm_and_pay"), confirm, { class: "primary big", key: "confirm" }),
        link(back, { class: "button", key: "back" }, say("change_choice")),
      ),
    );
  return {
    title: () => say("order_title"),
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("order_heading")),
      stepsOf("review"),
      shown(prices, {
        filled,
        lines: 6,
        isEmpty: (data) => !data.quote,
        empty: link("/add-ons", { class: "button" }, say("nav_addons")),
      }),
    ],
  };
}

/** @param {URLSearchParams} chosen */
function itemsOf(chosen) {
  const items = /** @type {{ product: string, plan?: string, quantity?: number }[]} */ ([]);
  if (chosen.has("one_time")) items.push({ product: "one_time", quantity: Number(chosen.get("one_time")) });
  if (chosen.get("weekly") === "true") items.push({ product: "weekly" });
  const plan = chosen.get("plan");
  if (plan) items.push({ product: "plan", plan });
  return items;
}
