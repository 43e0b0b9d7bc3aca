// Files that the console hands to the browser.

import { el } from "../dom.js";

/** Time after which the browser has taken a file, in milliseconds. */
const TAKEN = 1500;

/** Saves a file with this content. @param {string} name @param {BlobPart} content @param {string} [type] */
export function saveFile(name, content, type = "application/octet-stream") {
  const url = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), TAKEN);
}
