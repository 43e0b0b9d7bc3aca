// Connecting a CRM's database: check, choose what is left out, save, back up, and remove the connection again.

import { expect, expectAccessible, expectNoSidewaysScroll, lookAgain, open, say, test, visit } from "./console.js";
import { startDatabase } from "./database.js";
import { PICTURES } from "./pictures.js";
import { backUp, call, dataFolder, serve } from "./program.js";

// Whoever holds this advisory lock keeps others from reading the view.
const VIEW_LOCK = 1;
const SQL = `
  create table deal (id int primary key, name text, secret text); comment on table deal is '商談';
  insert into deal select n, 'Deal ' || n, 'x' from generate_series(1, 500) n;
  create table log (id int); create table payroll (id int); create view won as select id from deal where pg_advisory_xact_lock_shared(${VIEW_LOCK}) is not null;
  create role reader login password 'only'; grant select on deal, log, won to reader`;

let database;
let place;
let program;
test.beforeAll(async () => {
  [database, place] = await Promise.all([startDatabase(SQL), dataFolder({ en: { plan: "Own" }, ja: { plan: "Own" } })]);
  program = await serve(place.data);
});
test.afterAll(async () => {
  await program?.stop();
  await database?.stop();
  await place?.remove();
});

for (const locale of ["en", "ja"]) {
  test(`${locale}: a database is connected, checked, backed up and removed`, async ({ page }) => {
    const S = (key, values) => say(locale, key, values);
    const keep = async (name) => {
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      await page.screenshot({ path: `${PICTURES}${name}-${locale}-${page.viewportSize().width}-light.png`, fullPage: true });
    };
    await open(page, program, locale, { locale });
    await visit(page, locale, "source");
    await page.getByLabel(S("connection_kind"), { exact: true }).selectOption("postgres");
    await page.getByLabel(S("connection_host"), { exact: true }).fill("127.0.0.1");
    await page.getByLabel(S("connection_port"), { exact: true }).fill(String(database.port));
    await page.getByLabel(S("connection_database"), { exact: true }).fill("crm");
    await page.getByLabel(S("connection_user"), { exact: true }).fill("reader");
    await page.getByLabel(S("connection_password"), { exact: true }).fill("wrong");
    const reader = page.getByLabel(S("connection_captured_by"), { exact: true });
    await expect(reader).toHaveValue("service");
    await reader.focus();
    await page.keyboard.press("ArrowDown");
    await expect(reader).toHaveValue("program");
    await expect(reader).toHaveAccessibleDescription(S("connection_captured_by_hint"));
    await page.getByText(S("connection_more"), { exact: true }).click();
    await page.getByLabel(S("connection_unencrypted"), { exact: true }).check();
    await page.getByRole("button", { name: S("connection_check") }).click();
    await expect(page.getByText(S("failure_SOURCE_PASSWORD"))).toBeVisible();
    await keep("source-refused");
    await page.getByLabel(S("connection_password"), { exact: true }).fill("only");
    await page.getByRole("button", { name: S("connection_check") }).click();
    await expect(page.getByText(S("check_reached"), { exact: true })).toBeVisible();
    await expect(page.getByText("payroll")).toBeVisible();
    await page.getByLabel("log", { exact: true }).uncheck();
    await page.getByRole("button", { name: /商談/ }).click();
    await page.getByLabel("secret", { exact: true }).uncheck();
    await page.getByLabel("public.won", { exact: true }).check();
    await keep("source-checked");
    await page.setViewportSize({ width: 390, height: 844 });
    await keep("source-checked");
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("button", { name: S("save"), exact: true }).click();
    await expect(page.locator("#toasts").getByText(S("connection_saved"))).toBeVisible();
    await expect(page.getByLabel(S("connection_password"), { exact: true })).toHaveValue("");
    const { connection } = await call(program, locale, "GET", "/connection");
    expect(connection.omitted).toEqual([
      { module: "deal", field: "secret" },
      { module: "log", field: null },
    ]);

    expect(connection.database.views).toEqual(["public.won"]);
    expect(connection.database.captured_by).toBe("program");
    await expect(reader).toHaveValue("program");

    // A backup that cannot go on is cancelled, by keyboard.
    const unlock = await database.lock(VIEW_LOCK);
    await visit(page, locale, "overview");
    await page.getByRole("button", { name: S("back_up_now") }).click();
    const cancel = page.getByRole("button", { name: S("cancel_run"), exact: true });
    await expect(cancel).toBeVisible();
    await expect(page.getByText(S("state_capturing"))).toBeVisible();
    await expect(page.getByText(S("done_of_total", { some: 0, all: 2 }), { exact: true })).toBeVisible();
    await keep("overview-cancel");
    await cancel.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: S("cancel_run_title") });
    await expect(dialog.getByRole("button", { name: S("cancel_run_cancel"), exact: true })).toBeFocused();
    await keep("overview-cancel-question");
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await cancel.focus();
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: S("cancel_run_confirm"), exact: true }).press("Enter");
    await expect(page.locator("#toasts").getByText(S("run_cancelled"))).toBeVisible();
    await expect(page.getByText(S("state_cancelled"))).toBeVisible();
    await expect(cancel).toHaveCount(0);
    await keep("overview-cancelled");
    await unlock();

    const backup = await backUp(program, locale);
    expect([backup.status, backup.losses.count]).toEqual(["COMPLETED", 1]);
    await lookAgain(page);
    await expect(page.getByText(S("state_incomplete"))).toBeVisible();
    await keep("overview-incomplete");
    await visit(page, locale, "history");
    await expect(page.getByText(S("event_source_set"), { exact: true })).toBeVisible();
    await expect(page.getByText(S("event_backup_cancelled"), { exact: true })).toBeVisible();
    await visit(page, locale, "source");
    await expect(page.getByText(S("source_postgres"), { exact: true }).first()).toBeVisible();
    await page.getByRole("button", { name: S("connection_remove"), exact: true }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: S("remove"), exact: true })
      .click();
    await expect(page.locator("#toasts").getByText(S("connection_removed"))).toBeVisible();
    expect((await call(program, locale, "GET", "/connection")).connection).toBeNull();
  });
}

