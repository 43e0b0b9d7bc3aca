// Writes each table of the Northwind data set as a CSV file. Usage: node northwind_csv.mjs FOLDER
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const tables = createRequire(import.meta.url)("northwind-data");
const cell = (value) => `"${String(value ?? "").replaceAll('"', '""')}"`;
for (const [name, rows] of Object.entries(tables).filter(([, rows]) => Array.isArray(rows))) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  writeFileSync(`${process.argv[2]}/${name}.csv`, lines.map((line) => line.map(cell).join(",") + "\r\n").join(""));
}
