// Starts the local program with its own data folder on a free port; the caller stops it.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, mkdir, readdir, rm, writeFile, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HOZON = fileURLToPath(new URL("../../target/debug/hozon", import.meta.url));
const run = promisify(execFile);

/** Creates a data folder with the given organisations, each with a plan and a number of leads. */
export async function dataFolder(organisations) {
  const folder = await mkdtemp(path.join(tmpdir(), "hozon-browser-"));
  for (const [name, { plan, leads = 200, zone = "Asia/Tokyo" }] of Object.entries(organisations)) {
    const crm = path.join(folder, `crm-${leads}`);
    await writeCrm(crm, leads);
    const from = [crm, "--mark", "Emails=mail", "--mark", "Leads.Ad_Click=integration"];
    await run(HOZON, [
      "--data",
      path.join(folder, "data"),
      "--port",
      "0",
      "import",
      ...from,
      "--org",
      name,
      "--plan",
      plan,
      "--time-zone",
      zone,
    ]);
  }
  return { folder, data: path.join(folder, "data"), remove: () => rm(folder, { recursive: true, force: true }) };
}

async function writeCrm(folder, leads) {
  const files = path.join(folder, "attachments", "Leads", "1");
  await mkdir(files, { recursive: true });
  const line = "山田 太郎 / Taro Yamada, a customer of many years".padEnd(leads > 1000 ? 400 : 60, " ok");
  const rows = Array.from({ length: leads }, (_, at) => `${at + 1},"${line}",+81-3-1234-${1000 + at},https://example.com/${at}\n`);
  await writeFile(path.join(folder, "Leads.csv"), `Id,Name,Phone,Ad_Click\n${rows.join("")}`);
  await writeFile(path.join(folder, "Deals.csv"), "Id,Name,Amount\n10,=1+1,-12.50\n11,見積,98000\n");
  await writeFile(path.join(folder, "Emails.csv"), "Id,Subject\n1,こんにちは\n");
  await writeFile(path.join(files, "見積書.txt"), "見積 ".repeat(2000));
  await writeFile(path.join(files, "offer.txt"), "offer ".repeat(4000));
}

/** Serves a data folder, with further variables; the command `demo` creates the sample CRM in it first. */
export function serve(data, more = [], command = "serve", variables = {}) {
  const env = { ...process.env, ...variables };
  const child = spawn(HOZON, ["--data", data, "--port", "0", command, ...more], { env, stdio: ["ignore", "pipe", "inherit"] });
  const program = { url: "", consoleUrl: "", tokens: {}, stop: () => end(child) };
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("the program did not start")));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const console = line.match(/((http:\/\/[^/\s]+)\/#token=\S+)$/);
      if (console) [, program.consoleUrl, program.url] = console;
      if (line.startsWith("Ctrl-C")) tokens(data).then((of) => resolve(Object.assign(program, { tokens: of })), reject);
    });
  });
}

/** Tokens by organisation and role. */
async function tokens(data) {
  const { stdout } = await run(HOZON, ["--data", data, "token", "--json"]);
  const known = JSON.parse(stdout).map(({ organisation, administrator, user }) => [
    organisation,
    { administrator, "plain user": user },
  ]);
  return Object.fromEntries(known);
}

async function end(child) {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  await ended;
}

/** Calls the API without a browser. */
export async function call(program, organisation, method, at, body) {
  const headers = { Authorization: `Zoho-oauthtoken ${program.tokens[organisation].administrator}`, "If-Match": "*" };
  const answer = await fetch(`${program.url}/crm/bulk/v8/backup${at}`, { method, headers, body: body && JSON.stringify(body) });
  return answer.status === 204 ? null : answer.json();
}

/** Starts a backup and waits for its end. */
export async function backUp(program, organisation) {
  const made = await call(program, organisation, "POST", "");
  if (made.backup.code !== "SUCCESS") throw new Error(JSON.stringify(made));
  return ended(program, organisation);
}

/** Starts a backup and returns the first summary with its progress, which a browser could be too late to see. Rows are written anew for an
 * organisation that wants another form of CSV, so that its backup takes some time. */
export async function underway(program, organisation, begin = () => call(program, organisation, "POST", "")) {
  await call(program, organisation, "PUT", "/settings", { settings: { csv: { escape_formulas: false } } });
  await begin();
  for (;;) {
    const answer = await call(program, organisation, "GET", "/summary");
    const { status, progress } = answer.summary.backup;
    if (status !== "INPROGRESS") throw new Error(`the backup was ${status} before it was seen to run`);
    if (progress.total) return answer;
  }
}

/** Waits for the end of the running backup. */
export async function ended(program, organisation) {
  for (;;) {
    const { summary } = await call(program, organisation, "GET", "/summary");
    if (summary.backup.status !== "INPROGRESS") return summary.backup;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Deletes the files of all attachments, which the CRM still lists. They lie in packs of zip entries; rows do not. */
export async function loseAttachments(data) {
  const root = path.join(data, "s3");
  for (const name of await readdir(root, { recursive: true })) {
    if (!name.includes("%stored/")) continue;
    const file = path.join(root, name);
    if ((await readFile(file)).subarray(0, 2).toString() === "PK") await rm(file);
  }
}
