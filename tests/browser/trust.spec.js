// Each click takes effect once, and no other user's change is overwritten unnoticed.

import { call, dataFolder, serve } from "./program.js";
import { expect, lookAgain, open, say, test } from "./console.js";

const MONDAYS = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO";

for (const locale of ["en", "ja"]) {
  test.describe(locale, () => {
    const S = (key, values) => say(locale, key, values);
    let place;
    let program;
    test.beforeAll(async () => {
      place = await dataFolder({ Clicks: { plan: "Standard" }, Tabs: { plan: "Own" } });
      program = await serve(place.data);
    });
    test.afterAll(async () => {
      await program?.stop();
      await place?.remove();
    });

    test("what is under way is shown on its button, is done once, and keeps its key when the network fails", async ({ page }) => {
      await open(page, program, "Clicks", { locale });
      const keys = [];
      let answer = () => {};
      const held = new Promise((resolve) => (answer = resolve));
      await page.route("**/crm/bulk/v8/backup", async (route) => {
        keys.push(route.request().headers()["idempotency-key"]);
        // The first response is lost.
        if (keys.length === 1) return route.fetch().then(() => route.abort());
        await held;
        await route.continue();
      });
      const now = page.getByRole("button", { name: S("back_up_now") });
      await now.click();
      const question = page.getByRole("dialog", { name: S("confirm_backup_title") });
      await expect(question.getByText(S("confirm_backup_uses", { left: 2, after: 1 }))).toBeVisible();
      await question.getByRole("button", { name: S("back_up_now") }).click();
      await expect.poll(() => keys.length).toBe(2);
      await expect(now).toHaveAttribute("aria-busy", "true");
      await expect(now).toHaveAttribute("aria-disabled", "true");
      await expect(now).toBeFocused();
      await page.keyboard.press("Enter");
      await lookAgain(page);
      await expect(now).toHaveAttribute("aria-busy", "true");
      answer();
      await expect(page.locator("#toasts").getByText(S("backup_started"))).toBeVisible();
      await expect(now).not.toHaveAttribute("aria-busy", "true");
      expect(keys).toHaveLength(2);
      expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
      expect(keys[1]).toBe(keys[0]);
      await expect.poll(async () => (await call(program, "Clicks", "GET", "/summary")).summary.backup.status).toBe("COMPLETED");
      expect((await call(program, "Clicks", "GET", "/backups")).backups).toHaveLength(1);
      expect((await call(program, "Clicks", "GET", "/allowance")).allowance.left).toBe(1);
    });

    test("a schedule's form is about the version that it was filled from", async ({ page }) => {
      const set = await call(program, "Tabs", "POST", "", { backup: { rrule: MONDAYS } });
      const path = `/${set.backup.details.id}`;
      await open(page, program, "Tabs", { locale, to: "/schedule" });
      await page.getByLabel(S("choice_monthly"), { exact: true }).check();
      const fridays = { backup: { rrule: MONDAYS.replace("MO", "FR") } };
      const current = async () => (await call(program, "Tabs", "GET", "/summary")).summary.schedule;
      const headers = { Authorization: `Zoho-oauthtoken ${program.tokens.Tabs.administrator}`, "If-Match": (await current()).etag };
      const body = JSON.stringify(fridays);
      await fetch(`${program.url}/crm/bulk/v8/backup${path}`, { method: "PUT", headers, body });
      await lookAgain(page);
      await page.getByRole("button", { name: S("done") }).click();
      const dialog = page.getByRole("dialog", { name: S("conflict_title") });
      await expect(dialog.getByText(S("conflict_who", { name: "Admin 管理者" }))).toBeVisible();
      await expect(
        dialog.getByText(S("conflict_rule", { rule: locale === "ja" ? "隔週の金曜日" : "every other Friday" })),
      ).toBeVisible();
      await dialog.getByRole("button", { name: S("conflict_keep_editing") }).click();
      await expect(page.getByLabel(S("choice_monthly"), { exact: true })).toBeChecked();
      expect((await current()).rrule).toBe(fridays.backup.rrule);
      await page.getByRole("button", { name: S("done") }).click();
      await dialog.getByRole("button", { name: S("conflict_load_theirs") }).click();
      await expect(page.getByLabel(S("choice_biweekly"), { exact: true })).toBeChecked();
      await expect(page.getByLabel(S("weekday"), { exact: true })).toHaveValue("FR");

      await page.getByLabel(S("choice_monthly"), { exact: true }).check();
      await call(program, "Tabs", "PUT", `${path}/actions/cancel`);
      await page.getByRole("button", { name: S("done") }).click();
      await expect(dialog.getByText(S("conflict_stopped"))).toBeVisible();
      await dialog.getByRole("button", { name: S("conflict_overwrite") }).click();
      await expect(page.locator("#toasts").getByText(S("schedule_set"))).toBeVisible();
      expect((await current()).rrule).toBe("RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1");
      await call(program, "Tabs", "PUT", `/${(await current()).id}/actions/cancel`);
    });

    test("settings that somebody else has changed are shown before they are overwritten", async ({ page }) => {
      const put = async (settings) => {
        const headers = { Authorization: `Zoho-oauthtoken ${program.tokens.Tabs.administrator}`, "If-Match": "*" };
        const body = JSON.stringify({ settings });
        await fetch(`${program.url}/crm/bulk/v8/backup/settings`, { method: "PUT", headers, body });
      };
      await put({ time_of_day: "04:00", recipients: [] });
      await open(page, program, "Tabs", { locale, to: "/settings" });
      const time = page.getByLabel(S("time_of_day"), { exact: true });
      await time.fill("05:30");
      await put({ time_of_day: "06:00", recipients: ["boss@example.com"] });
      await page.getByRole("button", { name: S("save"), exact: true }).click();
      const dialog = page.getByRole("dialog", { name: S("conflict_title") });
      await expect(dialog.getByText("boss@example.com")).toBeVisible();
      await expect(dialog.getByText("06:00")).toBeVisible();
      await expect(dialog.getByText("05:30")).toBeVisible();
      await dialog.getByRole("button", { name: S("conflict_load_theirs") }).click();
      await expect(time).toHaveValue("06:00");
      await expect(page.getByLabel(S("recipient", { number: 1 }))).toHaveValue("boss@example.com");
      await time.fill("05:30");
      await put({ time_of_day: "07:00" });
      await page.getByRole("button", { name: S("save"), exact: true }).click();
      await dialog.getByRole("button", { name: S("conflict_overwrite") }).click();
      await expect(page.locator("#toasts").getByText(S("settings_saved"))).toBeVisible();
      expect((await call(program, "Tabs", "GET", "/settings")).settings.time_of_day).toBe("05:30");
    });
  });
}
