// Fields of a connection to Zoho CRM. People log in on Zoho's own page only; a client's secret is sent and never shown again.

import { badge, el } from "../dom.js";
import { explainFailure, hasText, locale, say } from "../i18n.js";
import { field } from "./fields.js";

/** @typedef {import("./connection-form.js").ConnectionEditing} ConnectionEditing */
/** @typedef {NonNullable<Connection["zoho"]>} Zoho */

/** Data centres, with the host on which people use the CRM. @type {[string, string][]} */
const DATA_CENTERS = [
  ["us", "crm.zoho.com"],
  ["eu", "crm.zoho.eu"],
  ["in", "crm.zoho.in"],
  ["jp", "crm.zoho.jp"],
  ["au", "crm.zoho.com.au"],
  ["cn", "crm.zoho.com.cn"],
  ["sa", "crm.zoho.sa"],
  ["ca", "crm.zohocloud.ca"],
];
const ENVIRONMENTS = ["production", "sandbox", "developer"];

/** Which of Zoho's own backups is taken. */
const BACKUPS = ["newest", "new"];

/** Whether a source is Zoho CRM: by its API, or by its own backups. @param {string} kind */
export function isOfZoho(kind) {
  return kind === "zoho" || kind === "zoho_backup";
}

/** What the organisation is called, and where it is. @param {Zoho} zoho */
export function zohoPlace({ organisation, data_center, environment }) {
  const host = DATA_CENTERS.find(([name]) => name === data_center)?.[1] ?? data_center;
  const place = environment === "production" ? host : `${host}, ${say(`zoho_environment_${environment}`)}`;
  return organisation ? say("zoho_named_place", { name: organisation, place }) : place;
}

/** Message about a failure of Zoho. @param {{ code: string, message: string }} failure */
export function explainZoho({ code, message }) {
  return hasText(`zoho_${code}`) ? say(`zoho_${code}`) : explainFailure(/** @type {Failure} */ ({ code, message, subject: null }));
}

/**
 * @param {Zoho | null} zoho @param {ConnectionEditing} editing
 * @param {(name: string, props: Props, hint?: string | null) => Node} input draws a labelled input
 */
export function zohoOf(zoho, editing, input) {
  const share = { type: "number", min: 1, max: 100, required: true, value: zoho?.credit_share ?? 50 };
  const dataCenters = DATA_CENTERS.map(([name, host]) => {
    const shown = say("zoho_named_place", { name: say(`zoho_data_center_${name}`), place: host });
    return /** @type {[string, string]} */ ([name, shown]);
  });
  const isBackup = editing.kind === "zoho_backup";
  const backups = BACKUPS.map((name) => /** @type {[string, string]} */ ([name, say(`zoho_backup_${name}`)]));
  const dataCenter = zoho?.data_center ?? (locale() === "ja" ? "jp" : "us");
  return el(
    "div",
    { key: editing.kind, class: "stack" },
    zoho
      ? el("p", { key: "connected" }, badge("good", say("zoho_is_connected")), el("strong", {}, zohoPlace(zoho)))
      : el("p", { class: "soft", key: "explained" }, say("zoho_hint")),
    isBackup ? el("p", { class: "soft", key: "backups" }, say("zoho_backup_explained")) : null,
    editing.isElsewhere ? el("p", { class: "notice", role: "status", key: "elsewhere" }, say("zoho_elsewhere")) : null,
    el(
      "div",
      { class: "grid" },
      choiceOf("data_center", dataCenter, dataCenters, say("zoho_data_center_hint")),
      isBackup
        ? choiceOf("backup", zoho?.backup ?? "newest", backups, say("zoho_backup_hint"))
        : input("credit_share", share, say("zoho_credit_share_hint")),
    ),
    moreOf(zoho, editing, input),
  );
}

/**
 * What few need: a client of one's own, the environment, the number of calls.
 * @param {Zoho | null} zoho @param {ConnectionEditing} editing @param {(name: string, props: Props, hint?: string | null) => Node} input
 */
function moreOf(zoho, { kind, offer }, input) {
  const needsClient = offer?.has_client === false;
  const isOpen = needsClient || zoho?.client_id || (zoho && zoho.environment !== "production");
  const secretHint = say(zoho?.client_id ? "connection_password_kept" : "connection_password_hint");
  const calls = { type: "number", min: 1, max: 25, required: true, value: zoho?.calls_at_once ?? 5 };
  const environments = ENVIRONMENTS.map((name) => /** @type {[string, string]} */ ([name, say(`zoho_environment_${name}`)]));
  return el(
    "details",
    { open: Boolean(isOpen), key: "more" },
    el("summary", {}, say(needsClient ? "zoho_client" : "connection_more")),
    el(
      "div",
      { class: "stack" },
      el("p", { class: "soft" }, say(needsClient ? "zoho_client_needed" : "zoho_client_hint")),
      el(
        "div",
        { class: "grid" },
        input("client_id", { value: zoho?.client_id, placeholder: "1000.…", required: needsClient }),
        input("client_secret", { type: "password", autocomplete: "new-password" }, secretHint),
      ),
      offer ? addressOf(offer.redirect_uri) : null,
      el(
        "div",
        { class: "grid" },
        choiceOf("environment", zoho?.environment ?? "production", environments),
        kind === "zoho" ? input("calls_at_once", calls, say("zoho_calls_at_once_hint")) : null,
      ),
      kind === "zoho" ? writingOf(zoho, input) : null,
    ),
  );
}

/**
 * What restores need: a consent that may write, and a field for ids of before.
 * @param {Zoho | null} zoho @param {(name: string, props: Props, hint?: string | null) => Node} input
 */
function writingOf(zoho, input) {
  const options = ["false", "true"].map((value) => /** @type {[string, string]} */ ([value, say(`zoho_may_write_${value}`)]));
  return el(
    "div",
    { class: "grid" },
    choiceOf("may_write", String(zoho?.may_write ?? false), options, say("zoho_may_write_hint")),
    input("external_id", { value: zoho?.external_id, maxlength: 100, pattern: "[A-Za-z0-9_]+" }, say("zoho_external_id_hint")),
  );
}

/** The address that belongs to a client of one's own. @param {string} uri */
function addressOf(uri) {
  return el("p", { class: "soft" }, say("zoho_redirect_uri"), " ", el("code", {}, uri));
}

/** @param {string} name @param {string} chosen @param {[string, string][]} options @param {string} [hint] */
function choiceOf(name, chosen, options, hint) {
  const shown = options.map(([value, text]) => el("option", { value, selected: value === chosen }, text));
  return field(
    name,
    say(`connection_${name}`),
    el("select", { id: name, name, "aria-describedby": hint ? `${name}-hint` : null }, ...shown),
    hint ? el("p", { class: "soft", id: `${name}-hint` }, hint) : null,
  );
}

/** The settings of Zoho CRM that the form asks for. @param {FormData} form */
export function zohoIn(form) {
  const text = (/** @type {string} */ name) => String(form.get(name) ?? "").trim();
  const secret = text("client_secret");
  return {
    data_center: text("data_center"),
    environment: text("environment"),
    client_id: text("client_id") || null,
    ...(secret ? { client_secret: secret } : {}),
    ...(form.has("backup")
      ? { backup: text("backup") }
      : {
          credit_share: Number(text("credit_share")),
          calls_at_once: Number(text("calls_at_once")),
          may_write: text("may_write") === "true",
          external_id: text("external_id") || null,
        }),
  };
}
