// The backup source: the CRM, its modules, and what is left out.

import { badge, el, facts } from "../dom.js";
import { number, say, size } from "../i18n.js";

/** @param {Source} source */
export function sourceOf(source) {
  const kept = source.modules.filter((module) => module.left_out === null);
  const left = source.modules.filter((module) => module.left_out !== null);
  return el(
    "div",
    { key: "source", class: "stack" },
    el("p", {}, badge("good", say(`source_${source.kind}`)), say(`source_${source.kind}_hint`)),
    facts(
      [
        [say("modules"), number(kept.length)],
        [say("records"), number(source.rows)],
        [say("attachments"), `${number(source.attachments)} (${size(source.attachment_bytes)})`],
      ],
      "figures",
    ),
    left.length
      ? el("p", { class: "soft" }, say("source_left_out", { modules: left.map((module) => module.label).join(say("comma")) }))
      : null,
  );
}
