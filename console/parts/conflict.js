// Dialog about an edit conflict: who changed what, and which version to keep.

import { get } from "../api.js";
import { open } from "../dialog.js";
import { button, el, icon } from "../dom.js";
import { longTime, say } from "../i18n.js";

/**
 * Shows who made the other change, the current values and the user's, and asks which to keep. An empty answer keeps the form open.
 * @param {{ kinds: string, theirs: Child[], mine: Child[] }} change `kinds` are the history's event kinds for such a change
 * @returns {Promise<"theirs" | "mine" | "">}
 */
export async function askWhichVersion({ kinds, theirs, mine }) {
  const who = await lastOf(kinds);
  return new Promise((resolve) => {
    const dialog = open(say("conflict_title"), "ask", () => resolve(/** @type {"theirs" | "mine" | ""} */ (answerOf(dialog))));
    const stay = button(say("conflict_keep_editing"), () => dialog.close("no"));
    dialog.append(
      el(
        "div",
        { class: "dialog-body" },
        el(
          "p",
          {},
          icon("alert"),
          who ? say("conflict_who", { name: who.done_by.name, time: longTime(who.log_time) }) : say("conflict_unknown"),
        ),
        ...theirs,
        ...mine,
      ),
      el(
        "div",
        { class: "actions" },
        button(say("conflict_load_theirs"), () => dialog.close("theirs"), { class: "primary" }),
        button(say("conflict_overwrite"), () => dialog.close("mine"), { class: "danger" }),
        stay,
      ),
    );
    dialog.showModal();
    stay.focus();
  });
}

/** @param {HTMLDialogElement} dialog */
function answerOf({ returnValue }) {
  return returnValue === "theirs" || returnValue === "mine" ? returnValue : "";
}

/** The newest history record of these kinds. @param {string} kinds @returns {Promise<HistoryRecord | undefined>} */
async function lastOf(kinds) {
  const answer = await get(`/history?kind=${kinds}&per_page=1`).catch(() => null);
  return answer?.history[0];
}
