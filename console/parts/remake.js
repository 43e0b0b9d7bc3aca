// What the console says of a backup whose files an erasure has deleted, to have them made anew.

import { failureNotice } from "../dom.js";
import { explainFailure, say, time } from "../i18n.js";

/** @typedef {Pick<Backup, "remake" | "expiry_date">} Remade */

/** Kinds and names of states in which a backup has no files. */
const WITHOUT_FILES = /** @type {Record<string, ["busy" | "bad", string]>} */ ({
  RUNNING: ["busy", "REMAKING"],
  FAILED: ["bad", "ZIPS_GONE"],
});

/** Kind and name of the state; null unless the files are being made anew, or could not be. @param {Remade} backup */
export function remakeState({ remake }) {
  return (remake && WITHOUT_FILES[remake.status]) ?? null;
}

/** Kind, name and words of the state of a backup without files. @param {Remade} backup @returns {["busy" | "bad" | "quiet", string, string]} */
export function stateWithoutFiles(backup) {
  const state = remakeState(backup);
  return state ? [...state, `state_${state[1]}`] : ["quiet", "EXPIRED", "state_expired"];
}

/** Why a backup has no files; `name` is that of the text if they have expired. @param {Remade} backup @param {string} name */
export function withoutFiles(backup, name) {
  const state = remakeState(backup);
  return state ? say(`${name}_${state[1]}`) : say(name, { time: time(backup.expiry_date) });
}

/** Why the files could not be made anew; null if there is no such reason. @param {Remade} backup */
export function remakeFailure({ remake }) {
  const failure = remake?.failure;
  if (!failure) return null;
  const words = `${say("zips_gone")} ${explainFailure(failure, "remake")}`;
  return failureNotice({ words, subject: "", more: say("details"), technical: `${failure.code}: ${failure.message}` }, null);
}
