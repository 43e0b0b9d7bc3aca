// The four choices of a schedule as recurrence rules, and back; and what can be typed as a number of backups. When rules run is for the
// service to say.

/** Codes of RFC 5545; Sunday first. */
export const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/** The choices, in the order in which they are shown. */
export const CHOICES = ["biweekly", "monthly", "weekly", "now"];

/** What is chosen at first. @returns {Form} */
export function usual() {
  return { choice: "biweekly", weekday: "MO", by: "date", date: "1", nth: "1" };
}

/** The rule of a form; null for a backup now. @param {Form} form */
export function ruleOf({ choice, weekday, by, date, nth }) {
  if (choice === "biweekly") return `RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=${weekday}`;
  if (choice === "weekly") return `RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=${weekday}`;
  if (choice === "monthly" && by === "date") return `RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=${date}`;
  if (choice === "monthly") return `RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=${nth}${weekday}`;
  return null;
}

/** The fields that make up a rule; null for a rule that is none of the choices. @param {string} rule @returns {Partial<Form> | null} */
export function fieldsOf(rule) {
  const weekly = rule.match(/^RRULE:FREQ=WEEKLY;INTERVAL=([12]);BYDAY=(\w\w)$/);
  if (weekly) return { choice: weekly[1] === "2" ? "biweekly" : "weekly", weekday: weekly[2] };
  const date = rule.match(/^RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=(\d+)$/);
  if (date) return { choice: "monthly", by: "date", date: date[1] };
  const nth = rule.match(/^RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=(-?\d)(\w\w)$/);
  if (nth) return { choice: "monthly", by: "nth", nth: nth[1], weekday: nth[2] };
  return null;
}

/** Most single backups of one order. */
export const MOST = 100;

/** A number of backups as it was typed; null when it is none from `least` to the most. @param {string} text @param {number} least */
export function quantityOf(text, least) {
  const quantity = text.trim() === "" ? 0 : Number(text);
  return Number.isInteger(quantity) && quantity >= least && quantity <= MOST ? quantity : null;
}
