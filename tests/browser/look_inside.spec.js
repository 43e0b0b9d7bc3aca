// Looking into backups and comparing them: addresses that can be shared, search, one record, differences, and what is not kept any more.

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, open, say, test } from "./console.js";
import { inEveryLook } from "./looks.js";
import { backUp, dataFolder, serve } from "./program.js";

const HOZON = fileURLToPath(new URL("../../target/debug/hozon", import.meta.url));
const run = promisify(execFile);

let place;
let program;
/** Ids of the backups: before and after the edits. */
let before;
let after;

/** Imports the CRM anew: a lead changed, one gone, one new, another attachment. The program must not run. */
async function edit() {
  const folder = path.join(place.folder, "later");
  const files = path.join(folder, "attachments", "Leads", "1");
  await mkdir(files, { recursive: true });
  const name = "山田 太郎 / Taro Yamada, a customer of many years".padEnd(60, " ok");
  const rows = Array.from({ length: 200 }, (_, at) => `${at + 1},"${name}",+81-3-1234-${1000 + at}\n`);
  rows[1] = '2,"佐藤 花子 / Hanako Sato",+81-3-1234-1001\n';
  rows[2] = "";
  rows.push('900,"ﾃｽﾄ New Lead",\n');
  await writeFile(path.join(folder, "Leads.csv"), `Id,Name,Phone\n${rows.join("")}`);
  await writeFile(path.join(files, "見積書.txt"), "見積 ".repeat(2000));
  await run(HOZON, ["--data", place.data, "--port", "0", "import", folder, "--org", "Sakura"]);
}

test.beforeAll(async () => {
  place = await dataFolder({ Sakura: { plan: "Own" } });
  program = await serve(place.data);
  before = (await backUp(program, "Sakura")).id;
  await program.stop();
  await edit();
  program = await serve(place.data);
  after = (await backUp(program, "Sakura")).id;
});
test.afterAll(async () => {
  await program?.stop();
  await place?.remove();
});

inEveryLook("inside", async (page, locale, keep) => {
  await open(page, program, "Sakura", { locale, to: `/explore/${after}` });
  await expect(page.getByRole("rowheader", { name: "Leads" })).toBeVisible();
  await keep("modules");
  await page.getByRole("link", { name: "Leads", exact: true }).click();
  await expect(page.getByRole("link", { name: "佐藤 花子 / Hanako Sato" })).toBeVisible();
  await keep("records");
  await page.getByRole("link", { name: "佐藤 花子 / Hanako Sato" }).click();
  await expect(page.getByText(say(locale, "step_changed"), { exact: true })).toBeVisible();
  await keep("record");
  await page.goto(`${program.url}/#/search/${after}/hanako`);
  await expect(page.getByRole("link", { name: "佐藤 花子 / Hanako Sato" })).toBeVisible();
  await keep("search");
  await page.goto(`${program.url}/#/compare/${after}/${before}`);
  await expect(page.getByRole("rowheader", { name: "Leads" })).toBeVisible();
  await keep("compare");
  await page.getByRole("link", { name: "Leads", exact: true }).click();
  await expect(page.getByRole("cell", { name: "佐藤 花子 / Hanako Sato" })).toBeVisible();
  await keep("compare-records");
});

test("from the downloads into a record, by keyboard; its address opens the same in another tab", async ({ page, context }) => {
  await open(page, program, "Sakura", { to: "/downloads" });
  await page
    .getByRole("button", { name: say("en", "details_of") })
    .first()
    .click();
  await page
    .getByRole("link", { name: say("en", "look_inside_of") })
    .first()
    .focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("main h1")).toBeFocused();
  await page.getByRole("link", { name: "Leads", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: /Hanako/ }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "佐藤 花子 / Hanako Sato" })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`#/explore/${after}/Leads/2$`));
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.getByRole("heading", { level: 1, name: "佐藤 花子 / Hanako Sato" })).toBeVisible();
  await expect(other.getByRole("definition").filter({ hasText: "+81-3-1234-1001" })).toBeVisible();
});

