// The CRM that is backed up: the connection to it, what a check of the connection shows, and what the latest state contains.

import { get } from "../api.js";
import { card, el, link } from "../dom.js";
import { say } from "../i18n.js";
import { actionsOf, redrawWith, refuse } from "../parts/connection-actions.js";
import { checkOf } from "../parts/connection-check.js";
import { connectionForm, connectionIn } from "../parts/connection-form.js";
import { sourceOf } from "../parts/crm.js";
import { restoreTargetView } from "../parts/restore-target.js";
import { consentView, leaveForConsent } from "../parts/zoho-consent.js";
import { drawResource, resource } from "../resource.js";

/** @typedef {import("../parts/connection-form.js").ConnectionEditing} ConnectionEditing */

/** @typedef {{ connection: Connection | null }} Saved */

/** @type {ViewMaker} */
export default function source(app, step = "", more = "") {
  if (step === "consent") return consentView(app, more);
  if (step === "target") return restoreTargetView(app);
  const editing = emptyForm();
  editing.isElsewhere = step === "connected" && more === "elsewhere";
  const saved = resource(app, async () => {
    const { connection, profiles, zoho } = await get("/connection");
    Object.assign(editing, { profiles, offer: zoho });
    fill(editing, connection);
    // A resource without data counts as not loaded.
    return /** @type {Saved} */ ({ connection });
  });
  const backedUp = resource(app, async () => /** @type {Source} */ ((await get("/source")).source));
  const common = actionsOf(app, editing, saved, { name: "connection", words: "connection", wanted, fill });
  const loaded = saved.reload();
  if (step === "connected") void loaded.then(() => saved.data?.connection && common.check());
  void backedUp.reload();
  const actions = {
    ...common,
    choose: (/** @type {string} */ kind) => redrawWith(app, editing, { kind, problem: null, check: null }),
    name: (/** @type {string | null} */ profile) => redrawWith(app, editing, { profile, problem: null, check: null }),
    connect: (/** @type {SubmitEvent | undefined} */ event) => connect(app, editing, event),
    redraw: () => app.redraw(),
  };
  const formed = (/** @type {Saved} */ { connection }) => connectionForm(connection, editing, actions);
  return {
    title: () => say("nav_source"),
    isChanged: () => isEdited(editing, saved),
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("connection_heading")),
      el(
        "div",
        { class: "stack", key: "source" },
        card("connection", say("connection_card"), {}, drawResource(saved, { lines: 6, filled: formed })),
        editing.check ? card("check", say("check_heading"), {}, checkOf(editing.check, editing, actions)) : null,
        card("source", say("source_heading"), {}, drawResource(backedUp, { filled: sourceOf, lines: 3 })),
        targetCard(),
      ),
    ],
  };
}

/** Whether the form has changes that are not saved. @param {ConnectionEditing} editing @param {Resource<Saved>} saved */
function isEdited(editing, { data }) {
  return !editing.isLeaving && currentForm() !== null && data !== null && hasChanges(editing, data.connection);
}

/** Leads to the page of the restore target. */
function targetCard() {
  const open = link("/source/target", { class: "button" }, say("target_open"));
  return card(
    "target",
    say("target_heading"),
    {},
    el("p", { class: "soft" }, say("target_lead")),
    el("p", { class: "actions" }, open),
  );
}

/** State of the form before the connection is loaded. */
function emptyForm() {
  return /** @type {ConnectionEditing} */ ({
    kind: "native",
    profile: null,
    profiles: [],
    omitted: new Set(),
    views: new Set(),
    opened: new Set(),
    problem: null,
    check: null,
    revision: 0,
    offer: null,
    isElsewhere: false,
    isLeaving: false,
  });
}

function currentForm() {
  return /** @type {HTMLFormElement | null} */ (document.querySelector("form.connection"));
}

/** @param {ConnectionEditing} editing @param {Connection | null} connection */
function fill(editing, connection) {
  Object.assign(editing, {
    kind: connection?.kind ?? "native",
    profile: connection?.profile ?? null,
    omitted: new Set((connection?.omitted ?? []).map(({ module, field }) => nameOf(module, field))),
    views: new Set(connection?.database?.views),
    problem: null,
    revision: editing.revision + 1,
  });
}

/** Key of a module or field among those that are left out. @param {string} module @param {string | null} field */
function nameOf(module, field) {
  return JSON.stringify(field === null ? [module] : [module, field]);
}

/** What the form asks for. @param {ConnectionEditing} editing */
function wanted(editing) {
  const form = /** @type {HTMLFormElement} */ (currentForm());
  return { connection: connectionIn(new FormData(form), editing) };
}

/** @param {ConnectionEditing} editing @param {Connection | null} connection */
function hasChanges(editing, connection) {
  const { kind, database = null, zoho = null, profile = null, omitted } = wanted(editing).connection;
  if ((database && "password" in database) || (zoho && "client_secret" in zoho)) return true;
  const before = connection ?? { kind: "native", database: null, zoho: null, profile: null, omitted: [] };
  const keys = (/** @type {Connection["omitted"]} */ omitted) => omitted.map(({ module, field }) => nameOf(module, field)).sort();
  return (
    JSON.stringify([kind, database, zoho, profile, keys(omitted)]) !==
    JSON.stringify([before.kind, before.database, settable(before.zoho), before.profile, keys(before.omitted)])
  );
}

/** The settings of Zoho CRM that people choose, in the form's order. @param {Connection["zoho"]} zoho */
function settable(zoho) {
  if (!zoho) return null;
  const { data_center, environment, client_id, credit_share, calls_at_once, may_write, external_id, backup } = zoho;
  const place = { data_center, environment, client_id };
  return backup ? { ...place, backup } : { ...place, credit_share, calls_at_once, may_write, external_id };
}

/** Leaves for Zoho's page, to return with its answer. @param {App} app @param {ConnectionEditing} editing @param {SubmitEvent} [event] */
async function connect(app, editing, event) {
  event?.preventDefault();
  if (!currentForm()?.reportValidity()) return;
  editing.isLeaving = true;
  try {
    await leaveForConsent(wanted(editing));
  } catch (thrown) {
    editing.isLeaving = false;
    refuse(app, editing, thrown);
  }
}
