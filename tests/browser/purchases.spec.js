// Purchases: from the limit dialog through order summary and payment to subscriptions and their cancellation.

import { pay } from "./checkout.js";
import { backUp, call, dataFolder, ended, serve } from "./program.js";
import { expect, expectAccessible, expectNoSidewaysScroll, lookAgain, open, say, test, visit } from "./console.js";
import { PICTURES } from "./pictures.js";

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
        Unlimited: { plan: "Own" },
      });
      program = await serve(place.data);
      for (let count = 0; count < 2; count += 1) await backUp(program, "Used");
    });
    test.afterAll(async () => {
      await program?.stop();
      await place?.remove();
    });
    /** Checks a screen at both widths and in both themes; all columns of its tables are visible. */
    const keep = async (page, name) => {
      for (const width of [390, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        await expectNoSidewaysScroll(page);
        for (const table of await page.locator(".scrolled").all()) {
          const [whole, seen] = await table.evaluate((node) => [node.scrollWidth, node.clientWidth]);
          expect(whole).toBeLessThanOrEqual(seen);
        }
        for (const colorScheme of ["dark", "light"]) {
          await page.emulateMedia({ colorScheme });
          // Contrast depends on the theme, not on the language.
          if ((colorScheme === "dark") === (locale === "en")) await expectAccessible(page);
          await page.screenshot({ path: `${PICTURES}${name}-${locale}-${width}-${colorScheme}.png`, fullPage: true });
        }
      }
    };

    test("the allowance is used up: one-time backups are bought and used", async ({ page }) => {
      await open(page, program, "Used", { locale });
      await page.getByRole("button", { name: S("back_up_now") }).click();
      const limit = page.getByRole("dialog", { name: S("limit_title") });
      await expect(limit.getByText(S("limit_used", { free: 2 }))).toBeVisible();
      await keep(page, "limit");
      await limit.getByLabel(S("quantity"), { exact: true }).fill("250");
      await expect(limit.getByText(S("quantity_invalid", { max: 100 }))).toBeVisible();
      await limit.getByLabel(S("quantity"), { exact: true }).fill("3");
      await expect(limit.getByText(S("limit_total", { total: locale === "ja" ? "￥4,500" : "¥4,500" }))).toBeVisible();
      await limit
        .getByRole("button", { name: S("pay_product", { product: locale === "ja" ? "単発バックアップ" : "One-time backups" }) })
        .click();
      await pay(page);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("order_paid_heading"));
      await expect(page.locator(".outcome").getByText(S("backup_started"))).toBeVisible();
      await ended(program, "Used");
      await keep(page, "purchase");
      await visit(page, locale, "overview");
      await expect(page.getByText(S("bought_left"))).toBeVisible();
      expect((await call(program, "Used", "GET", "/summary")).summary.allowance.left).toBe(2);
      await lookAgain(page);
      await page.getByRole("button", { name: S("back_up_now") }).click();
      const question = page.getByRole("dialog", { name: S("confirm_backup_title") });
      await expect(question.getByText(S("confirm_backup_uses", { left: 2, after: 1 }))).toBeVisible();
      await question.getByRole("button", { name: S("back_up_now") }).click();
      await expect(page.locator("#toasts").getByText(S("backup_started"))).toBeVisible();
      await ended(program, "Used");
      await lookAgain(page);
      await expect(page.getByText(S("state_ready"))).toBeVisible();
    });

    test("a weekly schedule leads to the weekly subscription, which can be downgraded and taken up again", async ({ page }) => {
      await open(page, program, "Weekly", { locale, to: "/schedule" });
      await page.getByLabel(S("choice_weekly"), { exact: true }).check();
      await page.getByRole("button", { name: S("done") }).click();
      const limit = page.getByRole("dialog", { name: S("limit_title_weekly") });
      await expect(limit.getByText(S("limit_weekly"))).toBeVisible();
      await keep(page, "limit-weekly");
      await limit.getByRole("button", { name: S("pay_product") }).click();
      await pay(page);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("order_paid_heading"));
      await expect(page.locator(".outcome").getByText(S("schedule_set"))).toBeVisible();
      const { summary } = await call(program, "Weekly", "GET", "/summary");
      expect([summary.schedule.rrule, summary.schedule.skips]).toEqual(["RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO", []]);
      await visit(page, locale, "subscriptions");
      await keep(page, "subscriptions");
      await page.getByRole("button", { name: S("cancel_subscription"), exact: true }).click();
      const dialog = page.getByRole("dialog", { name: S("cancel_subscription_title") });
      await expect(dialog.getByText(S("cancel_subscription_ends"))).toBeVisible();
      await keep(page, "downgrade");
      await dialog.getByRole("button", { name: S("keep_subscription") }).click();
      await page.getByRole("button", { name: S("cancel_subscription"), exact: true }).click();
      await dialog.getByRole("button", { name: S("cancel_subscription"), exact: true }).click();
      await expect(page.getByText(S("subscription_ENDING"), { exact: true })).toBeVisible();
      await page.getByRole("button", { name: S("resume") }).click();
      await expect(page.getByText(S("subscription_ACTIVE"), { exact: true })).toBeVisible();
      await page.goto(`${program.url}/#/history`);
      await page.getByLabel(S("filter_kind"), { exact: true }).selectOption("purchases");
      await expect(page.getByText(S("event_purchased")).first()).toBeVisible();
    });

    test("a plan is upgraded together with add-ons", async ({ page }) => {
      await open(page, program, "Small", { locale, to: "/add-ons" });
      await page.getByRole("radio", { name: /Ultimate/ }).check();
      await page.getByLabel(S("quantity"), { exact: true }).fill("1");
      await keep(page, "addons");
      await page.getByRole("button", { name: S("review_order") }).click();
      await expect(page.getByRole("rowheader", { name: S("product_plan", { plan: "Ultimate" }) })).toBeVisible();
      await expect(page.getByText(S("renews_monthly"))).toBeVisible();
      await keep(page, "order");
      await page.reload();
      expect((await call(program, "Small", "GET", "/orders")).orders).toEqual([]);
      await page.getByRole("link", { name: S("change_choice") }).click();
      await expect(page.getByRole("radio", { name: /Ultimate/ })).toBeChecked();
      await expect(page.getByLabel(S("quantity"), { exact: true })).toHaveValue("1");
      await page.getByRole("button", { name: S("review_order") }).click();
      await page.getByRole("button", { name: S("confirm_and_pay") }).click();
      await pay(page);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("order_paid_heading"));
      await visit(page, locale, "overview");
      await expect(page.getByText(S("plan", { plan: "Ultimate" }))).toBeVisible();
    });

    test("the month is used up: a schedule asks first, and is set by itself after the payment", async ({ page }) => {
      const place = await dataFolder({ Booked: { plan: "Standard" } });
      // A Tuesday in the middle of a month, so that the next Wednesday is still in it.
      const program = await serve(place.data, ["--clock", "2026-11-10T10:00:00+09:00"]);
      for (let count = 0; count < 2; count += 1) await backUp(program, "Booked");
      await open(page, program, "Booked", { locale, to: "/schedule" });
      await page.getByLabel(S("weekday"), { exact: true }).selectOption("WE");
      const skipped = page.locator("section.preview .tips").getByText(S("tip_next_skipped"));
      await expect(skipped).toBeVisible();
      await expect(page.getByText(S("tip_biweekly"))).toHaveCount(0);
      await page.getByRole("button", { name: S("done") }).click();
      const limit = page.getByRole("dialog", { name: S("limit_title") });
      await expect(limit.getByText(S("limit_skipped"))).toBeVisible();
      await limit.getByRole("button", { name: S("limit_set_without_buying") }).click();
      await expect(page.locator("section.next").getByText(S("next_run_skipped"))).toBeVisible();
      await visit(page, locale, "schedule");
      await page.getByRole("button", { name: S("done") }).click();
      await limit
        .getByRole("button", { name: S("pay_product"), exact: true })
        .first()
        .click();
      await pay(page);
      await expect(page.locator(".outcome").getByText(S("schedule_changed"))).toBeVisible();
      await visit(page, locale, "overview");
      await expect(page.locator("section.next strong")).toBeVisible();
      await expect(page.getByText(S("next_run_skipped"))).toHaveCount(0);
      await program.stop();
      await place.remove();
    });

    test("what nobody sells makes no cart, and a number is counted as it is shown", async ({ page }) => {
      await open(page, program, "Later", { locale, to: "/add-ons/plan/Nope" });
      await expect(page.getByRole("alert").getByText(S("not_sold"))).toBeVisible();
      await expect(page.getByText(S("cart_empty"))).toBeVisible();
      await page.getByLabel(S("quantity"), { exact: true }).fill("250");
      await expect(page.getByRole("alert").getByText(S("quantity_invalid", { max: 100 }))).toBeVisible();
      await expect(page.getByRole("button", { name: S("review_order") })).toHaveAttribute("aria-disabled", "true");
      await page.getByLabel(S("quantity"), { exact: true }).fill("100");
      await expect(page.locator(".bill .total")).toContainText("150,000");
      await open(page, program, "Unlimited", { locale, to: "/add-ons/one_time" });
      await expect(page.getByText(S("nothing_to_buy"))).toBeVisible();
    });

    test("add-ons that do not renew are bought from the subscriptions page; an order is cancelled, and can be placed again", async ({
      page,
    }) => {
      await open(page, program, "Later", { locale, to: "/subscriptions" });
      const addons = page.getByRole("region", { name: S("one_time_addons") });
      await expect(addons.locator(".price")).toHaveText(locale === "ja" ? "￥1,500/回" : "¥1,500 per backup");
      await keep(page, "one-time-addons");
      await addons.getByRole("link", { name: S("buy_now_product") }).click();
      await page.getByLabel(S("quantity"), { exact: true }).fill("2");
      await page.getByRole("button", { name: S("review_order") }).click();
      const total = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: S("total") }) });
      await expect(total).toContainText("3,000");
      await page.getByRole("button", { name: S("confirm_and_pay") }).click();
      await expect(page).toHaveURL(/\/pay\//);
      const [{ id, lines }] = (await call(program, "Later", "GET", "/orders")).orders;
      expect(lines.map(({ product, quantity }) => [product, quantity])).toEqual([["one_time", 2]]);
      await page.goto(`${program.url}/#/orders/${id}`);
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
