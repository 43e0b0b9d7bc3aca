// Undoes the escaping of a CSV file of a backup: node undo.mjs < Leads.csv > plain.csv
import { readFileSync, writeFileSync } from "node:fs";

const SIGN = /\u241b[\u2400\u240d\u241b]|[\u2400\u240d]/g;
const STANDS_FOR = { "\u2400": "\0", "\u240d": "\r" };

export function undo(written) {
  if (!written.startsWith("'")) return written;
  return written.slice(1).replace(SIGN, (sign) => STANDS_FOR[sign] ?? sign[1]);
}

/** One cell of the file as it stands there, quoted or not, becomes a quoted cell of what it stands for. */
function undoField(field) {
  const written = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
  return `"${undo(written).replaceAll('"', '""')}"`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(1, readFileSync(0, "utf8").replace(/^\ufeff/, "").replace(/"[^"]*(?:""[^"]*)*"|[^",\r\n]+/g, undoField));
}
