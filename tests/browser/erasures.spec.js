// Erasing records from all backups: from a record's page and from a search, the confirmation by number, the list, and all states.

import { expect, expectAccessible, open, say, test } from "./console.js";
import { inEveryLook } from "./looks.js";
import { PICTURES } from "./pictures.js";
import { backUp, dataFolder, serve } from "./program.js";

let place;
let program;
let backup;

test.beforeAll(async () => {
  place = await dataFolder({ Sakura: { plan: "Own" }, Empty: { plan: "Own" } });
  program = await serve(place.data);
  backup = (await backUp(program, "Sakura")).id;
});
test.afterAll(async () => {
  await program?.stop();
  await place?.remove();
});

const inState = (page, locale, status) =>
  expect(page.getByText(say(locale, `erasure_status_${status}`), { exact: true }).first()).toBeVisible();

/** Counts what is concerned, on the page on which an erasure begins. */
async function count(page, locale = "en") {
  await page.getByRole("button", { name: say(locale, "erase_make_plan") }).click();
  await inState(page, locale, "PLANNED");
}

inEveryLook("erase", async (page, locale, keep) => {
  await open(page, program, "Sakura", { locale, to: "/erase/search/taro/Leads/prefix" });
  await expect(page.getByText(say(locale, "erasure_warning_copies"))).toBeVisible();
  await keep("start");
  await count(page, locale);
  await expect(page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Leads" }) })).toContainText("200");
  await keep("plan");
  await page.getByRole("button", { name: say(locale, "erasure_confirm") }).click();
  await page.getByRole("dialog").getByLabel(say(locale, "erasure_type_records")).fill("7");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByText(say(locale, "typed_number_differs"))).toBeVisible();
  await keep("confirm");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: say(locale, "erasure_cancel") }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: say(locale, "erasure_cancel") })
    .click();
  await inState(page, locale, "CANCELLED");
  await page.goto(`${program.url}/#/erasures`);
  await inState(page, locale, "CANCELLED");
  await keep("list");
});

test("a record is erased from its page by typing the number, and is gone from the backup", async ({ page }) => {
  const S = (key, values) => say("en", key, values);
  await open(page, program, "Sakura", { to: `/explore/${backup}/Leads/3` });
  await page.getByRole("link", { name: S("erase_record") }).click();
  for (const name of ["final", "crm", "copies", "restores"])
    await expect(page.getByText(S(`erasure_warning_${name}`))).toBeVisible();
  await expect(page.getByText(S("erase_zips_drop_hint"))).toBeVisible();
  await count(page);
  await expect(page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Leads" }) })).toContainText("1");
  await page.getByRole("button", { name: S("erasure_confirm") }).click();
  const typed = page.getByRole("dialog").getByLabel(S("erasure_type_records"));
  await expect(typed).toBeFocused();
  await typed.fill("1");
  await page.keyboard.press("Enter");
  await inState(page, "en", "COMPLETED");
  await expect(page.getByText(S("erasure_statement"))).toBeVisible();
  await expect(page.getByText(S("erasure_examples"))).toHaveCount(0);
  const address = page.url();
  await page.goto(`${program.url}/#/explore/${backup}/Leads/3`);
  await expect(page.getByRole("alert").first()).toBeVisible();
  await page.goto(`${program.url}/#/explore/${backup}/Leads/4`);
  await expect(page.getByRole("definition").filter({ hasText: "+81-3-1234-1003" })).toBeVisible();
  await page.goto(`${program.url}/#/erasures`);
  await inState(page, "en", "COMPLETED");
  await page.goto(address);
  await inState(page, "en", "COMPLETED");
});

test("zips are made anew if that is chosen, and the backup says so meanwhile", async ({ page }) => {
  const S = (key, values) => say("en", key, values);
  const made = (await backUp(program, "Sakura")).id;
  await open(page, program, "Sakura", { to: `/erase/record/Leads/5` });
  await expect(page.getByRole("radio", { name: S("erase_zips_drop") })).toBeChecked();
  await page.getByRole("radio", { name: S("erase_zips_remake") }).check();
  await expectAccessible(page);
  await page.screenshot({ path: `${PICTURES}erase-remake-en.png`, fullPage: true });
  await count(page);
  await page.getByRole("button", { name: S("erasure_confirm") }).click();
  await page.getByRole("dialog").getByLabel(S("erasure_type_records")).fill("1");
  await page.keyboard.press("Enter");
  await inState(page, "en", "COMPLETED");
  // The sweep starts the work within two minutes.
  await expect(page.getByText(/being made anew|new ZIPs/)).toBeVisible();
  await page.screenshot({ path: `${PICTURES}erase-remakes-en.png`, fullPage: true });
  await page.goto(`${program.url}/#/downloads/${made}`);
  const line = page.getByRole("listitem").filter({ has: page.locator(`#backup-${made}`) });
  await expect(line.getByText(S("status_REMAKING"), { exact: true })).toBeVisible();
  await expect(line.getByText(S("files_expired_on_REMAKING"))).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: `${PICTURES}erase-remaking-en.png`, fullPage: true });
});

