// The console without a mouse.

import { backUp, dataFolder, serve } from "./program.js";
import { expect, open, say, test } from "./console.js";

const S = (key, values) => say("en", key, values);
let place;
let program;
test.beforeAll(async () => {
  place = await dataFolder({ Paid: { plan: "Own" } });
  program = await serve(place.data);
  await backUp(program, "Paid");
});
test.afterAll(async () => {
  await program?.stop();
  await place?.remove();
});

/** Presses Tab until the locator has the focus. */
async function tabTo(page, target, key = "Tab") {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error("it cannot be reached by keyboard");
}

test("a schedule is set and stopped by keyboard alone", async ({ page }) => {
  await open(page, program, "Paid");
  await expect(page.getByText(S("no_schedule"))).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: S("skip_to_content") })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await tabTo(page, page.getByRole("main").getByRole("link", { name: S("set_schedule") }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(page).toHaveTitle(/^Schedule/);
  await tabTo(page, page.getByLabel(S("choice_biweekly"), { exact: true }));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByLabel(S("choice_weekly"), { exact: true })).toBeChecked();
  await tabTo(page, page.getByLabel(S("weekday"), { exact: true }));
  await page.keyboard.press("ArrowDown");
  await expect(page.locator("section.preview")).toContainText("every Tuesday");
  await tabTo(page, page.getByRole("button", { name: S("done") }));
  await page.keyboard.press("Enter");
  await expect(page.locator("section.next")).toContainText("every Tuesday");

  await tabTo(page, page.getByRole("link", { name: S("change_schedule") }));
  await page.keyboard.press("Enter");
  const stop = page.getByRole("button", { name: S("stop") });
  await expect(stop).toBeVisible();
  await tabTo(page, stop);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: S("stop_title") });
  await expect(dialog.getByRole("button", { name: S("stop_cancel") })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(stop).toBeFocused();
  // The focus returns a moment before the dialog's promise resolves; until then the button is busy.
  await expect(stop).not.toHaveAttribute("aria-busy");
  await page.keyboard.press("Enter");
  await tabTo(page, dialog.getByRole("button", { name: S("stop_confirm"), exact: true }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page.locator("#toasts").getByText(S("stopped"))).toBeVisible();
});

test("notifications and a download by keyboard", async ({ page }) => {
  await open(page, program, "Paid");
  const bell = page.getByRole("button", { name: /^Notifications/ });
  await tabTo(page, bell);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByText(S("notice_ready"))).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(bell).toBeFocused();
  await tabTo(page, page.getByRole("button", { name: S("download_file", { name: "Data_001.zip" }) }));
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  expect(download.suggestedFilename()).toMatch(/^Paid_\d{4}-\d\d-\d\d_Data_001\.zip$/);
});
