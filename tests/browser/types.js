// Generates the console's types of API responses from docs/openapi.json. With `--check`, only reports whether they are up to date.

import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "../peers/node_modules/openapi-typescript/dist/index.mjs";

const FROM = new URL("../../docs/openapi.json", import.meta.url);
const TO = new URL("../../console/openapi.d.ts", import.meta.url);

const { openapi, info, components } = JSON.parse(readFileSync(FROM, "utf8"));
const schemas = await openapiTS({ openapi, info, paths: {}, components: { schemas: components.schemas } });
const [, text] = astToString(schemas).match(/^ {4}schemas: (\{[\s\S]*?\n {4}\});/m) ?? [];
if (!text) throw new Error("openapi-typescript made no schemas");
const named = text.replace(/^ {4}/gm, "").replaceAll('components["schemas"]', "Schemas");
const made = `// Made from docs/openapi.json by \`node tests/browser/types.js\`: do not edit. Not served.\n\ninterface Schemas ${named}\n`;

if (process.argv[2] === "--check") {
  if (readFileSync(TO, "utf8") !== made) {
    console.error("console/openapi.d.ts is older than docs/openapi.json: run `node tests/browser/types.js`");
    process.exit(1);
  }
} else writeFileSync(TO, made);
