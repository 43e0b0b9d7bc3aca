// Form of the connection to the CRM. The password is sent and never shown again.

import { button, el, icon } from "../dom.js";
import { explain, say, time } from "../i18n.js";
import { field, tick } from "./fields.js";
import { isOfZoho, zohoIn, zohoOf } from "./zoho-form.js";

/** @typedef {{ kind: string, profile: string | null, profiles: { name: string, title: string }[], omitted: Set<string>, views: Set<string>, opened: Set<string>, problem: Problem | null, check: Check | null, revision: number, offer: ZohoOffer | null, isElsewhere: boolean, isLeaving: boolean }} ConnectionEditing state of the form: the chosen kind and profile, all profiles, keys of what is left out, views to back up, modules whose fields are shown, number of times it was filled, what this service offers for Zoho CRM, whether the consent came from elsewhere than asked, and whether the page is being left for Zoho's */
/** @typedef {{ choose: (kind: string) => void, name: (profile: string | null) => void, check: () => unknown, save: (event: SubmitEvent) => unknown, connect: (event?: SubmitEvent) => unknown, remove: () => unknown, redraw: () => void }} ConnectionActions */

const KINDS = ["native", "zoho", "zoho_backup", "postgres", "mysql"];

/** @type {Record<string, number>} */
const PORTS = { postgres: 5432, mysql: 3306 };

/** @param {Connection | null} connection @param {ConnectionEditing} editing @param {ConnectionActions} actions */
export function connectionForm(connection, editing, actions) {
  const isZoho = isOfZoho(editing.kind);
  const isDatabase = editing.kind !== "native" && !isZoho;
  const known = connection?.kind === editing.kind ? connection : null;
  // Zoho CRM is connected on Zoho's page, and saved only later.
  const isNew = isZoho && !known;
  const { problem } = editing;
  return el(
    "form",
    {
      key: `form-${editing.revision}`,
      class: "connection stack",
      autocomplete: "off",
      on: { submit: isNew ? actions.connect : actions.save },
    },
    isZoho ? null : el("p", { class: "soft", key: "hint" }, say("connection_hint")),
    kindOf(editing, actions),
    isDatabase
      ? profileOf(editing, { name: actions.name, none: say("connection_profile_none"), hint: say("connection_profile_hint") })
      : null,
    isDatabase ? databaseOf(known?.database ?? null, editing, say("connection_schemas_hint"), capturedBy) : null,
    isZoho ? zohoOf(known?.zoho ?? null, editing, inputsOf(problem)) : null,
    problem
      ? el("p", { class: "notice bad", role: "alert", id: "connection-problem", key: "problem" }, icon("alert"), explain(problem))
      : null,
    el(
      "div",
      { class: "actions", key: "actions" },
      el("button", { class: "primary" }, icon("check"), say(isNew ? "zoho_connect" : "save")),
      isDatabase || (isZoho && !isNew) ? button(say("connection_check"), actions.check, { key: "check" }) : null,
      isZoho && !isNew ? button(say("zoho_reconnect"), () => actions.connect(), { key: "reconnect" }) : null,
      connection ? button(say("connection_remove"), actions.remove, { key: "remove" }) : null,
    ),
    connection
      ? el(
          "p",
          { class: "soft", key: "who" },
          say("connection_set_by", { name: connection.set_by.name, time: time(connection.set_time) }),
        )
      : null,
  );
}

/** The connection that the form asks for. @param {FormData} form @param {ConnectionEditing} editing */
export function connectionIn(form, editing) {
  const omitted = [...editing.omitted].map((key) => JSON.parse(key)).map(([module, field = null]) => ({ module, field }));
  const { kind, profile } = editing;
  if (isOfZoho(kind)) return { kind, zoho: zohoIn(form), database: undefined, profile: undefined, omitted };
  return { kind, ...(kind === "native" ? {} : { database: databaseIn(form, editing), profile }), omitted };
}

/** @param {FormData} form @param {{ views: Set<string> }} chosen */
export function databaseIn(form, { views }) {
  const text = (/** @type {string} */ name) => String(form.get(name) ?? "").trim();
  const password = String(form.get("password") ?? "");
  return {
    host: text("host"),
    port: Number(text("port")),
    name: text("database"),
    user: text("user"),
    ...(password ? { password } : form.has("no_password") ? { password: null } : {}),
    tls: form.has("unencrypted") ? "off" : "verify_full",
    ca: text("ca") || null,
    schemas: text("schemas")
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean),
    views: [...views],
    // A restore target has no such choice.
    ...(form.has("captured_by") ? { captured_by: text("captured_by") } : {}),
  };
}

