// An administrator's flows, from the first backup to the last setting, in both languages.

import { backUp, call, dataFolder, loseAttachments, serve, underway } from "./program.js";
import { expect, hold, lookAgain, open, say, test, visit } from "./console.js";

for (const locale of ["en", "ja"]) {
  test.describe(locale, () => {
    const S = (key, values) => say(locale, key, values);
    let place;
    let program;
    test.beforeAll(async () => {
      place = await dataFolder({
        First: { plan: "Standard" },
        Paid: { plan: "Standard" },
        Free: { plan: "Free" },
        Large: { plan: "Own", leads: 30_000 },
      });
      program = await serve(place.data);
      await backUp(program, "Paid");
    });
    test.afterAll(async () => {
      await program?.stop();
      await place?.remove();
    });

    test("the printed address lets the administrator in, and the token leaves the address bar", async ({ page }) => {
      await page.addInitScript((tag) => localStorage.setItem("locale", tag), locale);
      await page.goto(program.consoleUrl);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("overview_heading"));
      expect(page.url()).toBe(`${program.url}/#/`);
      await page.reload();
      await expect(page.getByText(S("state_none"))).toBeVisible();
      await expect(page).toHaveTitle(`${locale === "ja" ? "概要" : "Overview"} – Hozon 保存`);
    });

    test("a plain user is told who may, and a wrong token can be replaced", async ({ page }) => {
      await open(page, program, "Paid", { locale, role: "plain user" });
      await expect(page.getByRole("alert")).toHaveText(S("only_administrators"));
      await page.getByLabel(S("token")).fill("nonsense");
      await page.getByRole("button", { name: S("open_console") }).click();
      await expect(page.getByRole("alert")).toHaveText(S("token_refused"));
      await page.getByLabel(S("token")).fill(program.tokens.Paid.administrator);
      await page.getByRole("button", { name: S("open_console") }).click();
      await expect(page.getByText(S("state_heading"))).toBeVisible();
    });

    test("a backup now shows its progress, and is ready without reloading", async ({ page }) => {
      await open(page, program, "Large", { locale });
      let release = async () => {};
      await page.route("**/crm/bulk/v8/backup", async (route) => {
        let response;
        const begin = async () => void (response = await route.fetch());
        release = await hold(page, await underway(program, "Large", begin));
        await route.fulfill({ response });
      });
      const now = page.getByRole("button", { name: S("back_up_now") });
      await now.click();
      await expect(page.getByText(S("status_INPROGRESS"), { exact: true })).toBeVisible();
      await expect(now).toHaveAttribute("aria-disabled", "true");
      await expect(now).toHaveAccessibleDescription(S("backup_in_progress"));
      await expect(page.getByRole("progressbar")).toHaveAttribute("max", /\d+/);
      await release();
      await expect(page.getByText(S("state_ready"))).toBeVisible({ timeout: 60_000 });
      await expect(page.locator("#toasts").getByText(S("notice_ready"))).toBeVisible();
      await expect(now).not.toHaveAttribute("aria-disabled", "true");
    });

    test("files are downloaded, linked, and said to be what they are", async ({ page, context }) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const [{ id, files }] = (await call(program, "Paid", "GET", "/backups")).backups;
      await open(page, program, "Paid", { locale });
      await visit(page, locale, "downloads");
      const card = page.locator(".backup").first();
      await card.getByRole("button", { name: S("details_of") }).click();
      await expect(card.getByText(files[0].checksum.value)).toBeVisible();
      await expect(card.getByText(S("files_available_until"))).toBeVisible();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        card.getByRole("button", { name: S("download_file_of", { name: "Data_001.zip" }) }).click(),
      ]);
      expect(download.suggestedFilename()).toMatch(/^Paid_\d{4}-\d\d-\d\d_Data_001\.zip$/);
      expect(await download.failure()).toBeNull();
      await card.getByRole("button", { name: S("copy_link_of", { name: "Attachments_001.zip" }) }).click();
      await expect(page.locator("#toasts").getByText(S("link_copied"))).toBeVisible();
      const link = await page.evaluate(() => navigator.clipboard.readText());
      expect((await fetch(link)).headers.get("content-length")).toBe(String(files[1].size));
      await expect(card.getByRole("rowheader", { name: "Leads", exact: true })).toBeVisible();
      await expect(card.getByText(S("left_out_mail"))).toBeVisible();
      const { contents } = await call(program, "Paid", "GET", `/backups/${id}/contents`);
      await card.getByText(S("checksums"), { exact: true }).click();
      await expect(card.getByText(contents.modules[0].files[0].sha256)).toBeVisible();
      const [statement] = await Promise.all([
        page.waitForEvent("download"),
        card.getByRole("button", { name: S("statement_download") }).click(),
      ]);
      expect(statement.suggestedFilename()).toBe("statement.json");
      await card.getByRole("button", { name: S("hold_set") }).click();
      await expect(card.getByText(S("hold_held"))).toBeVisible();
      await card.getByRole("button", { name: S("hold_lift") }).click();
      await expect(card.getByRole("button", { name: S("hold_set") })).toBeVisible();
      await visit(page, locale, "history");
      await expect(page.getByText(S("by_link", { address: "127.0.0.1" }))).toBeVisible();
    });

    test("a schedule is set, seen, changed and stopped", async ({ page }) => {
      await open(page, program, "First", { locale });
      await page
        .getByRole("main")
        .getByRole("link", { name: S("set_schedule") })
        .click();
      await page.getByLabel(S("choice_monthly"), { exact: true }).check();
      await page.getByLabel(S("by_nth"), { exact: true }).check();
      await page.getByLabel(S("nth"), { exact: true }).selectOption("-1");
      await page.getByLabel(S("weekday"), { exact: true }).selectOption("FR");
      const sentence = locale === "ja" ? "毎月最終金曜日" : "on the last Friday of every month";
      const preview = page.locator("section.preview");
      await expect(preview.getByText(sentence)).toBeVisible();
      await expect(preview.getByRole("listitem").filter({ has: page.locator(":scope:not(:has(svg))") })).toHaveCount(5);
      const first = await preview.locator("ol.runs li").first().textContent();
      await page.getByRole("button", { name: S("done") }).click();
      await expect(page.locator("section.next")).toContainText(sentence);
      await expect(page.locator("section.next strong")).toHaveText(first ?? "");
      await expect(page.locator("table td.run").first()).toBeVisible();

      await page.getByRole("link", { name: S("change_schedule") }).click();
      await expect(page.getByLabel(S("choice_monthly"), { exact: true })).toBeChecked();
      await page.getByLabel(S("choice_biweekly"), { exact: true }).check();
      // A month with three such Fridays has one run too many.
      await expect(
        preview
          .getByText(S("tip_biweekly"))
          .or(preview.getByText(S("tip_busiest")))
          .first(),
      ).toBeVisible();
      await page.getByRole("button", { name: S("done") }).click();
      await expect(page.locator("section.next")).toContainText(locale === "ja" ? "隔週の金曜日" : "every other Friday");

      await visit(page, locale, "schedule");
      await page.getByRole("button", { name: S("stop") }).click();
      const dialog = page.getByRole("dialog", { name: S("stop_title") });
      await expect(dialog.getByText(S("stop_subscription"))).toBeVisible();
      await dialog.getByRole("button", { name: S("stop_cancel") }).click();
      await page.getByRole("button", { name: S("stop") }).click();
      await dialog.getByRole("button", { name: S("stop_confirm"), exact: true }).click();
      await expect(page.locator("#toasts").getByText(S("stopped"))).toBeVisible();
      await visit(page, locale, "overview");
      await expect(page.getByText(S("no_schedule"))).toBeVisible();
    });

    test("nothing is left to use: what to do is said", async ({ page }) => {
      await open(page, program, "Free", { locale, to: "/schedule" });
      await page.getByLabel(S("choice_now"), { exact: true }).check();
      await page.getByRole("button", { name: S("back_up_now") }).click();
      const dialog = page.getByRole("dialog", { name: S("limit_title") });
      await expect(dialog.getByText(S("limit_none"))).toBeVisible();
      await page.keyboard.press("Escape");
      await expect(dialog).toBeHidden();
    });

    test("history is a timeline with filters and pages", async ({ page }) => {
      await open(page, program, "Paid", { locale, to: "/history" });
      await expect(page.getByText(S("event_backup_ready")).first()).toBeVisible();
      await page.getByLabel(S("filter_kind"), { exact: true }).selectOption("schedules");
      await expect(page.getByText(S("history_none_found"))).toBeVisible();
      await page.getByLabel(S("filter_kind"), { exact: true }).selectOption("backups");
      await expect(page.getByText(S("event_backup_started")).first()).toBeVisible();
      await page.getByLabel(S("to"), { exact: true }).fill("2020-01-01");
      await expect(page.getByText(S("history_none_found"))).toBeVisible();
      await page.getByLabel(S("to"), { exact: true }).fill("");
      for (let download = 0; download < 31; download += 1) {
        const { backups } = await call(program, "Paid", "GET", "/backups");
        await call(program, "Paid", "POST", `/${backups[0].id}/files/Data_001.zip/actions/download`);
      }
      await page.getByLabel(S("filter_kind"), { exact: true }).selectOption("downloads");
      await expect(page.locator(".timeline > li")).toHaveCount(30);
      await page.getByRole("button", { name: S("show_older") }).click();
      await expect(page.locator(".timeline > li").nth(30)).toBeVisible();
    });

    test("the bell counts what is unread, lists it, and is then quiet", async ({ page }) => {
      await open(page, program, "Paid", { locale });
      await page.getByRole("button", { name: S("bell_unread") }).click();
      const list = page.getByRole("dialog", { name: S("bell") });
      await expect(list.getByText(S("notice_ready"))).toBeVisible();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        list
          .getByRole("button", { name: S("download_file_of", { name: "Data_001.zip" }) })
          .first()
          .click(),
      ]);
      expect(await download.failure()).toBeNull();
      const { history } = await call(program, "Paid", "GET", "/history?kind=download_started");
      expect([history[0].address, history[0].done_by.name]).toEqual([null, "Admin 管理者"]);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("button", { name: S("bell"), exact: true })).toBeFocused();
    });

    test("settings are saved, wrong ones are pointed at", async ({ page }) => {
      await open(page, program, "First", { locale, to: "/settings" });
      await page.getByLabel(S("time_zone"), { exact: true }).selectOption("Europe/Berlin");
      await page.getByLabel(S("time_of_day"), { exact: true }).fill("05:30");
      await page.getByLabel(S("max_part"), { exact: true }).selectOption("100");
      await page.getByLabel(S("layout"), { exact: true }).selectOption("zoho");
      await page.getByLabel(S("retention_rule"), { exact: true }).selectOption("generations");
      await expect(page.getByLabel(S("retention_days"), { exact: true })).toHaveCount(0);
      await expect(page.getByLabel(S("retention_daily"), { exact: true })).toHaveValue("7");
      await page.getByLabel(S("drills"), { exact: true }).selectOption("weekly");
      await page.getByLabel(S("csv_bom"), { exact: true }).uncheck();
      await page.getByRole("button", { name: S("add_recipient") }).click();
      await page.getByLabel(S("recipient", { number: 1 })).fill("nobody@nowhere");
      await page.getByRole("button", { name: S("save"), exact: true }).click();
      await expect(page.getByLabel(S("recipient", { number: 1 }))).toHaveAttribute("aria-invalid", "true");
      await page.getByLabel(S("recipient", { number: 1 })).fill("boss@example.com");
      await page.getByRole("button", { name: S("save"), exact: true }).click();
      await expect(page.locator("#toasts").getByText(S("settings_saved"))).toBeVisible();
      const { settings } = await call(program, "First", "GET", "/settings");
      expect(settings).toEqual({
        time_zone: "Europe/Berlin",
        time_of_day: "05:30",
        recipients: ["boss@example.com"],
        locale: null,
        csv: { byte_order_mark: false, escape_formulas: true, protect_values: true },
        max_part_bytes: 100 << 20,
        layout: "zoho",
        drills: "weekly",
        retention: { rule: "generations", daily: 7, weekly: 4, monthly: 12 },
        unusual_loss: { percent: 10, modules: true, attachments: true },
      });
      await expect(page.getByRole("button", { name: S("statement_key_download") })).toBeVisible();
      await page.getByLabel(S("webhook_url"), { exact: true }).fill("https://127.0.0.1/hook");
      await page.getByRole("button", { name: S("add"), exact: true }).click();
      await expect(page.getByRole("alert")).toBeVisible();
      await page.getByLabel(S("webhook_url"), { exact: true }).fill("https://example.com/hook");
      await page.getByRole("button", { name: S("add"), exact: true }).click();
      await expect(page.getByText(/^whsec_/)).toBeVisible();
      await page.getByRole("button", { name: S("remove_webhook", { url: "https://example.com/hook" }) }).click();
      await page
        .getByRole("dialog")
        .getByRole("button", { name: S("remove"), exact: true })
        .click();
      await expect(page.getByText(S("webhooks_empty"))).toBeVisible();
      await page.getByRole("button", { name: S("calendar_link_create") }).click();
      const link = await page.getByText(/calendar\.ics\?key=/).textContent();
      expect(await (await fetch(link ?? "")).text()).toContain("BEGIN:VCALENDAR");
    });

    test("a service that does not answer is said so, and tried again", async ({ page }) => {
      await page.route("**/crm/**", (route) => route.abort());
      await open(page, program, "Paid", { locale });
      await expect(page.getByRole("alert").getByText(S("error_UNREACHABLE"))).toBeVisible();
      await page.unrouteAll();
      await page.getByRole("button", { name: S("retry") }).click();
      await expect(page.getByText(S("state_heading"))).toBeVisible();
      await page.route("**/crm/**", (route) => route.abort());
      await visit(page, locale, "downloads");
      await expect(page.getByRole("alert").getByText(S("error_UNREACHABLE")).first()).toBeVisible();
      await page.unrouteAll();
      await page
        .getByRole("button", { name: S("retry") })
        .first()
        .click();
      await expect(page.locator(".backup").first()).toBeVisible();
    });

    test("the language is switched in place and kept", async ({ page }) => {
      const other = locale === "ja" ? "en" : "ja";
      await open(page, program, "Paid", { locale });
      await page.getByRole("button", { name: other === "ja" ? "日本語" : "English" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(say(other, "overview_heading"));
      await page.reload();
      await expect(page.locator("html")).toHaveAttribute("lang", other);
      await page.getByRole("button", { name: locale === "ja" ? "日本語" : "English" }).click();
      await expect(page.locator("html")).toHaveAttribute("lang", locale);
    });
  });
}

