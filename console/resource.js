// Data loaded from the API and its four states on the page: loading, empty, failed with a retry button, filled.

import { asProblem } from "./api.js";
import { button, el, icon } from "./dom.js";
import { explain, say } from "./i18n.js";

/**
 * Creates a resource that `reload` fills. If loads overlap, only the newest one counts.
 * @template T @param {App} app @param {() => Promise<T>} load
 */
export function resource(app, load) {
  let loads = 0;
  /** @type {Resource<T>} */
  const self = {
    data: null,
    problem: null,
    isLoading: true,
    async reload() {
      const started = ++loads;
      self.isLoading = true;
      app.redraw();
      try {
        const data = await load();
        if (started !== loads) return;
        Object.assign(self, { data, problem: null });
      } catch (thrown) {
        const problem = asProblem(thrown);
        if (started !== loads) return;
        if (problem.status === 401 || problem.status === 403) app.showError(problem);
        self.problem = problem;
      }
      self.isLoading = false;
      app.redraw();
    },
  };
  return self;
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
