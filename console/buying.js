// Placing and paying orders, and the follow-up that runs after payment: the backup or schedule for which the order was placed.

import { asProblem, call } from "./api.js";
import { say } from "./i18n.js";

/** @typedef {{ kind: "now" } | { kind: "schedule", rrule: string, id: string | null, etag: string }} Then */

/** How long after the payment the follow-up still runs. */
const SOON = 24 * 3_600_000;

/** @param {string} order */
const nameOf = (order) => `then:${order}`;

/**
 * Places an order and opens its checkout page. Errors are shown as a toast; an order that was placed can still be paid later.
 * @param {App} app @param {{ product: string, plan?: string, quantity?: number }[]} items @param {string} origin @param {Then | null} then
 */
export async function buy(app, items, origin, then) {
  try {
    const { body: placed } = await call("POST", "/orders", { body: { order: { items, origin } } });
    const { id } = placed.order;
    if (then) localStorage.setItem(nameOf(id), JSON.stringify(then));
    await pay(app, id);
  } catch (thrown) {
    app.tell(thrown);
  }
}

/** Confirms an order and opens its checkout page. @param {App} app @param {string} id */
export async function pay(app, id) {
  try {
    const { body } = await call("POST", `/orders/${encodeURIComponent(id)}/actions/confirm`);
    if (body.order.checkout_url) return location.assign(body.order.checkout_url);
  } catch (thrown) {
    app.tell(thrown);
  }
  app.go(`/orders/${id}`);
}

/** The follow-up of an order; null if there is none, or if it is no longer due. @param {App} app @param {Order} order @returns {Then | null} */
export function thenOf(app, order) {
  const kept = localStorage.getItem(nameOf(order.id));
  if (!kept) return null;
  const isLate = order.paid_time && app.now().getTime() - Date.parse(order.paid_time) > SOON;
  if (!isLate && !["FAILED", "EXPIRED", "CANCELLED"].includes(order.status)) return JSON.parse(kept);
  localStorage.removeItem(nameOf(order.id));
  return null;
}

/**
 * Runs the follow-up of a paid order, once across all tabs. Returns the confirmation text; null if there is nothing to do.
 * @param {App} app @param {Order} order @returns {Promise<string | null>}
 */
export async function goOn(app, order) {
  const then = thenOf(app, order);
  if (!then || order.status !== "PAID") return null;
  localStorage.removeItem(nameOf(order.id));
  try {
    await carryOut(then, `then-${order.id}`);
    return say(then.kind === "now" ? "backup_begun" : then.id ? "schedule_changed" : "schedule_set");
  } catch (thrown) {
    if (asProblem(thrown).status === 0) localStorage.setItem(nameOf(order.id), JSON.stringify(then));
    throw thrown;
  }
}

/** @param {Then} then @param {string} key */
function carryOut(then, key) {
  if (then.kind === "now") return call("POST", "", { key });
  const body = { backup: { rrule: then.rrule } };
  return then.id ? call("PUT", `/${then.id}`, { body, ifMatch: then.etag }) : call("POST", "", { body, key });
}

/** Encodes a follow-up as a segment of an address. @param {Then | null | undefined} then */
export const written = (then) => (then ? encodeURIComponent(JSON.stringify(then)) : "");

/** @param {string} text @returns {Then | null} */
export function read(text) {
  try {
    const { kind, rrule, id = null, etag = "" } = JSON.parse(text);
    if (kind === "now") return { kind };
    return kind === "schedule" && typeof rrule === "string" ? { kind, rrule, id, etag } : null;
  } catch {
    return null;
  }
}
