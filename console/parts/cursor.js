// A list that the API gives in pages with tokens: what has been read so far, its states, and a button for more.

import { button, el } from "../dom.js";
import { explain, say } from "../i18n.js";
import { drawResource, loader } from "../resource.js";

/**
 * Creates a list. `load` returns the items behind a token, and the next token, or null at the end. If loads overlap, only the newest one counts.
 * @template T @param {App} app @param {(token: string | null) => Promise<{ items: T[], token: string | null }>} load
 * @returns {Cursor<T>}
 */
export function cursor(app, load) {
  const read = loader(app, () => self);
  /** @type {Cursor<T>} */
  const self = {
    data: null,
    problem: null,
    isLoading: true,
    token: null,
    reload: () => read(() => page([], null)),
    more: () => read(() => page(self.data ?? [], self.token)),
  };
  /** @param {T[]} before @param {string | null} behind */
  async function page(before, behind) {
    const { items, token } = await load(behind);
    return { data: [...before, ...items], token };
  }
  return self;
}

/**
 * Draws a list in its current state. What has been read stays visible while more is read, and when that fails.
 * @template T @param {Cursor<T>} list
 * @param {{ empty: Child, filled: (items: T[]) => Child, more?: string, lines?: number }} how
 */
export function drawCursor(list, { empty, filled, more = say("show_more"), lines = 5 }) {
  if (!list.data?.length) {
    const isEnd = list.data !== null && !list.isLoading && list.token === null;
    if (isEnd || list.data === null) return drawResource(list, { isEmpty: (items) => items.length === 0, empty, filled, lines });
  }
  const failed = list.problem ? el("p", { class: "notice bad", role: "alert", key: "failed" }, explain(list.problem)) : null;
  const next = button(more, () => list.more(), { key: "more", "aria-disabled": list.isLoading ? "true" : null });
  return el(
    "div",
    { class: "stack", key: "list" },
    list.data?.length ? filled(list.data) : null,
    failed,
    list.token === null ? null : el("p", { class: "actions", key: "next" }, next),
  );
}
