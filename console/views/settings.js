// Settings: of the service, which all administrators share; of this browser; and the state of what is backed up.

import { asProblem, call, get } from "../api.js";
import { badge, button, card, el, facts, icon } from "../dom.js";
import { explain, languages, locale, number, say, size, speak } from "../i18n.js";
import { resource, shown } from "../resource.js";
import { askWhose } from "./conflict.js";
import { calendarLink, webhooks } from "./hooks.js";

const MIB = 1 << 20;
/** Sizes of zips that are offered, in MiB. */
const SIZES = [16, 100, 500, 1024, 2048, 4096, 10_240];

/** @type {ViewMaker} */
export default function settings(app) {
  const state = {
    /** The version that the form was filled from. */
    etag: "",
    /** @type {Problem | null} */
    problem: null,
    /** @type {string[]} */
    recipients: [],
    /** Counts the times that the list of recipients was made anew. */
    revision: 0,
  };
  const saved = resource(app, async () => {
    const { body, etag } = await call("GET", "/settings");
    take(body.settings, etag);
    return /** @type {Settings} */ (body.settings);
  });
  const source = resource(app, async () => /** @type {Source} */ ((await get("/source")).source));
  const hooks = webhooks(app);
  const calendar = calendarLink(app);
  void saved.reload();
  void source.reload();

  /** @param {Settings} settings @param {string} etag */
  function take(settings, etag) {
    Object.assign(state, { etag, recipients: [...settings.recipients], problem: null, revision: state.revision + 1 });
  }

  /** @param {SubmitEvent} event */
  async function save(event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    state.problem = null;
    state.recipients = form.getAll("recipient").map((address) => String(address).trim());
    app.redraw();
    await put(wanted(form));
    app.redraw();
  }

  /** @param {any} settings */
  async function put(settings) {
    try {
      const { body, etag } = await call("PUT", "/settings", { body: { settings }, ifMatch: state.etag });
      accept(body.settings, etag);
    } catch (thrown) {
      await refuse(asProblem(thrown), settings);
    }
  }

  /** @param {Settings} settings @param {string} etag */
  function accept(settings, etag) {
    saved.data = settings;
    take(settings, etag);
    app.toast(say("settings_saved"));
    void app.refresh();
  }

  /** @param {FormData} form */
  function wanted(form) {
    const most = Number(form.get("max_part"));
    return {
      time_zone: form.get("time_zone"),
      time_of_day: form.get("time_of_day"),
      locale: form.get("locale") || null,
      recipients: state.recipients.filter(Boolean),
      max_part_bytes: most ? most * MIB : null,
      csv: { byte_order_mark: form.has("bom"), escape_formulas: form.has("escape"), protect_values: form.has("protect") },
    };
  }

  /** @param {Problem} problem @param {any} settings @returns {Promise<void>} */
  async function refuse(problem, settings) {
    if (problem.status === 401 || problem.status === 403) return app.tell(problem);
    if (problem.code === "PRECONDITION_FAILED") return resolve(settings).catch((thrown) => refuse(asProblem(thrown), settings));
    state.problem = problem;
  }

  /** Somebody else has saved since the form was filled. @param {any} mine */
  async function resolve(mine) {
    const { body, etag } = await call("GET", "/settings");
    const theirs = /** @type {Settings} */ (body.settings);
    // It is what was asked for already: the answer was lost on its way.
    if (JSON.stringify(inWords(theirs)) === JSON.stringify(inWords(mine))) return accept(theirs, etag);
    const answer = await askWhose({
      kinds: "settings_saved",
      theirs: saved.data ? [differenceOf("conflict_changed", saved.data, theirs)] : [],
      mine: [differenceOf("conflict_my_changes", theirs, mine)],
    });
    if (answer === "mine") {
      state.etag = etag;
      await put(mine);
    }
    if (answer !== "theirs") return;
    saved.data = theirs;
    take(theirs, etag);
    app.redraw();
    /** @type {HTMLFormElement | null} */ (document.querySelector("form.settings"))?.reset();
  }

  const actions = {
    save,
    add: () => void edit([...state.recipients, ""], -1),
    remove: (/** @type {number} */ at) =>
      void edit(
        state.recipients.filter((_, index) => index !== at),
        at,
      ),
  };
  /** @param {string[]} recipients @param {number} at */
  function edit(recipients, at) {
    state.recipients = recipients;
    state.revision += 1;
    app.redraw();
    const inputs = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[name=recipient]"));
    (inputs[at < 0 ? inputs.length - 1 : Math.max(0, at - 1)] ?? document.getElementById("add-recipient"))?.focus();
  }
  return {
    title: () => say("nav_settings"),
    isChanged() {
      const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.settings"));
      if (!form || !saved.data) return false;
      const recipients = new FormData(form)
        .getAll("recipient")
        .map((address) => String(address).trim())
        .filter(Boolean);
      const now = { ...wanted(new FormData(form)), recipients };
      return differs(now, saved.data);
    },
    draw: () => [
      el("h1", { key: "heading", tabindex: -1 }, say("settings_heading")),
      el(
        "div",
        { class: "stack", key: "settings" },
        card("service", say("service_heading"), {}, shown(saved, { lines: 6, filled: (data) => formOf(data, state, actions) })),
        card("source", say("source_heading"), {}, shown(source, { filled: sourceOf, lines: 3 })),
        card("webhooks", say("webhooks_heading"), {}, ...hooks.draw()),
        card("calendar-link", say("calendar_link_heading"), {}, ...calendar.draw()),
        browserOf(app),
      ),
    ],
  };
}

