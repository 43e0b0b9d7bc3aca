// Restoring into a connected database: the plan with values side by side, the confirmation by number, the report, undoing, and all states.

import { readFile } from "node:fs/promises";
import { expect, open, say, test } from "./console.js";
import { startDatabase } from "./database.js";
import { inEveryLook } from "./looks.js";
import { backUp, call, dataFolder, serve } from "./program.js";

const SQL = `
  create table customer (id int primary key, name text not null, phone text);
  create table deal (id int primary key, customer_id int references customer, title text);
  insert into customer select n, 'Customer ' || n || ' 顧客', '+81-3-0000-' || 1000 + n from generate_series(1, 40) n;
  insert into deal select n, n, 'Deal ' || n from generate_series(1, 40) n`;
/** What is done to the CRM after the backup: a customer is gone with their deal, one is changed, one is new. */
const DAMAGE = `
  delete from deal where customer_id = 1; delete from customer where id = 1;
  update customer set name = 'garbled', phone = null where id = 2;
  insert into customer values (900, 'Newer customer', '1')`;

let database;
let place;
let program;
let backup;

test.beforeAll(async () => {
  const organisations = { Shop: { plan: "Own" }, Empty: { plan: "Own" } };
  [database, place] = await Promise.all([startDatabase(SQL), dataFolder(organisations)]);
  program = await serve(place.data);
  const server = { host: "127.0.0.1", port: Number(database.port), name: "crm", user: "postgres", password: "secret" };
  await call(program, "Shop", "PUT", "/connection", { connection: { kind: "postgres", database: server, omitted: [] } });
  backup = (await backUp(program, "Shop")).id;
  database.sql(DAMAGE);
});
test.afterAll(async () => {
  await program?.stop();
  await database?.stop();
  await place?.remove();
});

/** What a query finds, as text. */
const rows = (query) => String(database.sql(query));

const inState = (page, locale, status) =>
  expect(page.getByText(say(locale, `restore_status_${status}`), { exact: true }).first()).toBeVisible();

/** Makes a plan on the page on which a restore begins. */
async function plan(page, locale = "en") {
  await page.getByRole("button", { name: say(locale, "restore_make_plan") }).click();
  await inState(page, locale, "PLANNED");
}

test("a record is restored from its page, reported, and the restore is undone", async ({ page }) => {
  const S = (key, values) => say("en", key, values);
  await open(page, program, "Shop", { to: `/explore/${backup}/customer/2` });
  await page.getByRole("link", { name: S("restore_record") }).click();
  await expect(page.getByLabel(S("restore_also_change"))).toBeChecked();
  await expect(page.getByLabel(S("restore_also_delete"))).toHaveCount(0);
  await plan(page);
  await page.getByRole("link", { name: "customer", exact: true }).click();
  const record = page.getByRole("listitem").filter({ has: page.getByText(S("restore_action_change"), { exact: true }) });
  await expect(record.getByRole("columnheader")).toHaveText([S("field"), S("restore_in_crm"), S("restore_in_backup")]);
  await expect(record.getByRole("row").filter({ hasText: "name" }).getByRole("cell")).toHaveText(["garbled", "Customer 2 顧客"]);
  await page.goBack();
  await page.getByRole("button", { name: S("restore_confirm") }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(S("restore_confirm_question"))).toContainText("1 record is changed back");
  await dialog.getByRole("button", { name: S("restore_confirm") }).click();
  await inState(page, "en", "COMPLETED");
  expect(rows("select name from customer where id = 2")).toContain("Customer 2 顧客");
  expect(rows("select count(*) from customer where id in (1, 900)")).toMatch(/\b1\n/);

  await page.getByRole("link", { name: S("restore_report") }).click();
  const written = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "2", exact: true }) });
  await expect(written.getByText(S("restore_outcome_written"), { exact: true })).toBeVisible();
  const begun = page.waitForEvent("download");
  await page.getByRole("button", { name: S("restore_report_download") }).click();
  const file = await begun;
  expect(file.suggestedFilename()).toMatch(/^restore-.*\.csv$/);
  expect(await readFile(await file.path(), "utf8")).toMatch(/customer,"?2"?,change,written/);

  await page.goBack();
  await page.getByRole("button", { name: S("restore_undo") }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: S("restore_make_plan") })
    .click();
  await expect(page.getByRole("heading", { level: 1, name: S("undo_of") })).toBeVisible();
  await inState(page, "en", "PLANNED");
  await page.getByRole("button", { name: S("restore_confirm") }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: S("restore_confirm") })
    .click();
  await inState(page, "en", "COMPLETED");
  expect(rows("select name from customer where id = 2")).toContain("garbled");
  await page.goto(`${program.url}/#/restores`);
  await expect(page.getByText(S("restore_is_undone"))).toBeVisible();
});

