// What the forms of the connection and of the restore target do: check, save and remove what is written in them.

import { asProblem, call } from "../api.js";
import { ask } from "../dialog.js";
import { el } from "../dom.js";
import { say } from "../i18n.js";

/** @typedef {{ problem: Problem | null, check: Check | null }} FormState what such a form is drawn with, besides its own */

/** Changes the state of a form. @template {FormState} T @param {App} app @param {T} editing @param {Partial<T>} part */
export function redrawWith(app, editing, part) {
  Object.assign(editing, part);
  app.redraw();
}

/** Shows why a call was refused. @param {App} app @param {FormState} editing @param {unknown} thrown */
export function refuse(app, editing, thrown) {
  const problem = asProblem(thrown);
  if (problem.status === 401 || problem.status === 403) return app.showError(problem);
  redrawWith(app, editing, { problem });
}

/**
 * The actions of a form. `name` is what the API calls the thing, in paths and bodies; `words` begins the keys of its texts; `wanted` reads the form
 * as the body of a call; `fill` fills it with what is saved.
 * @template {FormState} T
 * @param {App} app @param {T} editing @param {Resource<any>} saved
 * @param {{ name: string, words: string, wanted: (editing: T) => unknown, fill: (editing: T, known: any) => void }} thing
 */
export function actionsOf(app, editing, saved, { name, words, wanted, fill }) {
  const attempt = async (/** @type {() => Promise<void>} */ action) => {
    try {
      await action();
    } catch (thrown) {
      refuse(app, editing, thrown);
    }
  };
  return {
    check: () => {
      redrawWith(app, editing, /** @type {Partial<T>} */ ({ problem: null, check: null }));
      return attempt(async () => {
        const { body } = await call("POST", `/${name}/actions/check`, { body: wanted(editing) });
        redrawWith(app, editing, /** @type {Partial<T>} */ ({ check: body.check }));
        document.getElementById("check-heading")?.scrollIntoView({ block: "nearest" });
      });
    },
    save: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      return attempt(async () => {
        const { body } = await call("PUT", `/${name}`, { body: wanted(editing) });
        saved.data = body;
        fill(editing, body[name]);
        app.redraw();
        app.toast(say(`${words}_saved`));
      });
    },
    remove: async () => {
      const body = [el("p", {}, say(`${words}_remove_question`))];
      if (!(await ask({ title: say(`${words}_remove_title`), body, confirm: say("remove"), isDangerous: true }))) return;
      await attempt(async () => {
        await call("DELETE", `/${name}`);
        saved.data = { [name]: null };
        fill(editing, null);
        editing.check = null;
        app.toast(say(`${words}_removed`));
      });
      app.redraw();
    },
  };
}
