// Converts between the schedule form's four choices and recurrence rules, and parses quantities. The service computes when rules run.

/** Weekday codes of RFC 5545 section 3.3.10, Sunday first. */
export const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/** The form's choices in display order. */
export const CHOICES = ["biweekly", "monthly", "weekly", "now"];

/** Default values of the form. @returns {Form} */
export function defaultForm() {
  return { choice: "biweekly", weekday: "MO", by: "date", date: "1", nth: "1" };
}

/** Recurrence rule of a form; null for a backup now. @param {Form} form */
export function ruleOf({ choice, weekday, by, date, nth }) {
  if (choice === "biweekly") return `RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=${weekday}`;
  if (choice === "weekly") return `RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=${weekday}`;
  if (choice === "monthly" && by === "date") return `RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=${date}`;
  if (choice === "monthly") return `RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=${nth}${weekday}`;
  return null;
}

/** Form fields of a rule; null if the rule matches none of the choices. @param {string} rule @returns {Partial<Form> | null} */
export function fieldsOf(rule) {
  const weekly = rule.match(/^RRULE:FREQ=WEEKLY;INTERVAL=([12]);BYDAY=(\w\w)$/);
  if (weekly) return { choice: weekly[1] === "2" ? "biweekly" : "weekly", weekday: weekly[2] };
  const date = rule.match(/^RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=(\d+)$/);
  if (date) return { choice: "monthly", by: "date", date: date[1] };
  const nth = rule.match(/^RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=(-?\d)(\w\w)$/);
  if (nth) return { choice: "monthly", by: "nth", nth: nth[1], weekday: nth[2] };
  return null;
}

/** Maximum number of one-time backups in an order. */
export const MAX_QUANTITY = 100;

/** Parses a quantity; null if it is not a whole number from `min` to `MAX_QUANTITY`. @param {string} text @param {number} min */
export function quantityOf(text, min) {
  const quantity = text.trim() === "" ? 0 : Number(text);
  return Number.isInteger(quantity) && quantity >= min && quantity <= MAX_QUANTITY ? quantity : null;
}
