// The question before a view with unsaved changes is left.

import { ask } from "../dialog.js";
import { el } from "../dom.js";
import { say } from "../i18n.js";

/** Asks whether the changes may be lost. */
export function mayLeave() {
  return ask({
    title: say("unsaved_title"),
    body: [el("p", {}, say("unsaved_question"))],
    confirm: say("unsaved_leave"),
    cancel: say("unsaved_stay"),
    isDangerous: true,
  });
}
