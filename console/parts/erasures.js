// What the pages about erasures share: names of states, what cannot be reached, counts.

import { badge, el, icon } from "../dom.js";
import { say, time } from "../i18n.js";

const BADGES = /** @type {const} */ ({
  PREPARING: "busy",
  PLANNED: "quiet",
  RUNNING: "busy",
  PENDING: "busy",
  COMPLETED: "good",
  FAILED: "bad",
  CANCELLED: "quiet",
});
/** What everybody should know before records are erased. */
const WARNINGS = ["final", "crm", "copies", "restores"];

/** @param {Erasure} erasure */
export function erasureState({ status }) {
  return badge(BADGES[status], say(`erasure_status_${status}`));
}

/** Name of an erasure. @param {Erasure} erasure */
export function erasureName({ requested_time: at }) {
  return say("erasure_of", { time: time(at) });
}

/** Until when an erasure waits, and for what; null if it does not. @param {Erasure} erasure */
export function pendingText({ status, pending_until: until, pending_for: cause }) {
  if (status !== "PENDING") return null;
  const words = say(`erasure_pending_${cause ?? "other"}`);
  return until ? `${say("erasure_pending_until", { time: time(until) })} ${words}` : words;
}

/** What an erasure does not reach, and that it is final. */
export function erasureWarnings() {
  const items = WARNINGS.map((name) => el("li", { key: name }, say(`erasure_warning_${name}`)));
  return el(
    "div",
    { class: "notice", key: "warnings" },
    icon("alert"),
    el("div", {}, el("p", {}, el("strong", {}, say("erasure_warnings"))), el("ul", { class: "rows" }, ...items)),
  );
}