// Of a CRM that keeps attachments in a column, or in a folder that nobody has named.
const ATTACHMENTS =
  "create table ir_attachment (id int primary key, name text, type text, data bytea, file_id text, resource text, create_date timestamp);";
const CREME = ["creme_core_cremeentity", "creme_core_relation", "persons_contact", "persons_organisation", "emails_entityemail"];

for (const locale of ["en", "ja"]) {
  test(`${locale}: a known CRM is recognised, and shown under its names`, async ({ page }) => {
    const S = (key, values) => say(locale, key, values);
    const tables = CREME.map((table) => `create table ${table} (id int primary key);`);
    const creme = await startDatabase([...tables, ATTACHMENTS].join(" "));
    try {
      await open(page, program, locale, { locale });
      await visit(page, locale, "source");
      await page.getByLabel(S("connection_kind"), { exact: true }).selectOption("postgres");
      for (const [label, value] of [
        ["host", "127.0.0.1"],
        ["port", String(creme.port)],
        ["database", "crm"],
        ["user", "postgres"],
        ["password", "secret"],
      ]) {
        await page.getByLabel(S(`connection_${label}`), { exact: true }).fill(value);
      }
      await page.getByText(S("connection_more"), { exact: true }).click();
      await page.getByLabel(S("connection_unencrypted"), { exact: true }).check();
      await page.getByRole("button", { name: S("connection_check") }).click();
      await expect(page.getByText(S("check_recognised", { title: "Creme CRM" }))).toBeVisible();
      await page.getByRole("button", { name: S("check_use_profile", { title: "Creme CRM" }) }).click();
      await expect(page.getByLabel("Contacts (persons_contact)", { exact: true })).toBeVisible();
      // Rows and size follow.
      await expect(page.getByText(new RegExp(`${S("check_left_out_mail").source.slice(0, -1)} ·`))).toBeVisible();
      await expect(page.getByLabel(S("connection_profile"), { exact: true })).toHaveValue("creme");
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await page.getByRole("button", { name: S("save"), exact: true }).click();
      await expect(page.locator("#toasts").getByText(S("connection_saved"))).toBeVisible();
      expect((await call(program, locale, "GET", "/connection")).connection.profile).toBe("creme");
      await page.getByLabel(S("connection_profile"), { exact: true }).selectOption("tryton");
      await page.getByRole("button", { name: S("connection_check") }).click();
      await expect(page.getByText(S("check_as_files", { names: "ir_attachment.data" }))).toBeVisible();
      await expect(page.getByText(S("advice_files_in_folder"))).toBeVisible();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await call(program, locale, "DELETE", "/connection");
    } finally {
      await creme.stop();
    }
  });
}
