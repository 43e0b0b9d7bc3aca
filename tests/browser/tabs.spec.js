// New tabs, Back, unsaved changes, slow and failing networks: address and page always agree.

import { backUp, dataFolder, loseAttachments, serve } from "./program.js";
import { expect, open, say, test, visit } from "./console.js";

const S = (key, values) => say("en", key, values);
let place;
let program;
test.beforeAll(async () => {
  place = await dataFolder({ Paid: { plan: "Standard" } });
  program = await serve(place.data);
  await backUp(program, "Paid");
});
test.afterAll(async () => {
  await program?.stop();
  await place?.remove();
});

test("a link that is opened in a new tab, and a pasted address, are signed in by the tab beside them", async ({
  page,
  context,
}) => {
  await open(page, program, "Paid");
  await expect(page.getByText(S("state_ready"))).toBeVisible();
  const [tab] = await Promise.all([
    context.waitForEvent("page"),
    page
      .getByRole("navigation")
      .getByRole("link", { name: S("nav_history") })
      .click({ modifiers: ["ControlOrMeta"] }),
  ]);
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText(S("history_heading"));
  await expect(tab.locator(".timeline li").first()).toBeVisible();
  const pasted = await context.newPage();
  await pasted.goto(`${program.url}/#/downloads`);
  await expect(pasted.locator(".backup").first()).toBeVisible();
  // The address never contains the token, and nothing outlives the tabs.
  expect(await pasted.evaluate(() => [location.hash, localStorage.getItem("token")])).toEqual(["#/downloads", null]);
});

test("without another tab the sign-in page keeps the address", async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem("locale", "en"));
  await page.goto(`${program.url}/#/downloads`);
  await expect(page.getByText(/You will continue to “Downloads”/)).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await page.getByLabel(S("token")).fill(program.tokens.Paid.administrator);
  await page.getByRole("button", { name: S("open_console") }).click();
  await expect(page.locator(".backup").first()).toBeVisible();
  expect(new URL(page.url()).hash).toBe("#/downloads");
});

test("a dialog closes with Back", async ({ page }) => {
  await open(page, program, "Paid");
  await visit(page, "en", "history");
  await page.getByRole("button", { name: /^Notifications/ }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("overview_heading"));
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("settings that are not saved ask before they are left, by a link and by Back", async ({ page }) => {
  await open(page, program, "Paid");
  await visit(page, "en", "settings");
  const time = page.getByLabel(S("time_of_day"), { exact: true });
  await time.fill("06:15");
  const question = page.getByRole("dialog", { name: S("unsaved_title") });
  await page
    .getByRole("navigation")
    .getByRole("link", { name: S("nav_history") })
    .click();
  await question.getByRole("button", { name: S("unsaved_stay") }).click();
  await expect(time).toHaveValue("06:15");
  expect(new URL(page.url()).hash).toBe("#/settings");
  await page.goBack();
  await expect(question).toBeVisible();
  await question.getByRole("button", { name: S("unsaved_leave") }).click();
  await expect(question).toBeHidden();
  await expect(page.getByRole("heading", { level: 1 })).not.toHaveText(S("settings_heading"));
  await visit(page, "en", "settings");
  await expect(time).not.toHaveValue("06:15");
  await visit(page, "en", "overview");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("overview_heading"));
});

test("offline: the page is that of the address, says what is wrong, and is tried again", async ({ page, context }) => {
  await open(page, program, "Paid");
  await expect(page.getByText(S("state_ready"))).toBeVisible();
  await context.setOffline(true);
  await visit(page, "en", "subscriptions");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("nav_subscriptions"));
  await expect(page.getByRole("main").getByRole("alert").first()).toBeVisible();
  await expect(page.getByRole("navigation").getByRole("link", { name: S("nav_subscriptions") })).toHaveAttribute(
    "aria-current",
    "page",
  );
  await context.setOffline(false);
  await page
    .getByRole("main")
    .getByRole("button", { name: S("retry") })
    .last()
    .click();
  await expect(page.getByText(S("subscriptions_empty"))).toBeVisible();
});

test("a slow network: a click shows at once where it leads", async ({ page }) => {
  await open(page, program, "Paid");
  await expect(page.getByText(S("state_ready"))).toBeVisible();
  let release = () => {};
  await page.route("**/views/history.js", async (route) => {
    await new Promise((resolve) => (release = resolve));
    await route.continue();
  });
  await visit(page, "en", "history");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(S("nav_history"));
  await expect(page.getByText(S("loading")).first()).toBeAttached();
  release();
  await expect(page.locator(".timeline li").first()).toBeVisible();
});

test("a failure: one pop-up, the file at fault in the reader's language, and another try from there", async ({ page }) => {
  const lost = await dataFolder({ Lost: { plan: "Own" } });
  await loseAttachments(lost.data);
  const failing = await serve(lost.data);
  await open(page, failing, "Lost", { locale: "ja" });
  await page.evaluate(() => {
    window.toasts = [];
    new MutationObserver((changes) =>
      changes.forEach(({ addedNodes }) => addedNodes.forEach((node) => window.toasts.push(node.textContent))),
    ).observe(document.getElementById("toasts"), { childList: true });
  });
  await page.getByRole("button", { name: say("ja", "back_up_now") }).click();
  await expect(page.locator("#toasts").getByText(say("ja", "notice_failed").source.slice(1, -1))).toBeVisible();
  const main = page.getByRole("main");
  await expect(main.getByText(/^ファイル: .*\.txt、レコード: 1、モジュール: Leads$/)).toBeVisible();
  await expect(main.getByText(say("ja", "failure_ATTACHMENT_MISSING"))).toBeVisible();
  const failed = () => page.evaluate(() => window.toasts.filter((text) => text.includes("作成できません")).length);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  expect(await failed()).toBe(1);
  await main.getByRole("button", { name: say("ja", "retry") }).click();
  await expect.poll(failed).toBe(2);
  await failing.stop();
  await lost.remove();
});
