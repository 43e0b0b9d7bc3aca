// The contents of a backup, and what was left out and why.

import { bar } from "../charts.js";
import { el, facts } from "../dom.js";
import { difference, number, say, size, time } from "../i18n.js";

/** @param {Contents} contents @param {Contents | null} before contents of the previous backup */
export function contentsOf(contents, before) {
  const about = /** @type {[Child, Child][]} */ ([
    [say("data_read_from"), time(contents.read_from)],
    [
      say("csv"),
      [
        say(contents.csv.byte_order_mark ? "csv_bom" : "csv_no_bom"),
        " · ",
        say(contents.csv.escape_formulas ? "csv_escaped" : "csv_not_escaped"),
        contents.csv.protect_values ? [" · ", say("csv_protected")] : null,
      ],
    ],
  ]);
  return el(
    "div",
    { class: "stack", key: "contents" },
    facts(about),
    modulesOf(contents, before),
    goneOf(contents),
    checksumsOf(contents),
    leftOutOf(contents),
  );
}

/** @param {Contents} contents @param {Contents | null} before */
function modulesOf({ modules, changes }, before) {
  const changed = changes?.since ? new Map(changes.modules.map((module) => [module.api_name, module])) : null;
  const most = Math.max(...modules.map(({ rows }) => rows), 1);
  const earlier = new Map(before?.modules.map(({ api_name: name, rows }) => [name, rows]));
  const differences = changed ? ["added", "changed", "deleted"] : before ? ["difference"] : [];
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, say("module")),
    ...["fields", "records", ...differences, "attachments", "attachment_size"].map((name) =>
      el("th", { scope: "col", class: "number" }, say(name)),
    ),
  );
  const differs = (/** @type {Contents["modules"][number]} */ { api_name: name, rows }) =>
    el("td", { class: "number" }, difference(rows - (earlier.get(name) ?? 0)));
  const rows = modules.map((module) =>
    el(
      "tr",
      { key: module.api_name },
      el("th", { scope: "row" }, module.label),
      el("td", { class: "number" }, number(module.fields)),
      el("td", { class: "number rows-cell" }, number(module.rows), bar(module.rows, most)),
      ...(changed ? changesOf(changed.get(module.api_name)) : before ? [differs(module)] : []),
      el("td", { class: "number" }, number(module.attachments)),
      el("td", { class: "number" }, module.attachments ? size(module.attachment_bytes) : "–"),
    ),
  );
  return scrolled(
    say("modules"),
    el("table", { class: "list" }, el("caption", {}, say("modules")), el("thead", {}, head), el("tbody", {}, ...rows)),
  );
}

/** Cells with the records that differ since the previous backup. @param {NonNullable<Contents["changes"]>["modules"][number] | undefined} module */
function changesOf(module) {
  const { added, changed, deleted } = module?.records ?? { added: 0, changed: 0, deleted: 0 };
  return [number(added), module?.partly_compared ? "–" : number(changed), number(deleted)].map((words) =>
    el("td", { class: "number" }, words),
  );
}

/** Modules that are gone since the previous backup. @param {Contents} contents */
function goneOf({ changes }) {
  const gone = changes?.modules.filter(({ state }) => state === "gone") ?? [];
  const names = gone.map(({ label, records }) => say("gone_module", { label, count: number(records.before) }));
  return gone.length ? el("p", { key: "gone" }, say("gone_modules", { names: names.join(say("comma")) })) : null;
}

/** SHA-256 of each CSV file, as in the zip's manifest; CRC-32 of a large one. @param {Contents} contents */
function checksumsOf({ modules }) {
  const rows = modules
    .flatMap((module) => module.files)
    .map((file) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, file.path),
        el("td", { class: "number" }, size(file.bytes)),
        el("td", {}, el("code", {}, file.sha256 ?? `CRC-32 ${file.crc32}`)),
      ),
    );
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, say("file")),
    el("th", { scope: "col", class: "number" }, say("size")),
    el("th", { scope: "col" }, "SHA-256"),
  );
  return el(
    "details",
    { key: "checksums" },
    el("summary", {}, say("checksums")),
    el("p", { class: "soft" }, say("checksums_hint")),
    scrolled(say("checksums"), el("table", { class: "list" }, el("thead", {}, head), el("tbody", {}, ...rows))),
  );
}

/** @param {Contents} contents */
function leftOutOf({ left_out: list }) {
  if (list.length === 0) return el("p", { class: "soft", key: "left-out" }, say("nothing_left_out"));
  const items = list.map(({ module, field, reason }) =>
    el(
      "li",
      {},
      el("strong", {}, field ? `${module}.${field}` : module),
      " ",
      el("span", { class: "soft" }, say(`left_out_${reason}`)),
    ),
  );
  return el("div", { key: "left-out" }, el("h3", {}, say("left_out")), el("ul", {}, ...items));
}

/** A container in which a wide table can be scrolled, with the keyboard too. @param {string} name @param {HTMLTableElement} table */
function scrolled(name, table) {
  return el("div", { class: "scrolled", tabindex: 0, role: "group", "aria-label": name }, table);
}
