// Checks the structure of the console: no view imports another, functions and files stay short, one module decides about language.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parsers } from "prettier/plugins/acorn";

const CONSOLE = fileURLToPath(new URL("../../console/", import.meta.url));
const LONGEST_FUNCTION = 45;
const LONGEST_FILE = 400;
/** The only module that may choose languages and format dates and numbers. */
const LANGUAGE = "i18n.js";
const ASKS_ABOUT_LANGUAGE =
  /navigator\.languages?\b|documentElement\.lang\b|localStorage\.\w+\("locale"|\bIntl\.(?!supportedValuesOf)|toLocale\w*\(/;

const faults = [];
const lengths = [];
for (const file of readdirSync(CONSOLE, { recursive: true }).filter((name) => name.endsWith(".js"))) {
  const text = readFileSync(path.join(CONSOLE, file), "utf8");
  const tree = parsers.acorn.parse(text, {});
  checkImports(file, tree);
  checkFunctions(file, tree, text);
  const lines = text.split("\n").length - 1;
  if (lines > LONGEST_FILE) faults.push(`${file}: ${lines} lines; split it by subject`);
  if (file === LANGUAGE) continue;
  const at = text.split("\n").findIndex((line) => ASKS_ABOUT_LANGUAGE.test(line));
  if (at >= 0) faults.push(`${file}:${at + 1}: language and formats are decided in ${LANGUAGE}`);
}

/** A view may import parts, but no other view. */
function checkImports(file, tree) {
  for (const node of nodesOf(tree)) {
    if (!["ImportDeclaration", "ImportExpression", "ExportNamedDeclaration"].includes(node.type) || !node.source?.value) continue;
    const imported = path.join(path.dirname(file), node.source.value);
    if (imported.startsWith("views/") && file !== "main.js")
      faults.push(`${file}: imports ${imported}; move what they share into parts/`);
  }
}

function checkFunctions(file, tree, text) {
  const lineOf = (at) => text.slice(0, at).split("\n").length;
  for (const node of nodesOf(tree)) {
    if (!/Function(Declaration|Expression)$/.test(node.type)) continue;
    const [from, to] = node.range.map(lineOf);
    const length = to - from + 1;
    lengths.push(length);
    if (length > LONGEST_FUNCTION)
      faults.push(`${file}:${from}: ${node.id?.name ?? "a function"} has ${length} lines, more than ${LONGEST_FUNCTION}`);
  }
}

function* nodesOf(node) {
  if (!node || typeof node !== "object") return;
  if (Array.isArray(node)) {
    for (const one of node) yield* nodesOf(one);
    return;
  }
  if (typeof node.type === "string") yield node;
  for (const [name, value] of Object.entries(node))
    if (!["loc", "range", "comments", "tokens"].includes(name)) yield* nodesOf(value);
}

lengths.sort((a, b) => a - b);
const at = (share) => lengths[Math.floor(share * (lengths.length - 1))];
console.log(`console: ${lengths.length} functions, median ${at(0.5)} lines, 90th percentile ${at(0.9)}, longest ${at(1)}`);
if (faults.length) {
  console.error(faults.join("\n"));
  process.exit(1);
}