for (const locale of ["en", "ja"])
  test(`a backup whose zips could not be made anew says why (${locale})`, async ({ page }) => {
    const failure = { code: "SNAPSHOT_GONE", message: "The captured data of the backup is not kept any more." };
    const remake = { status: "FAILED", erasure: "1", since_time: "2026-11-27T10:00:00+09:00", ended_time: null, failure };
    await page.route("**/backup/backups?**", async (route) => {
      const answer = await (await route.fetch()).json();
      Object.assign(answer.backups[0], { remake, files: [], downloadable: false, status: "COMPLETED" });
      await route.fulfill({ json: answer });
    });
    await open(page, program, "Sakura", { locale, to: "/downloads" });
    await expect(page.getByText(say(locale, "status_ZIPS_GONE"), { exact: true })).toBeVisible();
    await page
      .getByRole("button", { name: say(locale, "details_of") })
      .first()
      .click();
    const reason = say(locale, "failure_SNAPSHOT_GONE").source.slice(1, -1);
    await expect(page.getByText(new RegExp(reason))).toBeVisible();
    await expectAccessible(page);
  });

test("what a search finds can be erased", async ({ page }) => {
  await open(page, program, "Sakura", { to: `/search/${backup}/${encodeURIComponent("見積")}` });
  await page.getByRole("link", { name: say("en", "erase_found") }).click();
  await expect(page.getByRole("definition").filter({ hasText: "見積" })).toBeVisible();
  await count(page);
  await expect(page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Deals" }) })).toContainText("1");
});

test("nothing erased, nothing chosen, a failure and a missing right are said", async ({ page }) => {
  await open(page, program, "Empty", { to: "/erasures" });
  await expect(page.getByText(say("en", "erasures_empty"))).toBeVisible();
  await page.goto(`${program.url}/#/erase`);
  await expect(page.getByText(say("en", "erase_nothing_chosen"))).toBeVisible();
  await page.route("**/erasures?**", (route) => route.abort());
  await page.goto(`${program.url}/#/erasures`);
  await expect(page.getByRole("button", { name: say("en", "retry") })).toBeVisible();
  await page.unroute("**/erasures?**");
  await page.getByRole("button", { name: say("en", "retry") }).click();
  await expect(page.getByText(say("en", "erasures_empty"))).toBeVisible();
});

test("only administrators see erasures", async ({ page }) => {
  await open(page, program, "Sakura", { to: "/erasures", role: "plain user" });
  await expect(page.getByText(say("en", "only_administrators"))).toBeVisible();
});

test("an erasure that waits says until when and for what", async ({ page }) => {
  const pending = {
    id: "1",
    status: "PENDING",
    requested_time: "2026-11-27T10:00:00+09:00",
    requested_by: { id: "1", name: "Administrator" },
    records: 3,
    modules: [{ api_name: "Leads", label: "Leads", records: 3 }],
    examples: [{ module: "Leads", id: "1" }],
    snapshots: 4,
    zips: "drop",
    zips_concerned: 1,
    pending_until: "2026-12-27T10:00:00+09:00",
    pending_for: "object_lock",
    statement: null,
    completed_time: null,
    failure: null,
  };
  await page.route("**/erasures/1", (route) => route.fulfill({ json: { erasure: pending } }));
  await open(page, program, "Sakura", { to: "/erasures/1" });
  await expect(page.getByText(/^Pending until Dec 27, 2026.*Object Lock/)).toBeVisible();
  await expectAccessible(page);
});
