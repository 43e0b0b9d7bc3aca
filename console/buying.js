// Buying, and what goes on by itself once it is paid: the backup or the schedule that something had to be bought for.

import { asProblem, call } from "./api.js";
import { say } from "./i18n.js";

/** @typedef {{ kind: "now" } | { kind: "schedule", rrule: string, id: string | null, etag: string }} Then */

/** How long after the payment it still goes on by itself; later nobody expects it. */
const SOON = 24 * 3_600_000;

/** @param {string} order */
const nameOf = (order) => `then:${order}`;

/**
 * Places an order and goes to where it is paid. What fails on the way is told; an order that is placed can be gone on with.
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

/** Confirms an order and goes to where it is paid. @param {App} app @param {string} id */
export async function pay(app, id) {
  try {
    const { body } = await call("POST", `/orders/${encodeURIComponent(id)}/actions/confirm`);
    if (body.order.checkout_url) return location.assign(body.order.checkout_url);
  } catch (thrown) {
    app.tell(thrown);
  }
  app.go(`/orders/${id}`);
}

/** What goes on once this order is paid. @param {App} app @param {Order} order @returns {Then | null} */
export function thenOf(app, order) {
  const kept = localStorage.getItem(nameOf(order.id));
  if (!kept) return null;
  const isLate = order.paid_time && app.now().getTime() - Date.parse(order.paid_time) > SOON;
  if (!isLate && !["FAILED", "EXPIRED", "CANCELLED"].includes(order.status)) return JSON.parse(kept);
  localStorage.removeItem(nameOf(order.id));
  return null;
}

/**
 * Does what a paid order was bought for, once in all tabs. Gives the words for what was done; null when there is nothing to do.
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

/** A `then` as a part of an address, and back. @param {Then | null | undefined} then */
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
