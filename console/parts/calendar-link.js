// The calendar link: creating it, showing it once, revoking it.

import { call } from "../api.js";
import { button, el } from "../dom.js";
import { say } from "../i18n.js";
import { secretOf } from "./secret.js";

/** @param {App} app */
export function calendarLink(app) {
  const state = { url: "" };
  async function create() {
    try {
      const { body } = await call("POST", "/calendar/link");
      state.url = new URL(body.details.path, location.origin).href;
    } catch (thrown) {
      app.showError(thrown);
    }
    app.redraw();
  }
  async function remove() {
    try {
      await call("DELETE", "/calendar/link");
      state.url = "";
      app.toast(say("calendar_link_removed"));
    } catch (thrown) {
      app.showError(thrown);
    }
    app.redraw();
  }
  return {
    draw: () => [
      el("p", { class: "soft" }, say("calendar_link_hint")),
      state.url ? secretOf(say("calendar_link_once"), state.url) : null,
      el(
        "div",
        { class: "actions" },
        button(say("calendar_link_create"), () => create()),
        button(say("calendar_link_remove"), () => remove()),
      ),
    ],
  };
}
