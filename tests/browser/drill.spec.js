// Drills: begun beside a backup, followed on a page of their own, and found again beside the backup; the same and another outcome, and one
// that is cancelled.

import { expect, open, say, test } from "./console.js";
import { startDatabase } from "./database.js";
import { keepPictures } from "./pictures.js";
import { backUp, call, dataFolder, serve } from "./program.js";

const TABLE = "create table customer (id int primary key, name text not null)";
const ROWS = "insert into customer select n, 'Customer ' || n from generate_series(1, 30) n";
// A table is made anew for each drill, and this makes every value of it another one.
const SHOUTS = `create function public.shout() returns trigger language plpgsql as $$ begin new.name = upper(new.name); return new; end $$;
create function public.shouting() returns event_trigger language plpgsql as $$ begin
    if to_regclass('public.customer') is not null and not exists (select from pg_trigger where tgname = 'shout') then
        create trigger shout before insert on public.customer for each row execute function public.shout();
    end if;
end $$;
create event trigger shouting on ddl_command_end when tag in ('CREATE TABLE', 'ALTER TABLE') execute function public.shouting()`;

// Each row takes half a second.
const DAWDLES = `create or replace function public.shout() returns trigger language plpgsql as $$ begin
    perform pg_sleep(0.5); return new; end $$`;

let databases;
let place;
let program;
test.beforeAll(async () => {
  const organisations = { en: { plan: "Own" }, ja: { plan: "Own" } };
  const [crm, en, ja, folder] = await Promise.all([
    startDatabase(`${TABLE}; ${ROWS}`),
    startDatabase("select"),
    startDatabase("select"),
    dataFolder(organisations),
  ]);
  [databases, place] = [{ crm, en, ja }, folder];
  program = await serve(place.data);
});
test.afterAll(async () => {
  await program?.stop();
  await Promise.all(Object.values(databases ?? {}).map((database) => database.stop()));
  await place?.remove();
});

const address = ({ port }) => ({ host: "127.0.0.1", port: Number(port), name: "crm", user: "postgres", password: "secret" });

for (const locale of ["en", "ja"]) {
  test(`${locale}: a backup is drilled, and what differs is named`, async ({ page }) => {
    const S = (key, values) => say(locale, key, values);
    const keep = (name) => keepPictures(page, `drill-${name}-${locale}`);
    const drill = async () => {
      await page.goto(`${program.url}/#/downloads`);
      const details = page.getByText(S("details"), { exact: true }).first();
      await details.click();
      await page.getByText(S("drill_begin"), { exact: true }).click();
      await expect(page.getByRole("dialog").getByText(S("drill_warning"))).toBeVisible();
      await page
        .getByRole("dialog")
        .getByRole("button", { name: S("drill_begin"), exact: true })
        .click();
    };
    await call(program, locale, "PUT", "/connection", {
      connection: { kind: "postgres", database: address(databases.crm), omitted: [] },
    });
    await call(program, locale, "PUT", "/restore_target", {
      restore_target: { kind: "postgres", database: address(databases[locale]), drills: true },
    });
    await backUp(program, locale);
    await open(page, program, locale, { locale });
    await drill();
    await expect(page.getByText(S("drill_status_SAME"), { exact: true }).first()).toBeVisible();
    await keep("same");

    databases[locale].sql(SHOUTS);
    await drill();
    await expect(page.getByText(S("drill_status_DIFFERS"), { exact: true }).first()).toBeVisible();
    await keep("differs");

    await page.goto(`${program.url}/#/downloads`);
    await page.getByText(S("details"), { exact: true }).first().click();
    await expect(page.getByText(S("drill_status_DIFFERS"), { exact: true })).toBeVisible();
    await keep("beside");

    databases[locale].sql(DAWDLES);
    await page.goto(`${program.url}/#/history`);
    await drill();
    await page.getByRole("button", { name: S("drill_cancel"), exact: true }).click();
    await expect(page.getByRole("dialog").getByText(S("drill_cancel_question"))).toBeVisible();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: S("drill_cancel"), exact: true })
      .click();
    await expect(page.getByText(S("drill_status_CANCELLED"), { exact: true }).first()).toBeVisible();
    await keep("cancelled");
  });
}
