// Layout: past runs, one line for each backup, distinct accessible names, toasts that cover no button.

import { backUp, call, dataFolder, serve } from "./program.js";
import { expect, expectNoSidewaysScroll, hold, lookAgain, open, say, test } from "./console.js";

const S = (key, values) => say("en", key, values);
let place;
let program;
test.beforeAll(async () => {
  place = await dataFolder({ Paid: { plan: "Ultimate" } });
  program = await serve(place.data);
  await backUp(program, "Paid");
  await backUp(program, "Paid");
});
test.afterAll(async () => {
  await program?.stop();
  await place?.remove();
});

test("the calendar shows how past runs ended, today's from the service itself", async ({ page }) => {
  await open(page, program, "Paid");
  await expect(page.locator("table td.ready.today")).toContainText(/backup done at/);
  const answer = await call(program, "Paid", "GET", "/summary");
  expect(answer.summary.past_runs.map(({ outcome }) => outcome)).toEqual(["ready", "ready"]);
  const before = (days) => new Date(Date.now() - days * 86_400_000).toISOString();
  answer.summary.past_runs.push({ time: before(20), outcome: "skipped" }, { time: before(25), outcome: "failed" });
  const release = await hold(page, answer);
  await lookAgain(page);
  await expect(page.locator("table td.skipped")).toContainText(/skipped/);
  await expect(page.locator("table td.failed")).toContainText(/failed/);
  await release();
});

test("all files of a backup come with one press, and are then known to be downloaded", async ({ page }) => {
  await open(page, program, "Paid", { to: "/downloads" });
  const line = page.locator(".backup").first();
  await expect(line).toContainText("Not downloaded yet");
  await expect(page.getByRole("img", { name: /^Size per backup/ })).toBeVisible();
  const names = [];
  page.on("download", (download) => names.push(download.suggestedFilename()));
  await line.getByRole("button", { name: S("download_all_of") }).click();
  await expect.poll(() => names.length).toBe(2);
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Tokyo" }).format(new Date());
  expect(names.sort()).toEqual([`Paid_${day}_Attachments_001.zip`, `Paid_${day}_Data_001.zip`]);
  await expect(line).not.toContainText("Not downloaded yet");
  await line.getByRole("button", { name: S("details_of") }).click();
  for (const name of ["added", "changed", "deleted"])
    await expect(line.getByRole("columnheader", { name: S(name), exact: true })).toBeVisible();
  await expect(line.getByRole("row", { name: /^Leads / }).getByRole("cell")).toHaveText([/./, "200", "0", "0", "0", "2", /kB$/]);
});

for (const width of [320, 1280]) {
  test(`a message covers no button and no link (${width} wide)`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    for (const to of ["/", "/schedule", "/settings"]) {
      await open(page, program, "Paid", { to });
      await expect(page.locator("main .card").first()).toBeVisible();
      await expect(page.locator("main .loading")).toHaveCount(0);
      await page.evaluate(async () => (await import("/console/toasts.js")).toast("A backup is ready to download."));
      await page.waitForFunction(() =>
        document
          .querySelector("#toasts .toast")
          ?.getAnimations()
          .every(({ playState }) => playState === "finished"),
      );
      const covered = await page.evaluate(() => {
        const box = document.querySelector("#toasts").getBoundingClientRect();
        return [...document.querySelectorAll("#shell :is(a, button, summary)")]
          .map((node) => [node.textContent || node.name, node.getBoundingClientRect()])
          .filter(
            ([, { left, right, top, bottom }]) => left < box.right && right > box.left && top < box.bottom && bottom > box.top,
          )
          .map(([name]) => name);
      });
      expect(covered, to).toEqual([]);
      await expectNoSidewaysScroll(page);
      await page.evaluate(() => document.querySelector("#toasts").replaceChildren());
    }
  });
}