/** Whether a form has other values than what is saved; what the service does not know is no difference. @param {any} form @param {any} saved @returns {boolean} */
function differs(form, saved) {
  if (form === null || typeof form !== "object") return form !== saved;
  if (Array.isArray(form)) return JSON.stringify(form) !== JSON.stringify(saved);
  return Object.keys(form).some((name) => name in saved && differs(form[name], saved[name]));
}

/** @typedef {{ problem: Problem | null, recipients: string[], revision: number }} Editing */

/**
 * @param {Settings} settings @param {Editing} editing
 * @param {{ save: (event: SubmitEvent) => void, add: () => void, remove: (at: number) => void }} actions
 */
function formOf(settings, editing, { save, add, remove }) {
  const { problem } = editing;
  const wrong = problem?.code === "INVALID_DATA" ? String(problem.details.json_path ?? "") : "";
  const message = problem
    ? el("p", { class: "notice bad", role: "alert", id: "settings-problem" }, icon("alert"), explain(problem))
    : null;
  return el(
    "form",
    { key: "form", class: "settings", on: { submit: save } },
    el(
      "div",
      { class: "grid" },
      zoneOf(settings.time_zone),
      field(
        "time_of_day",
        say("time_of_day"),
        el("input", { type: "time", id: "time_of_day", name: "time_of_day", value: settings.time_of_day, required: true }),
      ),
      field(
        "locale",
        say("mail_language"),
        el(
          "select",
          { id: "locale", name: "locale" },
          el("option", { value: "", selected: settings.locale === null }, say("mail_language_own")),
          ...languages.map(([tag, name]) => el("option", { value: tag, selected: settings.locale === tag, lang: tag }, name)),
        ),
      ),
      sizeOf(settings.max_part_bytes),
    ),
    recipientsOf(editing, wrong, add, remove),
    el(
      "fieldset",
      {},
      el("legend", {}, say("csv_heading")),
      tick("bom", settings.csv.byte_order_mark, say("csv_bom"), say("csv_bom_hint")),
      tick("escape", settings.csv.escape_formulas, say("csv_escaped"), say("csv_escaped_hint")),
      tick("protect", settings.csv.protect_values, say("csv_protected"), say("csv_protected_hint")),
    ),
    message,
    el("div", { class: "actions" }, el("button", { class: "primary" }, icon("check"), say("save"))),
  );
}

/** What differs between two states of the settings, with the values of the second. @param {string} lead @param {Settings} before @param {Settings} after */
function differenceOf(lead, before, after) {
  const [old, now] = [inWords(before), inWords(after)];
  const changed = now.filter(([, value], at) => value !== old[at][1]);
  return el(
    "div",
    {},
    el("p", {}, say(lead)),
    changed.length ? facts(changed) : el("p", { class: "soft" }, say("conflict_nothing")),
  );
}

/** @param {Settings} settings @returns {[string, string][]} */
function inWords({ time_zone: zone, time_of_day: time, locale: mails, max_part_bytes: most, recipients, csv }) {
  const isOn = (/** @type {boolean} */ value) => say(value ? "is_on" : "is_off");
  return [
    [say("time_zone"), zone],
    [say("time_of_day"), time],
    [say("mail_language"), languages.find(([tag]) => tag === mails)?.[1] ?? say("mail_language_own")],
    [say("max_part"), most === null ? say("no_limit") : size(most)],
    [say("recipients"), recipients.join(say("comma")) || "–"],
    [say("csv_bom"), isOn(csv.byte_order_mark)],
    [say("csv_escaped"), isOn(csv.escape_formulas)],
  ];
}

/** @param {string} id @param {string} label @param {Child[]} children */
function field(id, label, ...children) {
  return el("div", { class: "field", key: id }, el("label", { for: id }, label), ...children);
}