test("deleting newer records warns, and needs their number", async ({ page }) => {
  const S = (key, values) => say("en", key, values);
  await open(page, program, "Shop", { to: `/explore/${backup}/customer` });
  await page.getByRole("link", { name: S("restore_module") }).click();
  await page.getByLabel(S("restore_also_delete")).focus();
  await page.keyboard.press("Space");
  await expect(page.getByText(S("restore_delete_warning"))).toBeVisible();
  await plan(page);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await inState(other, "en", "PLANNED");
  await other.close();
  await page.getByRole("button", { name: S("restore_confirm") }).click();
  const typed = page.getByRole("dialog").getByLabel(S("restore_type_deletes"));
  await expect(typed).toBeFocused();
  await typed.fill("2");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByText(S("typed_number_differs"))).toBeVisible();
  await expect(typed).toHaveAttribute("aria-invalid", "true");
  expect(rows("select id from customer where id = 900")).toContain("900");
  await typed.fill("１");
  await page.keyboard.press("Enter");
  await inState(page, "en", "COMPLETED");
  expect(rows("select count(*) from customer where id = 900")).toMatch(/\b0\n/);
  expect(rows("select name from customer where id in (1, 2) order by id")).toMatch(/Customer 1 顧客[\s\S]*garbled/);
  database.sql(
    "delete from deal where customer_id = 1; delete from customer where id = 1; insert into customer values (900, 'Newer customer', '1')",
  );
});

inEveryLook("restore", async (page, locale, keep) => {
  await open(page, program, "Shop", { locale, to: `/explore/${backup}` });
  await page.getByRole("link", { name: say(locale, "restore_backup") }).click();
  await page.getByLabel(say(locale, "restore_also_change")).check();
  await page.getByLabel(say(locale, "restore_also_delete")).check();
  await keep("start");
  await plan(page, locale);
  await keep("plan");
  await page.getByRole("link", { name: "customer", exact: true }).click();
  await expect(page.getByRole("cell", { name: "garbled" })).toBeVisible();
  await keep("records");
  await page.getByLabel(say(locale, "restore_action")).selectOption("delete");
  await expect(page.getByRole("cell", { name: "Newer customer" })).toBeVisible();
  await expect(page.getByRole("cell", { name: "garbled" })).toHaveCount(0);
  await page.goto(page.url().replace(/\/plan\/.*/, ""));
  await page.getByRole("button", { name: say(locale, "restore_confirm") }).click();
  await keep("confirm");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: say(locale, "restore_cancel") }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: say(locale, "restore_cancel") })
    .click();
  await inState(page, locale, "CANCELLED");
  await page.goto(`${program.url}/#/restores`);
  await expect(
    page
      .getByRole("listitem")
      .filter({ hasText: /Shop|Admin/ })
      .first(),
  ).toBeVisible();
  await keep("list");
  await page
    .getByRole("listitem")
    .filter({ has: page.getByText(say(locale, "restore_status_COMPLETED"), { exact: true }) })
    .getByRole("link")
    .first()
    .click();
  await page.getByRole("link", { name: say(locale, "restore_report") }).click();
  await expect(page.getByRole("table")).toBeVisible();
  await keep("report");
});

test("nothing restored, a failure, and nothing to restore are said", async ({ page }) => {
  await open(page, program, "Empty", { to: "/restores" });
  await expect(page.getByText(say("en", "restores_empty"))).toBeVisible();
  await page.goto(`${program.url}/#/settings`);
  await page.route("**/restores?**", (route) => route.abort());
  await page.goto(`${program.url}/#/restores`);
  await expect(page.getByRole("button", { name: say("en", "retry") })).toBeVisible();
  await page.unroute("**/restores?**");
  await page.getByRole("button", { name: say("en", "retry") }).click();
  await expect(page.getByText(say("en", "restores_empty"))).toBeVisible();
  const own = (await backUp(program, "Empty")).id;
  await page.goto(`${program.url}/#/restore/${own}`);
  await page.getByRole("button", { name: say("en", "restore_make_plan") }).click();
  await expect(page.getByText(say("en", "restore_nothing_to_do"))).toBeVisible();
});

test("only administrators see restores", async ({ page }) => {
  await open(page, program, "Shop", { to: "/restores", role: "plain user" });
  await expect(page.getByText(say("en", "only_administrators"))).toBeVisible();
});
