// The pop-up when nothing is left to use: what there was, when it renews, and what can be bought.

import { open } from "../dialog.js";
import { button, el, icon } from "../dom.js";
import { date, money, say } from "../i18n.js";

/** @typedef {{ product: string, plan: string | null, amount: number, currency: string, minor_digits: number, per: "backup" | "month" }} Offer */

/** @param {App} app @param {Problem} problem */
export async function showLimit(app, { details }) {
  const offers = /** @type {Offer[]} */ (details.buy ?? []);
  const free = Number(details.free_per_month ?? 0);
  const onlyWeekly = offers.length > 0 && offers.every(({ product }) => product === "weekly");
  const lead = onlyWeekly ? say("limit_weekly") : free > 0 ? say("limit_used", { free }) : say("limit_none");
  const renews =
    details.renews && free > 0 && !onlyWeekly ? el("p", {}, say("limit_renews", { date: date(details.renews) })) : null;
  const dialog = open(say(onlyWeekly ? "limit_title_weekly" : "limit_title"), "ask limit");
  const choose = (/** @type {string} */ to) => {
    dialog.close();
    app.go(to);
  };
  const items = offers.map((offer) =>
    el(
      "li",
      {},
      el("div", {}, el("strong", {}, nameOf(offer)), el("p", { class: "soft" }, say(`product_${offer.product}_hint`))),
      el(
        "p",
        { class: "price" },
        money(offer.amount, offer.currency, offer.minor_digits),
        el("span", { class: "soft" }, say(`per_${offer.per}`)),
      ),
      button(say("choose"), () => choose(`/add-ons/${offer.product}${offer.plan ? `/${encodeURIComponent(offer.plan)}` : ""}`), {
        class: "primary",
        "aria-label": say("choose_product", { product: nameOf(offer) }),
      }),
    ),
  );
  dialog.append(
    el(
      "div",
      { class: "dialog-body" },
      el("p", {}, icon("alert"), lead),
      renews,
      items.length ? el("ul", { class: "offers" }, ...items) : el("p", { class: "soft" }, say("limit_no_offers")),
    ),
    el(
      "div",
      { class: "actions" },
      button(say("close"), () => dialog.close()),
    ),
  );
  dialog.showModal();
}

/** @param {{ product: string, plan: string | null }} item */
export function nameOf({ product, plan }) {
  return product === "plan" ? say("product_plan", { plan: plan ?? "" }) : say(`product_${product}`);
}
