// Buying: from the pop-up when nothing is left, through order summary and payment, to subscriptions and back.

import { backUp, call, dataFolder, ended, serve } from "./program.js";
import { expect, expectAccessible, expectNoSidewaysScroll, lookAgain, open, say, test, visit } from "./console.js";
import { PICTURES } from "./pictures.js";

/** Pays on the local program's checkout page, and comes back to the order. */
async function pay(page) {
  await expect(page).toHaveURL(/\/pay\//);
  await expectAccessible(page);
  const typed = {
    name: "山田 太郎",
    email: "taro@example.com",
    country: "JP",
    "postal-code": "100-0001",
    address: "千代田 1-1",
    "cc-number": "4242 4242 4242 4242",
    "cc-exp": "12/40",
    "cc-csc": "123",
  };
  for (const [field, value] of Object.entries(typed)) await page.locator(`[name="${field}"]`).fill(value);
  await page.locator("form button[type=submit]").click();
  await expect(page).toHaveURL(/#\/orders\/\d+$/);
}

for (const locale of ["en", "ja"]) {
  test.describe(locale, () => {
    const S = (key, values) => say(locale, key, values);
    let place;
    let program;
    test.beforeAll(async () => {
      place = await dataFolder({
        Used: { plan: "Standard" },
        Weekly: { plan: "Standard" },
        Small: { plan: "Free" },
        Later: { plan: "Standard" },
      });
      program = await serve(place.data);
      for (let count = 0; count < 2; count += 1) await backUp(program, "Used");
    });
    test.afterAll(async () => {
      await program?.stop();
      await place?.remove();
    });
    /** Looks at a screen as it is, in both themes; and at its tables, which have all their columns in sight. */
    const keep = async (page, name) => {
      for (const colorScheme of ["dark", "light"]) {
        await page.emulateMedia({ colorScheme });
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
        const path = `${PICTURES}${name}-${locale}-${page.viewportSize()?.width}-${colorScheme}.png`;
        await page.screenshot({ path, fullPage: true });
      }
      for (const table of await page.locator(".scrolled").all()) {
        const [whole, seen] = await table.evaluate((node) => [node.scrollWidth, node.clientWidth]);
        expect(whole).toBeLessThanOrEqual(seen);
      }
    };

    for (const width of [1280, 390]) {
      test(`the allowance is used up: one-time backups are bought and used (${width} wide)`, async ({ page }) => {
        await page.setViewportSize({ width, height: 900 });
        await open(page, program, "Used", { locale });
        await page.getByRole("button", { name: S("back_up_now") }).click();
        const limit = page.getByRole("dialog", { name: S("limit_title") });
        await expect(limit.getByText(S("limit_used", { free: 2 }))).toBeVisible();
        await keep(page, "limit");
        await limit
          .getByRole("button", {
            name: S("choose_product", { product: locale === "ja" ? "単発バックアップ" : "One-time backups" }),
          })
          .click();
        await page.getByLabel(S("quantity"), { exact: true }).fill("3");
        await keep(page, "addons");
        await page.getByRole("button", { name: S("to_order") }).click();
        await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("order_heading"));
        await expect(page.getByText(S("order_DRAFT"), { exact: true })).toBeVisible();
        await keep(page, "order");
        await page.getByRole("button", { name: S("confirm_and_pay") }).click();
        await pay(page);
        await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("order_paid_heading"));
        await keep(page, "purchase");
        await visit(page, locale, "overview");
        await expect(page.getByText(S("bought_left"))).toBeVisible();
        await page.getByRole("button", { name: S("back_up_now") }).click();
        await expect(page.locator("#toasts").getByText(S("backup_begun"))).toBeVisible();
        await ended(program, "Used");
        await lookAgain(page);
        await expect(page.getByText(S("state_ready"))).toBeVisible();
        // What was bought is used up, so that the next round begins with nothing again.
        const { summary } = await call(program, "Used", "GET", "/summary");
        for (let left = summary.allowance.left; left > 0; left -= 1) await backUp(program, "Used");
      });
    }

    test("a weekly schedule leads to the weekly subscription, which can be downgraded and taken up again", async ({ page }) => {
      await open(page, program, "Weekly", { locale, to: "/schedule" });
      await page.getByLabel(S("choice_weekly"), { exact: true }).check();
      await page.getByRole("button", { name: S("done") }).click();
      const limit = page.getByRole("dialog", { name: S("limit_title") });
      await expect(limit.getByText(S("limit_weekly"))).toBeVisible();
      await limit.getByRole("button", { name: S("choose_product") }).click();
      await expect(page.getByLabel(S("add_weekly"), { exact: true })).toBeChecked();
      await page.getByRole("button", { name: S("to_order") }).click();
      await expect(page.getByText(S("renews_monthly"))).toBeVisible();
      await page.getByRole("button", { name: S("confirm_and_pay") }).click();
      await pay(page);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("order_paid_heading"));
      await visit(page, locale, "subscriptions");
      await keep(page, "subscriptions");
      await page.setViewportSize({ width: 390, height: 900 });
      await keep(page, "subscriptions");
      await page.getByRole("button", { name: S("downgrade"), exact: true }).click();
      const dialog = page.getByRole("dialog", { name: S("downgrade_title") });
      await expect(dialog.getByText(S("downgrade_ends"))).toBeVisible();
      await keep(page, "downgrade");
      await dialog.getByRole("button", { name: S("downgrade_keep") }).click();
      await page.getByRole("button", { name: S("downgrade"), exact: true }).click();
      await dialog.getByRole("button", { name: S("downgrade"), exact: true }).click();
      await expect(page.getByText(S("subscription_ENDING"), { exact: true })).toBeVisible();
      await page.getByRole("button", { name: S("resume") }).click();
      await expect(page.getByText(S("subscription_ACTIVE"), { exact: true })).toBeVisible();
      await page.goto(`${program.url}/#/history`);
      await page.getByLabel(S("kind"), { exact: true }).selectOption("purchases");
      await expect(page.getByText(S("event_purchased")).first()).toBeVisible();
    });

    test("a plan is upgraded together with add-ons", async ({ page }) => {
      await open(page, program, "Small", { locale, to: "/add-ons" });
      await page.getByRole("radio", { name: /Ultimate/ }).check();
      await page.getByLabel(S("quantity"), { exact: true }).fill("1");
      await page.getByRole("button", { name: S("to_order") }).click();
      await expect(page.getByRole("rowheader", { name: S("product_plan", { plan: "Ultimate" }) })).toBeVisible();
      await page.getByRole("button", { name: S("confirm_and_pay") }).click();
      await pay(page);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("order_paid_heading"));
      await visit(page, locale, "overview");
      await expect(page.getByText(S("plan", { plan: "Ultimate" }))).toBeVisible();
    });

    test("an order is cancelled, and can be placed again", async ({ page }) => {
      await open(page, program, "Later", { locale, to: "/add-ons/one_time" });
      await page.getByRole("button", { name: S("to_order") }).click();
      await page.getByRole("button", { name: S("cancel_order") }).click();
      await page
        .getByRole("dialog")
        .getByRole("button", { name: S("cancel_order"), exact: true })
        .click();
      await expect(page.getByText(S("order_CANCELLED"), { exact: true })).toBeVisible();
      await page.getByRole("link", { name: S("order_again") }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("addons_heading"));
    });
  });
}
