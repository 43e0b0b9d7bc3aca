// Data loaded from the API and its four states on the page: loading, empty, failed with a retry button, filled.

import { asProblem } from "./api.js";
import { button, el, icon } from "./dom.js";
import { explain, say } from "./i18n.js";

/**
 * Creates a resource that `reload` fills. If loads overlap, only the newest one counts.
 * @template T @param {App} app @param {() => Promise<T>} load
 */
export function resource(app, load) {
  const read = loader(app, () => self);
  /** @type {Resource<T>} */
  const self = {
    data: null,
    problem: null,
    isLoading: true,
    reload: () => read(async () => ({ data: await load() })),
  };
  return self;
}

/**
 * Returns a function that puts what `load` finds into a resource, or its problem. If loads overlap, only the newest one counts.
 * @template {Resource<any>} R @param {App} app @param {() => R} filled the resource @returns {(load: () => Promise<Partial<R>>) => Promise<void>}
 */
export function loader(app, filled) {
  let loads = 0;
  return async (load) => {
    const started = ++loads;
    const self = filled();
    self.isLoading = true;
    app.redraw();
    try {
      const found = await load();
      if (started !== loads) return;
      Object.assign(self, found, { problem: null });
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (started !== loads) return;
      if (problem.status === 401 || problem.status === 403) app.showError(problem);
      self.problem = problem;
    }
    self.isLoading = false;
    app.redraw();
  };
}

/**
 * Draws a resource in its current state. Data stays visible during a reload.
 * @template T @param {Resource<T>} resource
 * @param {{ isEmpty?: (data: T) => boolean, empty?: Child, filled: (data: T) => Child, lines?: number }} how
 */
export function drawResource(resource, { isEmpty = () => false, empty = null, filled, lines = 3 }) {
  const { data, problem } = resource;
  if (problem) return failed(problem, () => void resource.reload());
  if (data === null) return loading(lines);
  return isEmpty(data) ? el("div", { class: "blank", key: "empty" }, empty) : filled(data);
}

/** @param {number} lines */
function loading(lines) {
  const placeholders = Array.from({ length: lines }, () => el("div", { class: "placeholder line" }));
  return el(
    "div",
    { class: "loading", key: "loading", "aria-busy": "true" },
    el("p", { class: "visually-hidden", role: "status" }, say("loading")),
    ...placeholders,
  );
}

/** @param {Problem} problem @param {() => void} retry */
function failed(problem, retry) {
  return el(
    "div",
    { class: "blank", role: "alert", key: "failed" },
    icon("alert"),
    el("p", {}, explain(problem)),
    button(say("retry"), retry, { class: "primary" }),
  );
}
