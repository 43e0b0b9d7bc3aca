// Toasts: short messages in a corner, placed so that they cover no controls.

import { el, icon, link } from "./dom.js";
import { say } from "./i18n.js";

/** How long a toast stays, in milliseconds; hovered and focused ones stay longer. */
const DURATION = 9000;
const MAX_TOASTS = 4;
const GAP = 16;
const STEP = 8;
const PRESSED = "a, button, input, select, textarea, summary, label";

const stack = /** @type {HTMLElement} */ (document.getElementById("toasts"));

/** @type {App["toast"]} */
export function toast(text, { kind = "good", action } = {}) {
  const picture = { good: "check", bad: "alert", info: "bell" }[kind];
  // A closed toast keeps its space while others are above it, so that nothing moves.
  const close = () => {
    shown.classList.add("gone");
    while (stack.firstElementChild?.matches(".gone")) stack.firstElementChild.remove();
  };
  const shown = el(
    "div",
    { class: `toast ${kind}` },
    icon(picture),
    el("p", {}, text),
    action ? link(action.to, { on: { click: close } }, action.words) : null,
    el(
      "button",
      { type: "button", class: "plain", on: { click: close } },
      icon("close"),
      el("span", { class: "visually-hidden" }, say("close")),
    ),
  );
  stack.prepend(shown);
  while (stack.childElementCount > MAX_TOASTS) stack.lastElementChild?.remove();
  requestAnimationFrame(place);
  const leave = () => (shown.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : close());
  setTimeout(leave, DURATION);
}

/** Moves the stack along the right edge, then along the left one, if it covers controls. */
function place() {
  if (stack.childElementCount === 0) return;
  const { width, height } = stack.getBoundingClientRect();
  const controls = [...document.querySelectorAll(`#shell :is(${PRESSED})`)].map((node) => ({
    box: node.getBoundingClientRect(),
    // If something must be covered, then rather fields than buttons.
    weight: node.matches("a, button, summary") ? 100 : 1,
  }));
  const covered = (/** @type {number} */ left, /** @type {number} */ top) =>
    controls
      .filter(({ box }) => box.right > left && box.left < left + width && box.bottom > top && box.top < top + height)
      .reduce((sum, { weight }) => sum + weight, 0);
  const { left: x, top: y } = stack.getBoundingClientRect();
  if (covered(x, y) === 0) return;
  let [best, left, top] = [Infinity, x, y];
  for (const spot of [innerWidth - width - GAP, GAP]) {
    for (let row = innerHeight - height - GAP; row >= GAP && best > 0; row -= STEP) {
      const sum = covered(spot, row);
      if (sum < best) [best, left, top] = [sum, spot, row];
    }
  }
  stack.style.left = `${left}px`;
  stack.style.bottom = `${innerHeight - top - height}px`;
}

// Contents that come later move controls.
new ResizeObserver(place).observe(/** @type {Element} */ (document.getElementById("shell")));
addEventListener("scrollend", place);
addEventListener("resize", () => {
  stack.style.left = "";
  stack.style.bottom = "";
  place();
});
