// What has changed since the previous backup: charts, their table, and the warning of an unusual loss with its settings.

import { expect, lookAgain, open, say, test, visit } from "./console.js";
import { startDatabase } from "./database.js";
import { keepPictures } from "./pictures.js";
import { backUp, call, dataFolder, serve } from "./program.js";

const SQL = `
  drop table if exists deal; drop table if exists note;
  create table deal (id int primary key, name text); comment on table deal is '商談';
  create table note (id int primary key); insert into note select generate_series(1, 20);
  insert into deal select n, 'Deal ' || n from generate_series(1, 500) n`;
const LOSS =
  "delete from deal where id <= 120; update deal set name = 'won' where id = 200; insert into deal values (501, 'new'); drop table note";

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

async function connect(locale) {
  const to = { host: "127.0.0.1", port: database.port, name: "crm", user: "postgres", password: "secret", tls: "off" };
  const { connection } = await call(program, locale, "PUT", "/connection", {
    connection: { kind: "postgres", database: to, omitted: [] },
  });
  expect(connection?.code ?? "SUCCESS").toBe("SUCCESS");
}

for (const locale of ["en", "ja"]) {
  test(`${locale}: charts over the backups, and a warning of an unusual loss`, async ({ page }) => {
    const S = (key, values) => say(locale, key, values);
    const keep = (name) => keepPictures(page, `${name}-${locale}`);
    // A message that fades in has little contrast.
    await page.emulateMedia({ reducedMotion: "reduce" });
    database.sql(SQL);
    await connect(locale);
    await backUp(program, locale);
    await open(page, program, locale, { locale, to: "/downloads" });
    await expect(page.getByText(S("changes_first"), { exact: true })).toBeVisible();
    await keep("changes-first");
    database.sql(LOSS);
    const backup = await backUp(program, locale);
    expect(backup.changes.unusual_losses.map(({ kind, lost }) => [kind, lost])).toEqual([
      ["records", 120],
      ["module", 20],
    ]);
    await visit(page, locale, "overview");
    await lookAgain(page);
    const warning = page.getByRole("alert").filter({ hasText: "商談" });
    await expect(warning).toContainText("120");
    await keep("overview-unusual-loss");
    await warning.getByRole("link", { name: S("show_backup") }).click();
    await expect(page.locator(`#backup-${backup.id}-details`)).toContainText("120");
    await expect(page.getByRole("img", { name: S("deleted_per_backup").source.slice(1, -1) })).toBeVisible();
    await page.getByRole("combobox", { name: S("module") }).selectOption("deal");
    const table = page.getByText(S("changes_table"), { exact: true });
    await table.focus();
    await page.keyboard.press("Enter");
    const newest = page
      .getByRole("group", { name: S("changes_table") })
      .getByRole("row")
      .nth(1);
    await expect(newest.getByRole("cell")).toHaveText(["381", "1", "1", "120"]);
    await keep("changes");
    await visit(page, locale, "history");
    await expect(page.getByText(S("event_unusual_loss"), { exact: true })).toBeVisible();
    await visit(page, locale, "settings");
    await page.getByLabel(S("loss_percent"), { exact: true }).fill("60");
    await page.getByLabel(S("loss_modules"), { exact: true }).uncheck();
    await keep("settings-unusual-loss");
    await page.getByRole("button", { name: S("save"), exact: true }).click();
    await expect(page.locator("#toasts").getByText(S("settings_saved"))).toBeVisible();
    const { settings } = await call(program, locale, "GET", "/settings");
    expect(settings.unusual_loss).toEqual({ percent: 60, modules: false, attachments: true });
  });
}
