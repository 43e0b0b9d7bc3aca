// Which captured data is kept: the fields of the rule, what it takes, and legal holds on backups.

import { asProblem, call, get } from "../api.js";
import { badge, button, el } from "../dom.js";
import { number, say, size, time } from "../i18n.js";
import { drawResource, resource } from "../resource.js";
import { field } from "./fields.js";

/** @typedef {NonNullable<Settings["retention"]>} Rule */
/** @typedef {{ kept: { time: string, bytes: number, backups: { backup_id: string, alone_bytes: number }[] } | null, holds: { backup_id: string, held_time: string, held_by: { name: string } }[] }} Retention */

/** The rule of each number, its value in a new rule, and its limit. @type {[string, string, number, number][]} */
const NUMBERS = [
  ["days", "days", 35, 36_500],
  ["generations", "daily", 7, 3650],
  ["generations", "weekly", 4, 520],
  ["generations", "monthly", 12, 120],
];

/** The fields of the rule. Those of another rule are left out. @param {Rule | null} rule @param {string} chosen name of the chosen rule; empty for the default @param {(name: string) => void} choose */
export function retentionOf(rule, chosen, choose) {
  const values = /** @type {Record<string, unknown>} */ (rule ?? {});
  const options = ["", "days", "generations"].map((name) =>
    el("option", { value: name, selected: name === chosen }, say(`retention_${name || "default"}`)),
  );
  const inputs = NUMBERS.filter(([of]) => of === chosen).map(([, name, usual, max]) => {
    const id = `retention_${name}`;
    const value = String(values[name] ?? usual);
    return field(
      id,
      say(id),
      el("input", { type: "number", id, name: id, min: name === "days" ? 1 : 0, max, value, required: true }),
    );
  });
  const change = (/** @type {any} */ event) => choose(event.currentTarget.value);
  const select = el("select", { id: "retention_rule", name: "retention_rule", on: { change } }, ...options);
  return el(
    "fieldset",
    { key: "retention" },
    el("legend", {}, say("retention_heading")),
    el("p", { class: "soft" }, say("retention_hint")),
    el("div", { class: "grid" }, field("retention_rule", say("retention_rule"), select), ...inputs),
  );
}

/** The rule entered in the form; null for the service's default. @param {FormData} form */
export function retentionIn(form) {
  const value = (/** @type {string} */ name) => Number(form.get(`retention_${name}`));
  switch (form.get("retention_rule")) {
    case "days":
      return { rule: "days", days: value("days") };
    case "generations":
      return { rule: "generations", daily: value("daily"), weekly: value("weekly"), monthly: value("monthly") };
    default:
      return null;
  }
}

/** The rule as text. @param {Rule | null} rule */
export function retentionText(rule) {
  if (rule === null) return say("retention_default");
  if (rule.rule === "days") return say("retention_days_text", { days: number(rule.days) });
  const { daily, weekly, monthly } = rule;
  return say("retention_generations_text", { daily: number(daily), weekly: number(weekly), monthly: number(monthly) });
}

/** What is kept. @param {App} app */
export function keptData(app) {
  return resource(app, async () => /** @type {Retention} */ ((await get("/retention")).retention));
}

/** Bytes of all kept data. @param {Resource<Retention>} kept */
export function keptText(kept) {
  const filled = (/** @type {Retention} */ { kept: found }) =>
    el(
      "p",
      { class: "soft" },
      found ? say("retention_kept", { size: size(found.bytes), time: time(found.time) }) : say("retention_kept_nothing"),
    );
  return drawResource(kept, { filled, lines: 1 });
}

/** The state of one backup's captured data, with the button that holds it or lets it go. @param {App} app @param {Resource<Retention>} kept @param {Backup} backup */
export function holdOf(app, kept, backup) {
  const filled = (/** @type {Retention} */ { kept: found, holds }) => {
    const alone = found?.backups.find(({ backup_id: id }) => id === backup.id);
    const held = holds.find(({ backup_id: id }) => id === backup.id);
    if (!alone && !held) return el("p", { class: "soft" }, say("hold_not_kept"));
    return el(
      "div",
      { class: "stack", key: "hold" },
      held
        ? el("p", {}, badge("busy", say("hold_held")), " ", say("hold_by", { name: held.held_by.name, time: time(held.held_time) }))
        : null,
      alone ? el("p", { class: "soft" }, say("hold_alone", { size: size(alone.alone_bytes) })) : null,
      el("p", { class: "soft" }, say("hold_hint")),
      el(
        "div",
        { class: "actions" },
        button(say(held ? "hold_lift" : "hold_set"), () => change(app, kept, backup, held ? "DELETE" : "PUT"), {
          key: "hold-button",
        }),
      ),
    );
  };
  return drawResource(kept, { filled, lines: 2 });
}

/** @param {App} app @param {Resource<Retention>} kept @param {Backup} backup @param {string} method */
async function change(app, kept, backup, method) {
  try {
    const { body } = await call(method, `/backups/${backup.id}/hold`);
    kept.data = body.retention;
    app.toast(say(method === "PUT" ? "hold_was_set" : "hold_was_lifted"));
  } catch (thrown) {
    app.showError(asProblem(thrown));
  }
  app.redraw();
}
