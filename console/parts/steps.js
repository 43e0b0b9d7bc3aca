// Progress indicator of a purchase.

import { el } from "../dom.js";
import { say } from "../i18n.js";

const STEPS = ["choose", "review", "pay", "done"];

/** The steps of a purchase, with the current one marked. @param {string} here */
export function stepsOf(here) {
  const at = STEPS.indexOf(here);
  return el(
    "ol",
    { class: "steps", key: "steps", "aria-label": say("steps") },
    STEPS.map((step, number) =>
      el(
        "li",
        { key: step, class: number < at ? "past" : null, "aria-current": number === at ? "step" : null },
        say(`step_${step}`),
      ),
    ),
  );
}
