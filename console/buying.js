// Placing and paying orders, and the follow-up that runs after payment: the backup or schedule for which the order was placed.

import { asProblem, call } from "./api.js";
import { say } from "./i18n.js";

/** @typedef {{ kind: "now" } | { kind: "schedule", rrule: string, id: string | null, etag: string }} FollowUp */

/** How long after the payment the follow-up still runs. */
const FOLLOW_UP_PERIOD = 24 * 3_600_000;

/** @param {string} order */
const storageKey = (order) => `then:${order}`;

/**
 * Places an order and opens its checkout page. Errors are shown as a toast; an order that was placed can still be paid later.
 * @param {App} app @param {{ product: string, plan?: string, quantity?: number }[]} items @param {string} origin @param {FollowUp | null} followUp
 */
export async function buy(app, items, origin, followUp) {
  try {
    const { body: placed } = await call("POST", "/orders", { body: { order: { items, origin } } });
    const { id } = placed.order;
    if (followUp) localStorage.setItem(storageKey(id), JSON.stringify(followUp));
    await pay(app, id);
  } catch (thrown) {
    app.showError(thrown);
  }
}

/** Confirms an order and opens its checkout page. @param {App} app @param {string} id */
export async function pay(app, id) {
  try {
    const { body } = await call("POST", `/orders/${encodeURIComponent(id)}/actions/confirm`);
    if (body.order.checkout_url) return location.assign(body.order.checkout_url);
  } catch (thrown) {
    app.showError(thrown);
  }
  app.go(`/orders/${id}`);
}

/** The follow-up of an order; null if there is none, or if it is no longer due. @param {App} app @param {Order} order @returns {FollowUp | null} */
export function followUpOf(app, order) {
  const kept = localStorage.getItem(storageKey(order.id));
  if (!kept) return null;
  const isLate = order.paid_time && app.now().getTime() - Date.parse(order.paid_time) > FOLLOW_UP_PERIOD;
  if (!isLate && !["FAILED", "EXPIRED", "CANCELLED"].includes(order.status)) return JSON.parse(kept);
  localStorage.removeItem(storageKey(order.id));
  return null;
}

/**
 * Runs the follow-up of a paid order, once across all tabs. Returns the confirmation text; null if there is nothing to do.
 * @param {App} app @param {Order} order @returns {Promise<string | null>}
 */
export async function runFollowUp(app, order) {
  const followUp = followUpOf(app, order);
  if (!followUp || order.status !== "PAID") return null;
  localStorage.removeItem(storageKey(order.id));
  try {
    await requestFollowUp(followUp, `then-${order.id}`);
    return say(followUp.kind === "now" ? "backup_started" : followUp.id ? "schedule_changed" : "schedule_set");
  } catch (thrown) {
    if (asProblem(thrown).status === 0) localStorage.setItem(storageKey(order.id), JSON.stringify(followUp));
    throw thrown;
  }
}

/** @param {FollowUp} followUp @param {string} key */
function requestFollowUp(followUp, key) {
  if (followUp.kind === "now") return call("POST", "", { key });
  const body = { backup: { rrule: followUp.rrule } };
  return followUp.id ? call("PUT", `/${followUp.id}`, { body, ifMatch: followUp.etag }) : call("POST", "", { body, key });
}

/** Announces what happens after payment. @param {FollowUp} followUp */
export const followUpText = ({ kind }) => say(kind === "now" ? "limit_backup_after_payment" : "limit_schedule_after_payment");

/** Encodes a follow-up as a segment of an address. @param {FollowUp | null | undefined} followUp */
export const encodeFollowUp = (followUp) => (followUp ? encodeURIComponent(JSON.stringify(followUp)) : "");

/** @param {string} text @returns {FollowUp | null} */
export function decodeFollowUp(text) {
  try {
    const { kind, rrule, id = null, etag = "" } = JSON.parse(text);
    if (kind === "now") return { kind };
    return kind === "schedule" && typeof rrule === "string" ? { kind, rrule, id, etag } : null;
  } catch {
    return null;
  }
}
