// Dialog shown when no backup is left: what was used, when the allowance renews, and the products that can be bought.

import { asProblem, get } from "../api.js";
import { buy, encodeFollowUp, followUpText } from "../buying.js";
import { open } from "../dialog.js";
import { button, el, icon } from "../dom.js";
import { date, explain, longTime, money, productName, say } from "../i18n.js";
import { MAX_QUANTITY, quantityOf } from "../rules.js";

/** @typedef {{ product: string, plan: string | null, amount: number, currency: string, minor_digits: number, per: "backup" | "month", free_per_month?: number | null }} Offer */
/** @typedef {import("../buying.js").FollowUp} FollowUp */

/**
 * Opens the dialog.
 * @param {App} app @param {any} details details of the error `LIMIT_REACHED`
 * @param {{ followUp: FollowUp, skipped?: string, anyway?: () => Promise<unknown> }} request the action to continue after payment, the run that would be
 * skipped, and how to continue without a purchase
 */
export function showLimit(app, details, { followUp, skipped, anyway }) {
  const offers = /** @type {Offer[]} */ (details.buy ?? []);
  const dialog = open(say(details.reason === "needs_weekly" ? "limit_title_weekly" : "limit_title"), "ask limit");
  const items = offers.map((offer) => offerOf(app, offer, followUp, () => dialog.close()));
  const skip = async () => {
    dialog.close();
    await anyway?.();
  };
  dialog.append(
    el(
      "div",
      { class: "dialog-body" },
      el("p", {}, icon("alert"), leadOf(details)),
      skipped ? el("p", {}, say("limit_skipped", { time: longTime(skipped) })) : null,
      renewsOf(details),
      items.length
        ? [el("ul", { class: "offers" }, ...items), el("p", { class: "soft" }, followUpText(followUp))]
        : el("p", { class: "soft" }, say("limit_no_offers")),
    ),
    el(
      "div",
      { class: "actions" },
      anyway ? button(say("limit_set_without_buying"), skip) : null,
      button(say("close"), () => dialog.close()),
    ),
  );
  dialog.showModal();
}

/** @param {any} details */
function leadOf({ reason, free_per_month: free }) {
  if (reason === "needs_weekly") return say("limit_weekly");
  return free > 0 ? say("limit_used", { free }) : say("limit_none");
}

/** @param {any} details */
function renewsOf({ reason, free_per_month: free, renews }) {
  return renews && free > 0 && reason !== "needs_weekly" ? el("p", {}, say("limit_renews", { date: date(renews) })) : null;
}

/** @param {App} app @param {Offer} offer @param {FollowUp} followUp @param {() => void} close */
function offerOf(app, offer, followUp, close) {
  const gives = offer.product === "plan" && offer.free_per_month ? say("free_backups", { free: offer.free_per_month }) : "";
  return el(
    "li",
    {},
    el(
      "div",
      {},
      el("strong", {}, productName(offer)),
      el("p", { class: "soft" }, gives && `${gives} · `, say(`product_${offer.product}_hint`)),
    ),
    el(
      "p",
      { class: "price" },
      money(offer.amount, offer.currency, offer.minor_digits),
      el("span", { class: "soft" }, say(`per_${offer.per}`)),
    ),
    offer.product === "one_time" ? quantityForm(app, offer, followUp) : actionOf(app, offer, followUp, close),
  );
}

/** Button of the other offers: the weekly subscription leads to checkout at once, a plan to its page first. @param {App} app @param {Offer} offer @param {FollowUp} followUp @param {() => void} close */
function actionOf(app, offer, followUp, close) {
  if (offer.product === "weekly")
    return button(say("pay"), () => buy(app, [{ product: "weekly" }], "backup_page", followUp), {
      class: "primary",
      "aria-label": say("pay_product", { product: productName(offer) }),
    });
  const look = () => {
    close();
    app.go(`/add-ons/plan/${encodeURIComponent(offer.plan ?? "")}/${encodeFollowUp(followUp)}`);
  };
  return button(say("choose"), look, { "aria-label": say("choose_product", { product: productName(offer) }) });
}

/** Form to buy one-time backups: quantity, total with tax, button to pay. @param {App} app @param {Offer} offer @param {FollowUp} followUp */
function quantityForm(app, offer, followUp) {
  const total = el("p", { class: "total", "aria-live": "polite" });
  const field = el("input", {
    type: "number",
    id: "limit-quantity",
    name: "quantity",
    min: 1,
    max: MAX_QUANTITY,
    step: 1,
    value: 1,
    inputmode: "numeric",
    required: true,
    on: { input: () => void count() },
  });
  const count = counter(field, total);
  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const quantity = quantityOf(field.value, 1);
    if (quantity !== null) await buy(app, [{ product: "one_time", quantity }], "backup_page", followUp);
  }
  void count();
  return el(
    "form",
    { class: "quantity", novalidate: true, on: { submit } },
    el("div", { class: "field" }, el("label", { for: "limit-quantity" }, say("quantity")), field),
    total,
    el("button", { class: "primary", "aria-label": say("pay_product", { product: productName(offer) }) }, say("pay")),
  );
}

/** Shows the total that the service calculates for the quantity in a field; responses that arrive late are discarded. @param {HTMLInputElement} field @param {HTMLElement} total */
function counter(field, total) {
  let requests = 0;
  return async () => {
    const request = ++requests;
    const quantity = quantityOf(field.value, 1);
    const isWrong = quantity === null;
    field.setAttribute("aria-invalid", String(isWrong));
    total.textContent = isWrong ? say("quantity_invalid", { max: MAX_QUANTITY }) : "";
    if (isWrong) return;
    const words = await totalOf(quantity);
    if (request === requests) total.textContent = words;
  };
}

/** @param {number} quantity */
async function totalOf(quantity) {
  try {
    const { prices } = await get(`/prices?one_time=${quantity}`);
    return say("limit_total", { total: money(prices.quote.total, prices.currency, prices.minor_digits) });
  } catch (thrown) {
    return explain(asProblem(thrown));
  }
}