test("columns can be chosen, and an attachment is downloaded and recorded", async ({ page }) => {
  await open(page, program, "Sakura", { to: `/explore/${after}/Leads` });
  await page.getByText(say("en", "explore_columns")).click();
  await page.getByRole("checkbox", { name: "Phone" }).uncheck();
  await page.getByRole("button", { name: say("en", "explore_show_columns") }).click();
  await expect(page.getByRole("columnheader", { name: "Phone" })).toHaveCount(0);
  await expect(page.getByRole("columnheader", { name: "Name", exact: true })).toBeVisible();
  await page.goto(`${program.url}/#/explore/${after}/Leads/1`);
  const begun = page.waitForEvent("download");
  await page.getByRole("button", { name: say("en", "download_attachment", { name: "見積書.txt" }) }).click();
  const file = await begun;
  expect(file.suggestedFilename()).toBe("見積書.txt");
  await page.goto(`${program.url}/#/history`);
  await expect(page.getByText(say("en", "event_attachment_downloaded")).first()).toBeVisible();
});

test("a search folds widths and kana, and says when nothing is found", async ({ page }) => {
  await open(page, program, "Sakura", { to: `/explore/${after}` });
  await page.getByLabel(say("en", "search_words")).fill("テスト");
  await page.getByRole("button", { name: say("en", "search_button"), exact: true }).click();
  await expect(page.getByRole("link", { name: "ﾃｽﾄ New Lead" })).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: say("en", "search_found", { count: 1 }) })).toBeVisible();
  await page.getByLabel(say("en", "search_words")).fill("nobody");
  await page.keyboard.press("Enter");
  await expect(page.getByText(say("en", "search_nothing"))).toBeVisible();
});

test("differences are shown side by side, and the backups can be chosen", async ({ page }) => {
  await open(page, program, "Sakura", { to: `/compare/${after}` });
  const leads = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Leads" }) });
  await expect(leads.getByRole("cell")).toHaveText(["200", "200", "1", "1", "1", /.*/]);
  await page.goto(`${program.url}/#/compare/${after}/${before}/Leads`);
  const records = page.getByRole("region", { name: say("en", "records"), exact: true });
  const changed = records.getByRole("listitem").filter({ has: page.getByText(say("en", "change_changed"), { exact: true }) });
  await expect(changed.getByRole("cell", { name: "佐藤 花子 / Hanako Sato" })).toBeVisible();
  await expect(records.getByText(say("en", "change_added"), { exact: true })).toBeVisible();
  await expect(records.getByText(say("en", "change_deleted"), { exact: true })).toBeVisible();
  // An import numbers attachments in order, so that the one that is gone changes the next one.
  const files = page.getByRole("region", { name: say("en", "attachments"), exact: true });
  await expect(files.getByRole("heading", { level: 3 })).toHaveCount(2);
  const name = files.getByRole("row").filter({ has: page.getByRole("rowheader", { name: say("en", "compare_file_name") }) });
  await expect(name.first().getByRole("cell")).toHaveText(["offer.txt", "見積書.txt"]);
  await expect(name.last().getByRole("cell")).toHaveText(["見積書.txt"]);
  await page.goto(`${program.url}/#/compare/${after}/${before}`);
  await page.getByLabel(say("en", "compare_before")).selectOption(after);
  await expect(page.getByText(say("en", "compare_equal"))).toBeVisible();
});

test("what is not kept any more, what fails and what is missing is said", async ({ page }) => {
  await page.route("**/modules", (route) =>
    route.fulfill({ status: 410, json: { code: "SNAPSHOT_GONE", message: "gone", status: "error", details: {} } }),
  );
  await open(page, program, "Sakura", { to: `/explore/${after}` });
  await expect(page.getByText(say("en", "error_SNAPSHOT_GONE"))).toBeVisible();
  await expect(page.getByRole("link", { name: say("en", "go_to_downloads") })).toBeVisible();
  await page.unroute("**/modules");
  await page.route("**/compare?**", (route) => route.abort());
  await page.goto(`${program.url}/#/compare/${after}/${before}`);
  await expect(page.getByRole("button", { name: say("en", "retry") })).toBeVisible();
  await page.unroute("**/compare?**");
  await page.getByRole("button", { name: say("en", "retry") }).click();
  await expect(page.getByRole("rowheader", { name: "Leads" })).toBeVisible();
  await page.goto(`${program.url}/#/explore/${after}/Leads/31415`);
  await expect(page.getByRole("alert").first()).toBeVisible();
});
