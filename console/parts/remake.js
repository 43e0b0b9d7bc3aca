// Why the files of a backup, which an erasure has deleted, could not be made anew.

import { failureNotice } from "../dom.js";
import { explainFailure, say } from "../i18n.js";

/** Why the files could not be made anew; null if there is no such reason. @param {Pick<Backup, "remake">} backup */
export function remakeFailure({ remake }) {
  const failure = remake?.failure;
  if (!failure) return null;
  const words = `${say("zips_gone")} ${explainFailure(failure, "remake")}`;
  return failureNotice({ words, subject: "", more: say("details"), technical: `${failure.code}: ${failure.message}` }, null);
}
