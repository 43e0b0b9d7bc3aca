// Webhooks and the calendar link: secrets that are shown once.

import { asProblem, call, get } from "../api.js";
import { ask } from "../dialog.js";
import { badge, button, el, icon } from "../dom.js";
import { date, explain, say } from "../i18n.js";
import { resource, shown } from "../resource.js";

/** @param {App} app */
export function webhooks(app) {
  const state = {
    secret: "",
    /** @type {Problem | null} */
    problem: null,
  };
  const list = resource(app, async () => /** @type {Webhook[]} */ ((await get("/webhooks")).webhooks));
  void list.reload();

  /** @param {SubmitEvent} event */
  async function add(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    try {
      const { body } = await call("POST", "/webhooks", {
        body: { webhook: { url: String(new FormData(form).get("url")).trim() } },
      });
      Object.assign(state, { secret: body.details.secret, problem: null });
      form.reset();
    } catch (thrown) {
      state.problem = asProblem(thrown);
    }
    await list.reload();
  }

  /** @param {() => Promise<unknown>} work @param {string} words */
  async function act(work, words) {
    try {
      await work();
      app.toast(words);
    } catch (thrown) {
      app.tell(thrown);
    }
    await list.reload();
  }
  const test = (/** @type {Webhook} */ { id }) => act(() => call("POST", `/webhooks/${id}/actions/test`), say("webhook_tested"));
  async function remove(/** @type {Webhook} */ { id, url }) {
    const agreed = await ask({
      title: say("webhook_remove_title"),
      body: [el("p", {}, say("webhook_remove_question", { url }))],
      confirm: say("remove"),
      isDangerous: true,
    });
    if (agreed) await act(() => call("DELETE", `/webhooks/${id}`), say("webhook_removed"));
  }

  const one = (/** @type {Webhook} */ webhook) =>
    el(
      "li",
      { key: webhook.id },
      el(
        "div",
        {},
        el("code", {}, webhook.url),
        el(
          "p",
          { class: "soft" },
          badge(webhook.status === "active" ? "good" : "bad", say(`webhook_${webhook.status}`)),
          say("added", { time: date(webhook.created_time) }),
        ),
      ),
      el(
        "div",
        { class: "actions" },
        button(say("test"), () => test(webhook), { "aria-label": say("test_webhook", { url: webhook.url }) }),
        button(say("remove"), () => remove(webhook), { "aria-label": say("remove_webhook", { url: webhook.url }) }),
      ),
    );
  const form = () =>
    el(
      "form",
      { key: "add", class: "line", on: { submit: add } },
      el(
        "div",
        { class: "field" },
        el("label", { for: "webhook-url" }, say("webhook_url")),
        el("input", {
          type: "url",
          id: "webhook-url",
          name: "url",
          required: true,
          placeholder: "https://",
          autocomplete: "off",
          "aria-invalid": state.problem ? "true" : null,
          "aria-describedby": state.problem ? "webhook-problem" : null,
        }),
      ),
      el("button", {}, say("add")),
    );
  return {
    draw: () => [
      el("p", { class: "soft", key: "hint" }, say("webhooks_hint")),
      state.secret ? secretOf(say("webhook_secret"), state.secret) : null,
      shown(list, {
        isEmpty: (found) => found.length === 0,
        empty: el("p", { class: "soft" }, say("webhooks_empty")),
        filled: (found) => el("ul", { class: "rows", key: "list" }, ...found.map(one)),
        lines: 2,
      }),
      form(),
      state.problem
        ? el(
            "p",
            { class: "notice bad", role: "alert", id: "webhook-problem", key: "problem" },
            icon("alert"),
            explain(state.problem),
          )
        : null,
    ],
  };
}

/** @param {App} app */
export function calendarLink(app) {
  const state = { url: "" };
  async function make() {
    try {
      const { body } = await call("POST", "/calendar/link");
      state.url = new URL(body.details.path, location.origin).href;
    } catch (thrown) {
      app.tell(thrown);
    }
    app.redraw();
  }
  async function remove() {
    try {
      await call("DELETE", "/calendar/link");
      state.url = "";
      app.toast(say("calendar_link_removed"));
    } catch (thrown) {
      app.tell(thrown);
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
        button(say("calendar_link_make"), () => make()),
        button(say("calendar_link_remove"), () => remove()),
      ),
    ],
  };
}

/** @param {string} words @param {string} secret */
function secretOf(words, secret) {
  return el(
    "div",
    { class: "notice", role: "status", key: "secret" },
    icon("alert"),
    el("div", {}, el("p", {}, words), el("code", { class: "secret" }, secret)),
  );
}
