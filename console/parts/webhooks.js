// Webhooks: list, test, add and remove. The secret of a signed webhook is shown once; chat channels have none.

import { asProblem, call, get } from "../api.js";
import { ask } from "../dialog.js";
import { badge, button, el, icon } from "../dom.js";
import { date, explain, say } from "../i18n.js";
import { resource, drawResource } from "../resource.js";
import { secretOf } from "./secret.js";

/** @type {Webhook["kind"][]} */
const kinds = ["json", "slack", "teams"];

/** @typedef {{ secret: string, problem: Problem | null }} Adding */

/** @param {App} app */
export function webhooks(app) {
  const adding = /** @type {Adding} */ ({ secret: "", problem: null });
  const list = resource(app, async () => /** @type {Webhook[]} */ ((await get("/webhooks")).webhooks));
  void list.reload();
  return {
    draw: () => [
      el("p", { class: "soft", key: "hint" }, say("webhooks_hint")),
      adding.secret ? secretOf(say("webhook_secret"), adding.secret) : null,
      drawResource(list, {
        isEmpty: (found) => found.length === 0,
        empty: el("p", { class: "soft" }, say("webhooks_empty")),
        filled: (found) => el("ul", { class: "rows", key: "list" }, ...found.map((webhook) => lineOf(app, list, webhook))),
        lines: 2,
      }),
      formOf(adding, list),
      adding.problem
        ? el(
            "p",
            { class: "notice bad", role: "alert", id: "webhook-problem", key: "problem" },
            icon("alert"),
            explain(adding.problem),
          )
        : null,
    ],
  };
}

/** @param {App} app @param {Resource<Webhook[]>} list @param {Webhook} webhook */
function lineOf(app, list, webhook) {
  const { id, url, status } = webhook;
  const test = () => act(app, list, () => call("POST", `/webhooks/${id}/actions/test`), say("webhook_tested"));
  return el(
    "li",
    { key: id },
    el(
      "div",
      {},
      el("code", {}, url),
      el(
        "p",
        { class: "soft" },
        badge(status === "active" ? "good" : "bad", say(`webhook_${status}`)),
        say(`webhook_kind_${webhook.kind}`),
        " · ",
        say("added_on", { time: date(webhook.created_time) }),
      ),
    ),
    el(
      "div",
      { class: "actions" },
      button(say("send_test"), test, { "aria-label": say("send_test_to", { url }) }),
      button(say("remove"), () => remove(app, list, webhook), { "aria-label": say("remove_webhook", { url }) }),
    ),
  );
}

/** @param {App} app @param {Resource<Webhook[]>} list @param {Webhook} webhook */
async function remove(app, list, { id, url }) {
  const body = [el("p", {}, say("webhook_remove_question", { url }))];
  const agreed = await ask({ title: say("webhook_remove_title"), body, confirm: say("remove"), isDangerous: true });
  if (agreed) await act(app, list, () => call("DELETE", `/webhooks/${id}`), say("webhook_removed"));
}

/** @param {App} app @param {Resource<Webhook[]>} list @param {() => Promise<unknown>} work @param {string} words */
async function act(app, list, work, words) {
  try {
    await work();
    app.toast(words);
  } catch (thrown) {
    app.showError(thrown);
  }
  await list.reload();
}

/** @param {Adding} adding @param {Resource<Webhook[]>} list */
function formOf(adding, list) {
  const field = el("input", {
    type: "url",
    id: "webhook-url",
    name: "url",
    required: true,
    placeholder: "https://",
    autocomplete: "off",
    "aria-invalid": adding.problem ? "true" : null,
    "aria-describedby": adding.problem ? "webhook-problem" : null,
  });
  const options = kinds.map((kind) => el("option", { value: kind }, say(`webhook_kind_${kind}`)));
  const kind = el("select", { id: "webhook-kind", name: "kind" }, ...options);
  const submit = (/** @type {SubmitEvent} */ event) => add(event, adding, list);
  return el(
    "form",
    { key: "add", class: "line", on: { submit } },
    el("div", { class: "field" }, el("label", { for: "webhook-url" }, say("webhook_url")), field),
    el("div", { class: "field" }, el("label", { for: "webhook-kind" }, say("webhook_kind")), kind),
    el("button", {}, say("add")),
  );
}

/** @param {SubmitEvent} event @param {Adding} adding @param {Resource<Webhook[]>} list */
async function add(event, adding, list) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  const data = new FormData(form);
  const webhook = { url: String(data.get("url")).trim(), kind: String(data.get("kind")) };
  try {
    const { body } = await call("POST", "/webhooks", { body: { webhook } });
    Object.assign(adding, { secret: body.details.secret ?? "", problem: null });
    form.reset();
  } catch (thrown) {
    adding.problem = asProblem(thrown);
  }
  await list.reload();
}
