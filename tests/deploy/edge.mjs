// Runs downloads.js as it is outside CloudFront. Standard input: {"secrets": {id: secret}, "now": milliseconds, "events": [event, ...]}.
// Standard output: {"answers": [the function's answer to each], "logged": [lines]}.
import crypto from "node:crypto";
import { readFileSync } from "node:fs";

const file = new URL("../../infra/edge/downloads.js", import.meta.url);
const imports = 'import cf from "cloudfront";\nimport crypto from "crypto";\n';
const text = readFileSync(file, "utf8");
if (!text.includes(imports)) throw new Error("the function's imports are others than expected");

const { secrets, now, events } = JSON.parse(readFileSync(0, "utf8"));
// Helper methods for key value stores (CloudFront developer guide): an absent key is an error.
const kvs = {
  async get(id) {
    if (!Object.hasOwn(secrets, id)) throw new Error("KeyNotFound");
    return secrets[id];
  },
};
const logged = [];
const handler = new Function("cf", "crypto", "console", "Date", `${text.replace(imports, "")}\nreturn handler;`)(
  { kvs: () => kvs },
  crypto,
  { log: (line) => logged.push(line) },
  class extends Date {
    constructor(at = now) {
      super(at);
    }
    static now() {
      return now;
    }
  },
);
const answers = [];
for (const event of events) answers.push(await handler(event));
console.log(JSON.stringify({ answers, logged }));
