// The restore target: set on a page of its own, chosen where a restore begins, written into, and removed.

import { expect, open, say, test } from "./console.js";
import { startDatabase } from "./database.js";
import { keepPictures } from "./pictures.js";
import { backUp, call, dataFolder, serve } from "./program.js";

const TABLE = "create table customer (id int primary key, name text not null)";
const ROWS = "insert into customer select n, 'Customer ' || n from generate_series(1, 30) n";

let databases;
let place;
let program;
test.beforeAll(async () => {
  const organisations = { en: { plan: "Own" }, ja: { plan: "Own" } };
  const started = [startDatabase(`${TABLE}; ${ROWS}`), startDatabase(TABLE), dataFolder(organisations)];
  const [crm, other, folder] = await Promise.all(started);
  [databases, place] = [{ crm, other }, folder];
  program = await serve(place.data);
});
test.afterAll(async () => {
  await program?.stop();
  await Promise.all(Object.values(databases ?? {}).map((database) => database.stop()));
  await place?.remove();
});

const address = ({ port }) => ({ host: "127.0.0.1", port: Number(port), name: "crm", user: "postgres", password: "secret" });
const count = (database) => Number(String(database.sql("select count(*) from customer")).match(/\d+/)[0]);

for (const locale of ["en", "ja"]) {
  test(`${locale}: a backup is restored into the database of a test system`, async ({ page }) => {
    const S = (key, values) => say(locale, key, values);
    const keep = (name) => keepPictures(page, `target-${name}-${locale}`);
    const { crm, other } = databases;
    other.sql("delete from customer");
    const connection = { kind: "postgres", database: address(crm), omitted: [] };
    await call(program, locale, "PUT", "/connection", { connection });
    const backup = (await backUp(program, locale)).id;
    await open(page, program, locale, { locale, to: `/restore/${backup}` });
    await expect(page.getByRole("button", { name: S("restore_make_plan") })).toBeVisible();
    await expect(page.getByLabel(S("restore_target"), { exact: true })).toHaveCount(0);

    await page.goto(`${program.url}/#/source`);
    await page.getByRole("link", { name: S("target_open") }).click();
    const fill = (name, value) => page.getByLabel(S(`connection_${name}`), { exact: true }).fill(String(value));
    await fill("host", "127.0.0.1");
    await fill("port", crm.port);
    await fill("database", "crm");
    await fill("user", "postgres");
    await fill("password", "secret");
    await page.getByText(S("connection_more"), { exact: true }).click();
    await page.getByLabel(S("connection_unencrypted"), { exact: true }).check();
    await page.getByRole("button", { name: S("save"), exact: true }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await expect(page.getByLabel(S("connection_database"), { exact: true })).toHaveAttribute("aria-invalid", "true");
    await fill("port", other.port);
    await page.getByRole("button", { name: S("connection_check") }).click();
    await expect(page.getByText(S("check_reached"), { exact: true })).toBeVisible();
    await keep("checked");
    await page.getByRole("button", { name: S("save"), exact: true }).click();
    await expect(page.locator("#toasts").getByText(S("target_saved"))).toBeVisible();
    await expect(page.getByLabel(S("connection_password"), { exact: true })).toHaveValue("");

    await page.goto(`${program.url}/#/restore/${backup}`);
    await page.getByLabel(S("restore_target"), { exact: true }).selectOption("restore_target");
    await keep("begin");
    await page.getByRole("button", { name: S("restore_make_plan") }).click();
    await expect(page.getByText(S("restore_status_PLANNED"), { exact: true }).first()).toBeVisible();
    await expect(page.getByText(S("restore_into_restore_target"), { exact: true })).toBeVisible();
    await page.getByRole("button", { name: S("restore_confirm") }).click();
    const numbers = { create: 30, change: 0, deletes: 0 };
    await expect(page.getByRole("dialog").getByText(S("restore_confirm_question_target", numbers))).toBeVisible();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: S("restore_confirm") })
      .click();
    await expect(page.getByText(S("restore_status_COMPLETED"), { exact: true }).first()).toBeVisible();
    expect([count(crm), count(other)]).toEqual([30, 30]);

    await page.goto(`${program.url}/#/history`);
    await expect(page.getByText(S("event_restore_target_set"), { exact: true })).toBeVisible();
    await page.goto(`${program.url}/#/source/target`);
    await page.getByRole("button", { name: S("target_remove"), exact: true }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: S("remove"), exact: true })
      .click();
    await expect(page.locator("#toasts").getByText(S("target_removed"))).toBeVisible();
    expect((await call(program, locale, "GET", "/restore_target")).restore_target).toBeNull();
  });
}
