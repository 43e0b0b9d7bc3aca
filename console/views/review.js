// Order summary: the chosen products with tax and total. The order is placed only on confirmation.

import { get } from "../api.js";
import { buy, decodeFollowUp, followUpText } from "../buying.js";
import { button, card, el, icon, link } from "../dom.js";
import { say } from "../i18n.js";
import { billOf } from "../parts/bill.js";
import { stepsOf } from "../parts/steps.js";
import { resource, drawResource } from "../resource.js";

/** @type {ViewMaker} */
export default function review(app, choice = "", request = "") {
  const followUp = decodeFollowUp(request);
  const back = `/add-ons/choice/${encodeURIComponent(choice)}${followUp ? `/${encodeURIComponent(request)}` : ""}`;
  const prices = resource(app, async () => /** @type {Prices} */ ((await get(`/prices?${choice}`)).prices));
  void prices.reload();

  const confirm = () => {
    const items = itemsOf(new URLSearchParams(choice));
    const isUpgrade = items.some(({ product }) => product === "plan");
    return buy(app, items, isUpgrade ? "upgrade" : followUp ? "backup_page" : "subscription_page", followUp);
  };
  return {
    title: () => say("order_title"),
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("order_heading")),
      stepsOf("review"),
      drawResource(prices, {
        filled: (data) => data.quote && filled(data, data.quote, followUp, back, confirm),
        lines: 6,
        isEmpty: (data) => !data.quote,
        empty: link("/add-ons", { class: "button" }, say("nav_addons")),
      }),
    ],
  };
}

/** @param {Prices} prices @param {Quote} quote @param {import("../buying.js").FollowUp | null} followUp @param {string} back @param {() => unknown} confirm */
function filled(prices, quote, followUp, back, confirm) {
  const after = followUp ? el("p", { class: "notice", key: "then" }, icon("run"), followUpText(followUp)) : null;
  return el(
    "div",
    { class: "stack", key: "review" },
    card("bill", say("review_heading"), { class: "bill-card" }, ...billOf(quote, prices)),
    after,
    el("p", { class: "soft" }, say("billing_hint")),
    el(
      "div",
      { class: "actions" },
      button(say("confirm_and_pay"), confirm, { class: "primary big", key: "confirm" }),
      link(back, { class: "button", key: "back" }, say("change_choice")),
    ),
  );
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