/** @param {ConnectionEditing} editing @param {ConnectionActions} actions */
function kindOf({ kind, offer }, { choose }) {
  const changed = (/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.currentTarget).value);
  const offered = KINDS.filter((value) => !isOfZoho(value) || offer);
  const options = offered.map((value) => el("option", { value, selected: value === kind }, say(`connection_kind_${value}`)));
  return field("kind", say("connection_kind"), el("select", { id: "kind", name: "kind", on: { change: changed } }, ...options));
}

/** @param {Pick<ConnectionEditing, "profile" | "profiles">} editing @param {{ name: (profile: string | null) => void, none: string, hint: string }} about what is said of no profile, and what a profile does */
export function profileOf({ profile, profiles }, { name, none, hint }) {
  const changed = (/** @type {Event} */ event) => name(/** @type {HTMLSelectElement} */ (event.currentTarget).value || null);
  const options = profiles.map(({ name, title }) => el("option", { value: name, selected: name === profile }, title));
  return field(
    "profile",
    say("connection_profile"),
    el(
      "select",
      { id: "profile", name: "profile", "aria-describedby": "profile-hint", on: { change: changed } },
      el("option", { value: "", selected: profile === null }, none),
      ...options,
    ),
    el("p", { class: "soft", id: "profile-hint" }, hint),
  );
}

/** @typedef {NonNullable<Connection["database"]> | null} Database */

/** @param {Database} database @param {{ kind: string, problem: Problem | null }} editing @param {string} schemas what is said of schemas @param {(database: Database) => Child} more further fields */
export function databaseOf(database, editing, schemas, more = () => null) {
  const { kind } = editing;
  const input = inputsOf(editing.problem);
  const isFew = database?.ca || database?.schemas.length || database?.tls === "off";
  return el(
    "div",
    { key: `database-${kind}`, class: "stack" },
    el(
      "div",
      { class: "grid" },
      input("host", { value: database?.host, required: true, placeholder: "db.example.com" }),
      input("port", { value: database?.port ?? PORTS[kind], type: "number", min: 1, max: 65_535, required: true }),
      input("database", { value: database?.name, required: true }),
      input("user", { value: database?.user, required: true }),
      input(
        "password",
        { type: "password", autocomplete: "new-password" },
        say(database ? "connection_password_kept" : "connection_password_hint"),
      ),
    ),
    more(database),
    el(
      "details",
      { open: Boolean(isFew) },
      el("summary", {}, say("connection_more")),
      el(
        "div",
        { class: "stack" },
        tick("no_password", false, say("connection_no_password")),
        tick("unencrypted", database?.tls === "off", say("connection_unencrypted"), say("connection_unencrypted_hint")),
        kind === "postgres" && input("schemas", { value: database?.schemas.join(", "), placeholder: "public" }, schemas),
        field(
          "ca",
          say("connection_ca"),
          el("textarea", { id: "ca", name: "ca", rows: 4, spellcheck: "false", "aria-describedby": "ca-hint" }, database?.ca ?? ""),
          el("p", { class: "soft", id: "ca-hint" }, say("connection_ca_hint")),
        ),
      ),
    ),
  );
}

/** Who captures the database. @param {Database} database */
function capturedBy(database) {
  const chosen = database?.captured_by ?? "service";
  const options = ["service", "program"].map((value) =>
    el("option", { value, selected: value === chosen }, say(`connection_captured_by_${value}`)),
  );
  return field(
    "captured_by",
    say("connection_captured_by"),
    el("select", { id: "captured_by", name: "captured_by", "aria-describedby": "captured_by-hint" }, ...options),
    el("p", { class: "soft", id: "captured_by-hint" }, say("connection_captured_by_hint")),
  );
}

/** Returns a function that draws labelled inputs; the one that the service has refused is marked. @param {Problem | null} problem */
function inputsOf(problem) {
  const at = problem?.details?.api_name;
  const refused = at === "name" ? "database" : at;
  return (/** @type {string} */ name, /** @type {Props} */ props, /** @type {string | null} */ hint = null) => {
    const described = [hint && `${name}-hint`, refused === name && "connection-problem"].filter(Boolean).join(" ");
    const attributes = { type: "text", spellcheck: "false", autocapitalize: "none", ...props, id: name, name };
    return field(
      name,
      say(`connection_${name}`),
      el("input", { ...attributes, "aria-invalid": refused === name ? "true" : null, "aria-describedby": described || null }),
      hint ? el("p", { class: "soft", id: `${name}-hint` }, hint) : null,
    );
  };
}
