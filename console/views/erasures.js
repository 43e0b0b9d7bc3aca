// Erasures: a list of them with their states, and below the address of one its page.

import { get } from "../api.js";
import { el, icon, link } from "../dom.js";
import { number, say } from "../i18n.js";
import { cursor, drawCursor } from "../parts/cursor.js";
import { erasurePage } from "../parts/erasure-page.js";
import { erasureName, erasureState, pendingText } from "../parts/erasures.js";
import { address, trail } from "../parts/looking.js";

const PER_PAGE = "20";

/** @type {ViewMaker} */
export default function erasures(app, id = "") {
  return id ? erasurePage(app, id) : listPage(app);
}

/** @param {App} app @returns {View} */
function listPage(app) {
  const list = cursor(app, async (token) => {
    const asked = new URLSearchParams({ per_page: PER_PAGE });
    if (token) asked.set("page_token", token);
    const page = await get(`/erasures?${asked}`);
    return { items: /** @type {Erasure[]} */ (page.erasures), token: page.info.next_page_token };
  });
  void list.reload();
  return {
    title: () => say("nav_erasures"),
    draw: () => [
      trail([["/downloads", say("nav_downloads")]]),
      el("h1", { key: "heading", tabindex: -1 }, say("nav_erasures")),
      el("p", { class: "soft", key: "lead" }, say("erasures_lead")),
      drawCursor(list, {
        empty: [
          icon("archive"),
          el("p", {}, say("erasures_empty")),
          link("/downloads", { class: "button primary" }, say("go_to_downloads")),
        ],
        filled: (found) => el("ul", { class: "stack", key: "erasures" }, ...found.map(lineOf)),
        lines: 4,
      }),
    ],
  };
}

/** @param {Erasure} erasure */
function lineOf(erasure) {
  const { id, records, requested_by: by, statement } = erasure;
  const pending = pendingText(erasure);
  const about = [
    records === null ? "" : say("erasure_records", { count: records }),
    say("done_by", { name: by.name }),
    statement === null ? "" : say("erasure_statement", { number: number(statement) }),
  ];
  return el(
    "li",
    { class: "card", key: id },
    el("h2", { class: "record-name" }, link(address("erasures", id), {}, erasureName(erasure)), " ", erasureState(erasure)),
    pending ? el("p", { class: "soon" }, icon("clock"), pending) : null,
    el("p", { class: "soft" }, about.filter(Boolean).join(" · ")),
  );
}
