// Connecting Zoho CRM: to Zoho's page and back, refused and accepted, what a check shows, and another consent after it was revoked.

import { expect, expectAccessible, expectNoSidewaysScroll, open, say, test, visit } from "./console.js";
import { PICTURES } from "./pictures.js";
import { call, dataFolder, serve } from "./program.js";
import { startZoho } from "./zoho.js";

const PAGE = { en: ["Accept", "Reject"], ja: ["同意する", "拒否する"] };

const SIZES = [
  [390, 844],
  [1280, 900],
];

let zoho;
let place;
let otherPlace;
let program;
/** A program whose operator has no client. */
let other;
test.beforeAll(async () => {
  const organisations = { en: { plan: "Own" }, ja: { plan: "Own" } };
  [zoho, place, otherPlace] = await Promise.all([startZoho(), dataFolder(organisations), dataFolder(organisations)]);
  program = await serve(place.data, [], "serve", zoho.environment);
  other = await serve(otherPlace.data, [], "serve", { HOZON_ZOHO_URL: zoho.url });
});
test.afterAll(async () => {
  await program?.stop();
  await other?.stop();
  await zoho?.stop();
  await place?.remove();
  await otherPlace?.remove();
});

for (const locale of ["en", "ja"]) {
  test.describe(locale, () => {
    test.use({ locale });
    const S = (key, values) => say(locale, key, values);
    const [accept, reject] = PAGE[locale];
    const keep = async (page, name) => {
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
        await page.screenshot({ path: `${PICTURES}${name}-${locale}-${width}-light.png`, fullPage: true });
      }
    };
    const choose = async (page) => {
      await page.getByLabel(S("connection_kind"), { exact: true }).selectOption("zoho");
      return page.getByRole("button", { name: S("zoho_connect"), exact: true });
    };

    test(`${locale}: Zoho CRM is connected with two clicks, checked, and connected again`, async ({ page }) => {
      await open(page, program, locale, { locale });
      await visit(page, locale, "source");
      const connect = await choose(page);
      const dataCenter = page.getByLabel(S("connection_data_center"), { exact: true });
      await expect(dataCenter).toHaveValue(locale === "ja" ? "jp" : "us");
      await expect(page.getByLabel(S("connection_credit_share"), { exact: true })).toHaveValue("50");
      await keep(page, "zoho-form");

      // Refused on Zoho's page, by keyboard.
      await connect.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: reject, exact: true }).press("Enter");
      await expect(page.getByRole("alert")).toHaveText(locale === "en" ? /refused on Zoho's page/ : S("error_CONSENT_DENIED"));
      expect(new URL(page.url()).search).toBe("");
      await keep(page, "zoho-refused");
      await page.getByRole("link", { name: S("zoho_back") }).click();
      await expect(page.locator("main h1")).toHaveText(S("connection_heading"));
      expect((await call(program, locale, "GET", "/connection")).connection).toBeNull();

      // Accepted. The organisation is in the United States, whatever was chosen.
      await (await choose(page)).click();
      await page.getByRole("button", { name: accept, exact: true }).click();
      await expect(page.locator("#toasts").getByText(S("zoho_connected"))).toBeVisible();
      const { connection } = await call(program, locale, "GET", "/connection");
      expect([connection.kind, connection.zoho.data_center]).toEqual(["zoho", "us"]);
      await expect(dataCenter).toHaveValue("us");
      await expect(page.locator("form.connection strong")).toContainText(connection.zoho.organisation);
      await expect(page.getByText(S("zoho_elsewhere"))).toHaveCount(locale === "ja" ? 1 : 0);
      expect(page.url()).not.toContain("code");
      expect(
        await page.evaluate(() => JSON.stringify([...Object.entries(sessionStorage), ...Object.entries(localStorage)])),
      ).not.toContain(zoho.environment.HOZON_ZOHO_CLIENT_SECRET);

      // The check follows by itself.
      await expect(page.getByText(S("check_cost_first"))).toBeVisible();
      await expect(page.getByLabel(/\(Leads\)|^Leads$/).first()).toBeVisible();
      await keep(page, "zoho-checked");

      // What the administrator changes is saved without another consent.
      await page.getByLabel(S("connection_credit_share"), { exact: true }).fill("80");
      await page.getByRole("button", { name: S("save"), exact: true }).click();
      await expect(page.locator("#toasts").getByText(S("connection_saved"))).toBeVisible();
      expect((await call(program, locale, "GET", "/connection")).connection.zoho.credit_share).toBe(80);

      // Somebody has revoked the consent.
      await zoho.fail({ Refuse: { kind: null, module: null, status: 401, code: "INVALID_TOKEN", after: 0, times: 1 } });
      await zoho.fail({ TokenError: { code: "invalid_code", times: 1 } });
      await page.getByRole("button", { name: S("connection_check"), exact: true }).click();
      await expect(page.getByText(S("failure_SOURCE_CONSENT_REVOKED"))).toBeVisible();
      await keep(page, "zoho-revoked");
      const again = page.locator("[aria-labelledby=check-heading]").getByRole("button", { name: S("zoho_reconnect") });
      await again.click();
      await page.getByRole("button", { name: accept, exact: true }).click();
      await expect(page.getByText(S("check_cost_first"))).toBeVisible();
      expect((await call(program, locale, "GET", "/connection")).connection.zoho.credit_share).toBe(80);
    });

    test(`${locale}: the backups that Zoho CRM makes of itself are connected, and which of them is taken`, async ({ page }) => {
      await open(page, program, locale, { locale });
      await visit(page, locale, "source");
      await page.getByLabel(S("connection_kind"), { exact: true }).selectOption("zoho_backup");
      const backup = page.getByLabel(S("connection_backup"), { exact: true });
      await expect(backup).toHaveValue("newest");
      await expect(page.getByLabel(S("connection_credit_share"), { exact: true })).toHaveCount(0);
      await keep(page, "zoho-backups");
      await page.getByRole("button", { name: S("zoho_connect"), exact: true }).click();
      await page.getByRole("button", { name: accept, exact: true }).click();
      // The check follows by itself. What a backup contains is not known yet.
      await expect(page.getByText(S("advice_no_backup_ready"))).toBeVisible();
      await expect(page.getByText(S("check_modules"), { exact: true })).toHaveCount(0);
      await keep(page, "zoho-backups-checked");
      await backup.selectOption("new");
      await page.getByRole("button", { name: S("save"), exact: true }).click();
      await expect(page.locator("#toasts").getByText(S("connection_saved"))).toBeVisible();
      const { connection } = await call(program, locale, "GET", "/connection");
      expect([connection.kind, connection.zoho.backup]).toEqual(["zoho_backup", "new"]);
    });

    test(`${locale}: where the operator has no client, an organisation enters its own`, async ({ page }) => {
      const { HOZON_ZOHO_CLIENT_ID: id, HOZON_ZOHO_CLIENT_SECRET: secret } = zoho.environment;
      await open(page, other, locale, { locale });
      await visit(page, locale, "source");
      const connect = await choose(page);
      await expect(page.getByText(S("zoho_client_needed"))).toBeVisible();
      await expect(page.getByText(`${other.url}/`, { exact: true })).toBeVisible();
      await keep(page, "zoho-own-client");
      await page.getByLabel(S("connection_client_secret"), { exact: true }).fill(secret);
      await page.getByLabel(S("connection_client_id"), { exact: true }).fill(id);
      await connect.click();
      await page.getByRole("button", { name: accept, exact: true }).click();
      await expect(page.getByText(S("check_cost_first"))).toBeVisible();
      await expect(page.getByLabel(S("connection_client_id"), { exact: true })).toHaveValue(id);
      await expect(page.getByLabel(S("connection_client_secret"), { exact: true })).toHaveValue("");
      expect(JSON.stringify(await call(other, locale, "GET", "/connection"))).not.toContain(secret);
    });
  });
}