/** @param {string} zone */
function zoneOf(zone) {
  const known = Intl.supportedValuesOf("timeZone");
  const zones = known.includes(zone) ? known : [zone, ...known];
  return field(
    "time_zone",
    say("time_zone"),
    el(
      "select",
      { id: "time_zone", name: "time_zone" },
      ...zones.map((name) => el("option", { value: name, selected: name === zone }, name)),
    ),
  );
}

/** @param {number | null} bytes */
function sizeOf(bytes) {
  const most = bytes === null ? 0 : bytes / MIB;
  const sizes = most && !SIZES.includes(most) ? [...SIZES, most].sort((a, b) => a - b) : SIZES;
  const options = [0, ...sizes].map((mib) =>
    el(
      "option",
      { value: mib, selected: mib === most },
      mib === 0 ? say("no_limit") : mib < 1024 ? `${number(mib)} MiB` : `${number(mib / 1024)} GiB`,
    ),
  );
  return field(
    "max_part",
    say("max_part"),
    el("select", { id: "max_part", name: "max_part", "aria-describedby": "max_part-hint" }, ...options),
    el("p", { class: "soft", id: "max_part-hint" }, say("max_part_hint")),
  );
}

/** @param {Editing} editing @param {string} wrong @param {() => void} add @param {(at: number) => void} remove */
function recipientsOf({ recipients, revision }, wrong, add, remove) {
  const rows = recipients.map((address, at) => {
    const isWrong = wrong === `$.settings.recipients[${at}]`;
    const input = el("input", {
      type: "email",
      name: "recipient",
      value: address,
      autocomplete: "off",
      "aria-label": say("recipient", { number: at + 1 }),
      "aria-invalid": isWrong ? "true" : null,
      "aria-describedby": isWrong ? "settings-problem" : null,
    });
    return el(
      "li",
      { key: `${revision}-${at}` },
      input,
      button(say("remove"), () => remove(at), {
        icon: "close",
        "aria-label": say("remove_recipient", { address: address || at + 1 }),
      }),
    );
  });
  return el(
    "fieldset",
    { key: "recipients" },
    el("legend", {}, say("recipients")),
    el("p", { class: "soft" }, say("recipients_hint")),
    el("ul", { class: "rows" }, ...rows),
    recipients.length < 10 ? button(say("add_recipient"), add, { id: "add-recipient" }) : null,
  );
}

/** @param {string} name @param {boolean} isOn @param {string} label @param {string} hint */
function tick(name, isOn, label, hint) {
  return el(
    "div",
    { class: "tick", key: name },
    el("input", { type: "checkbox", id: name, name, checked: isOn, "aria-describedby": `${name}-hint` }),
    el("div", {}, el("label", { for: name }, label), el("p", { class: "soft", id: `${name}-hint` }, hint)),
  );
}

/** @param {Source} source */
function sourceOf(source) {
  const kept = source.modules.filter((module) => module.left_out === null);
  const left = source.modules.filter((module) => module.left_out !== null);
  return el(
    "div",
    { key: "source", class: "stack" },
    el(
      "p",
      {},
      badge("good", say(source.kind === "native" ? "source_native" : "source_other", { kind: source.kind })),
      source.kind === "native" ? say("source_native_hint") : source.consistency,
    ),
    facts(
      [
        [say("modules"), number(kept.length)],
        [say("records"), number(source.rows)],
        [say("attachments"), `${number(source.attachments)} (${size(source.attachment_bytes)})`],
      ],
      "figures",
    ),
    left.length
      ? el("p", { class: "soft" }, say("source_left_out", { modules: left.map((module) => module.label).join(say("comma")) }))
      : null,
  );
}

/** What only this browser keeps. @param {App} app */
function browserOf(app) {
  const theme = localStorage.getItem("theme") ?? "";
  const choose = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    localStorage.setItem("theme", value);
    document.documentElement.dataset.theme = value;
  };
  const speakIn = async (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    localStorage.setItem("locale", value);
    await speak(value);
    app.redraw();
  };
  return card(
    "browser",
    say("browser_heading"),
    {},
    el(
      "div",
      { class: "grid" },
      field(
        "language",
        say("language"),
        el(
          "select",
          { id: "language", on: { change: speakIn } },
          ...languages.map(([tag, name]) => el("option", { value: tag, lang: tag, selected: tag === locale() }, name)),
        ),
      ),
      field(
        "theme",
        say("theme"),
        el(
          "select",
          { id: "theme", on: { change: choose } },
          ...["", "light", "dark"].map((name) =>
            el("option", { value: name, selected: theme === name }, say(`theme_${name || "auto"}`)),
          ),
        ),
      ),
    ),
    el(
      "div",
      { class: "actions" },
      button(say("sign_out"), () => app.signOut()),
    ),
  );
}
