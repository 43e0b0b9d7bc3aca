// Fields of the schedule form: four choices, each with its own fields.

import { el, icon } from "../dom.js";
import { localized, explain, say, weekdayName } from "../i18n.js";
import { CHOICES, WEEKDAYS, fieldsOf } from "../rules.js";

/** @param {Form} form @param {(event: Event) => void} change @param {Schedule | null} current @param {Problem | null} problem */
export function choices(form, change, current, problem) {
  const isOther = current && fieldsOf(current.rrule) === null;
  return el(
    "fieldset",
    { class: "card choices", key: "choices", "aria-describedby": problem ? "rule-problem" : null },
    el("legend", {}, say("how_often")),
    isOther ? el("p", { class: "notice" }, icon("alert"), say("rule_set_by_api", { rule: localized(current.sentence) })) : null,
    ...CHOICES.map((choice) => choiceOf(choice, form, change)),
    problem ? el("p", { class: "notice bad", role: "alert", id: "rule-problem" }, icon("alert"), explain(problem)) : null,
  );
}

/** @param {string} choice @param {Form} form @param {(event: Event) => void} change */
function choiceOf(choice, form, change) {
  const isChosen = form.choice === choice;
  const radio = el("input", {
    type: "radio",
    name: "choice",
    id: `choice-${choice}`,
    value: choice,
    checked: isChosen,
    "aria-describedby": `hint-${choice}`,
    on: { change },
  });
  const label = el("label", { for: `choice-${choice}` }, say(`choice_${choice}`));
  const hint = el("p", { class: "soft", id: `hint-${choice}` }, say(`choice_${choice}_hint`));
  const fields =
    isChosen && choice !== "now" ? el("div", { class: "fields", key: "fields" }, ...fieldsFor(choice, form, change)) : null;
  return el("div", { class: isChosen ? "choice chosen" : "choice", key: choice }, radio, el("div", {}, label, hint, fields));
}

/** @param {string} choice @param {Form} form @param {(event: Event) => void} change */
function fieldsFor(choice, form, change) {
  const weekdays = WEEKDAYS.map((name, at) => /** @type {[string, string]} */ ([name, weekdayName(at)]));
  const weekday = select("weekday", say("weekday"), weekdays, form.weekday, change);
  if (choice !== "monthly") return [weekday];
  if (form.by === "date") return [byOf(form, change), ...dateOf(form, change)];
  const nth = /** @type {[string, string][]} */ (
    ["1", "2", "3", "4", "-1"].map((value) => [value, say(`nth_${value.replace("-", "last_")}`)])
  );
  return [byOf(form, change), select("nth", say("nth"), nth, form.nth, change), weekday];
}

/** Choice between a day of the month and a weekday of the month. @param {Form} form @param {(event: Event) => void} change */
function byOf(form, change) {
  const ways = ["date", "nth"].map((value) =>
    el(
      "label",
      { key: value },
      el("input", { type: "radio", name: "by", value, checked: form.by === value, on: { change } }),
      say(`by_${value}`),
    ),
  );
  return el("fieldset", { class: "inline", key: "by" }, el("legend", {}, say("which_day")), ...ways);
}

/** @param {Form} form @param {(event: Event) => void} change */
function dateOf(form, change) {
  const dates = Array.from(
    { length: 31 },
    (_, at) => /** @type {[string, string]} */ ([String(at + 1), say("day_of_month", { day: at + 1 })]),
  );
  return [
    select("date", say("date_of_month"), dates, form.date, change),
    Number(form.date) > 28 ? el("p", { class: "soft", key: "short" }, say("short_months")) : null,
  ];
}

/** @param {string} name @param {string} label @param {[string, string][]} options @param {string} chosen @param {(event: Event) => void} change */
function select(name, label, options, chosen, change) {
  const choices = options.map(([value, words]) => el("option", { value, selected: value === chosen }, words));
  return el(
    "div",
    { class: "field", key: name },
    el("label", { for: `field-${name}` }, label),
    el("select", { id: `field-${name}`, name, on: { change } }, ...choices),
  );
}
