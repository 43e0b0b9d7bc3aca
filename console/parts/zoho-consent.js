// The way to Zoho's page and back: begins a consent, and hands in its answer after Zoho has sent the browser back.

import { asProblem, call } from "../api.js";
import { el, icon, link } from "../dom.js";
import { explain, say } from "../i18n.js";
import { explainZoho } from "./zoho-form.js";

/** Asks for a consent to a connection, and leaves for Zoho's page. @param {unknown} wanted */
export async function leaveForConsent(wanted) {
  const { body } = await call("POST", "/connection/actions/ask_consent", { body: wanted });
  location.assign(body.consent.url);
}

/** The view to which Zoho sends the browser. @param {App} app @param {string} query what Zoho has added to the address @returns {View} */
export function consentView(app, query) {
  /** @type {Problem | null} */
  let problem = null;
  void answer(query).then(
    ({ connection, is_elsewhere }) => {
      app.toast(say("zoho_connected", { name: connection.zoho.organisation ?? "Zoho CRM" }));
      // The code leaves the history with its address.
      location.replace(`#/source/connected${is_elsewhere ? "/elsewhere" : ""}`);
    },
    (thrown) => {
      problem = asProblem(thrown);
      if (problem.status === 401 || problem.status === 403) app.showError(problem);
      app.redraw();
    },
  );
  return {
    title: () => say("zoho_connecting"),
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("zoho_connecting")),
      problem ? refused(problem) : el("p", { key: "waiting", role: "status" }, say("zoho_connecting_hint")),
    ],
  };
}

/** @param {string} query */
async function answer(query) {
  const given = new URLSearchParams(query);
  const consent = {
    state: given.get("state"),
    code: given.get("code"),
    location: given.get("location"),
    accounts_server: given.get("accounts-server"),
    error: given.get("error"),
  };
  return (await call("POST", "/connection/actions/answer_consent", { body: { consent } })).body;
}

/** @param {Problem} problem */
function refused(problem) {
  const words = problem.code.startsWith("SOURCE_") ? explainZoho(problem) : explain(problem);
  return el(
    "div",
    { key: "refused", class: "stack" },
    el("p", { class: "notice bad", role: "alert" }, icon("alert"), words),
    el("p", {}, link("/source", {}, say("zoho_back"))),
  );
}
