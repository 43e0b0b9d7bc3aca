// Searches a backup for words, in one module or in all. A long search goes on by itself, and can be stopped.

import { get } from "../api.js";
import { button, el, icon, link, progressBar } from "../dom.js";
import { percent, say, time } from "../i18n.js";
import { cursor, drawCursor } from "../parts/cursor.js";
import { address, gone, isGone, trail, valueOf } from "../parts/looking.js";
import { searchForm } from "../parts/search-form.js";
import { resource } from "../resource.js";

/** Number of hits after which a search waits for the reader. */
const ENOUGH = 50;

/** @type {ViewMaker} */
export default function search(app, backup = "", words = "", module = "", match = "prefix") {
  const state = { isGone: false, isStopped: false, searched: 0, blocks: 0 };
  const modules = resource(app, async () => /** @type {ExploredModules} */ (await get(`/${backup}/modules`)));
  const hits = cursor(app, async (token) => {
    const asked = new URLSearchParams({ words, match });
    if (module) asked.set("module", module);
    if (token) asked.set("page_token", token);
    const page = /** @type {SearchedPage} */ (await get(`/${backup}/search?${asked}`));
    Object.assign(state, { searched: page.info.blocks_searched, blocks: page.info.blocks });
    return { items: page.hits, token: page.info.next_page_token };
  });
  /** Goes on until there are enough more hits, or nothing is left. */
  async function goOn() {
    const before = hits.data?.length ?? 0;
    state.isStopped = false;
    do await hits.more();
    while (!state.isGone && !state.isStopped && !hits.problem && hits.token !== null && (hits.data?.length ?? 0) < before + ENOUGH);
  }
  void modules.reload();
  if (words) void goOn();
  const stop = () => {
    state.isStopped = true;
    app.redraw();
  };
  const eraseTo = address("erase", "search", words, module, match);
  const restoreTo = address("restore", backup, module, "", words, match);
  const foundOf = () => [progressOf(state, hits, stop), linksOf(hits, restoreTo, eraseTo), hitsOf(hits, backup, goOn)];
  return {
    title: () => say("search_title", { words }),
    leave: () => void (state.isGone = true),
    draw: () => [
      trail([
        ["/downloads", say("nav_downloads")],
        [
          address("explore", backup),
          modules.data ? say("explore_backup_of", { time: time(modules.data.taken) }) : say("nav_explore"),
        ],
      ]),
      el("h1", { key: "heading", tabindex: -1 }, say("search_title", { words })),
      searchForm(app, { backup, modules: modules.data?.modules ?? [], words, module, match }),
      isGone(hits) ? gone() : words ? foundOf() : null,
    ],
  };
}

/** @param {{ searched: number, blocks: number, isStopped: boolean }} state @param {Cursor<SearchHit>} hits @param {() => void} stop */
function progressOf({ searched, blocks, isStopped }, hits, stop) {
  const share = blocks ? searched / blocks : 0;
  const count = hits.data?.length ?? 0;
  const isEnd = hits.token === null && !hits.isLoading;
  const words = say(isEnd ? "search_found" : "search_found_so_far", { count });
  return el(
    "div",
    { class: "stack", key: "progress" },
    el("p", { id: "search-progress", role: "status" }, words),
    isEnd ? null : progressBar(searched, blocks, percent(share), "search-progress"),
    hits.isLoading && !isStopped
      ? el("p", { class: "actions", key: "stop" }, button(say("search_stop"), stop, { icon: "stop" }))
      : null,
  );
}

/** What can be done with all that is found. @param {Cursor<SearchHit>} hits @param {string} restoreTo @param {string} eraseTo */
function linksOf({ data }, restoreTo, eraseTo) {
  if (!data?.length) return null;
  const restoring = link(restoreTo, { class: "button" }, say("restore_found"));
  return el("p", { class: "actions", key: "all" }, restoring, link(eraseTo, { class: "button danger" }, say("erase_found")));
}

/** @param {Cursor<SearchHit>} hits @param {string} backup @param {() => Promise<void>} goOn */
function hitsOf(hits, backup, goOn) {
  const list = { ...hits, more: goOn };
  return drawCursor(list, {
    empty: [icon("search"), el("p", {}, say("search_nothing"))],
    filled: (found) => el("ol", { class: "stack", key: "hits" }, ...found.map((hit, at) => hitOf(hit, at, backup))),
    more: say("search_more"),
  });
}

/** @param {SearchHit} hit @param {number} at @param {string} backup */
function hitOf({ module, id, name, fields }, at, backup) {
  const facts = fields.map(({ api_name: api, label, value }) =>
    el("div", { key: api }, el("dt", {}, label || api), el("dd", {}, valueOf(value))),
  );
  return el(
    "li",
    { class: "card", key: `${at}-${module.api_name}-${id}` },
    el(
      "h2",
      { class: "record-name" },
      link(address("explore", backup, module.api_name, id), {}, name ?? id),
      " ",
      el("span", { class: "soft" }, module.label),
    ),
    el("dl", { class: "facts" }, ...facts),
  );
}