test.describe("what takes another clock, or goes wrong", () => {
  test("a schedule cannot be stopped while its backup is being made, and the page says why", async ({ page }) => {
    const place = await dataFolder({ Large: { plan: "Own", leads: 30_000 } });
    const before = await serve(place.data);
    await call(before, "Large", "POST", "", { backup: { rrule: "RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO" } });
    const { summary } = await call(before, "Large", "GET", "/summary");
    await before.stop();
    const soon = new Date(Date.parse(summary.schedule.next_runs[0]) - 4000).toISOString().replace("Z", "+00:00");
    const program = await serve(place.data, ["--clock", soon]);
    await open(page, program, "Large", { to: "/schedule" });
    const stop = page.getByRole("button", { name: say("en", "stop") });
    await expect(stop).toBeVisible();
    await expect
      .poll(
        async () => {
          await lookAgain(page);
          return stop.getAttribute("aria-disabled");
        },
        { intervals: [100], timeout: 20_000 },
      )
      .toBe("true");
    await page.route("**/backup/summary", () => {});
    await expect(stop).toHaveAccessibleDescription(say("en", "stop_busy"));
    await stop.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    // An open page would report that the program is gone, with a module that it has perhaps not loaded yet.
    await page.close();
    await program.stop();
    await place.remove();
  });

  test("a failed backup says why and what to do, and an expired one that its files are gone", async ({ page }) => {
    const place = await dataFolder({ Paid: { plan: "Standard" }, Lost: { plan: "Standard" } });
    const nineDaysAgo = new Date(Date.now() - 9 * 86_400_000).toISOString().replace("Z", "+00:00");
    const before = await serve(place.data, ["--clock", nineDaysAgo]);
    await backUp(before, "Paid");
    await before.stop();
    await loseAttachments(place.data);
    const program = await serve(place.data);
    expect((await backUp(program, "Lost")).failure.code).toBe("ATTACHMENT_MISSING");
    await open(page, program, "Lost");
    await expect(page.getByText(say("en", "failure_ATTACHMENT_MISSING"))).toBeVisible();
    // The failure names the file at fault.
    await expect(page.getByText(/^File: (見積書|offer)\.txt, Record: 1, Module: Leads$/)).toBeVisible();
    await page.getByText(say("en", "details"), { exact: true }).click();
    await expect(page.getByText(/ATTACHMENT_MISSING: The file/)).toBeVisible();

    await open(page, program, "Paid", { to: "/downloads" });
    await page.getByRole("button", { name: say("en", "details_of") }).click();
    await expect(page.getByText(say("en", "files_expired_on"))).toBeVisible();
    // Only the statement is left, which holds no data.
    await expect(page.getByRole("button", { name: /^Download/ })).toHaveText([say("en", "statement_download")]);
    await expect(page.getByRole("rowheader", { name: "Deals", exact: true })).toBeVisible();
    await program.stop();
    await place.remove();
  });
});
