// The console's budget: requests and bytes of the first screen, polling, and no layout shift by new data.

import { backUp, call, dataFolder, ended, serve, underway } from "./program.js";
import { expect, hold, lookAgain, open, say, test, visit } from "./console.js";

let place;
let program;
/** Summary taken while the second backup was running. */
let running;
test.beforeAll(async () => {
  place = await dataFolder({ Paid: { plan: "Standard" }, Changes: { plan: "Own" }, Large: { plan: "Own", leads: 30_000 } });
  program = await serve(place.data);
  await backUp(program, "Paid");
  await backUp(program, "Large");
  running = await underway(program, "Large");
  await ended(program, "Large");
  await call(program, "Paid", "POST", "", { backup: { rrule: "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO" } });
});
test.afterAll(async () => {
  await program?.stop();
  await place?.remove();
});

for (const locale of ["en", "ja"]) {
  test(`the first screen: under 100 KB, under 10 requests, one of the API (${locale})`, async ({ page }) => {
    await page.addInitScript((tag) => localStorage.setItem("locale", tag), locale);
    const sizes = [];
    page.on("requestfinished", (request) =>
      sizes.push(request.sizes().then((size) => [request.url(), size.responseHeadersSize + size.responseBodySize])),
    );
    await page.goto(`${program.url}/#token=${program.tokens.Paid.administrator}`);
    await expect(page.locator("section.next strong")).toBeVisible();
    await page.waitForLoadState("networkidle");
    const transferred = await Promise.all(sizes);
    const bytes = transferred.reduce((sum, [, size]) => sum + size, 0);
    const api = transferred.filter(([url]) => url.includes("/crm/"));
    console.log(`first screen, ${locale}: ${transferred.length} requests, ${bytes} bytes, ${api.length} of the API`);
    expect(transferred.length).toBeLessThan(10);
    expect(bytes).toBeLessThan(100_000);
    expect(api.map(([url]) => new URL(url).pathname)).toEqual(["/crm/bulk/v8/backup/summary"]);
  });
}

test("what has not changed is not sent again", async ({ page }) => {
  await open(page, program, "Paid");
  await expect(page.locator("section.next strong")).toBeVisible();
  const [answer] = await Promise.all([page.waitForResponse("**/backup/summary"), lookAgain(page)]);
  expect([answer.status(), Boolean((await answer.request().allHeaders())["if-none-match"])]).toEqual([304, true]);
});

test("a change answers with what it leads to: the summary is not read again", async ({ page }) => {
  await open(page, program, "Changes");
  await expect(page.getByText(say("en", "no_schedule"))).toBeVisible();
  // A hidden tab does not poll, so that all requests counted are those of the change.
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  const asked = [];
  page.on("request", (request) => request.url().endsWith("/backup/summary") && asked.push(request.url()));
  await visit(page, "en", "schedule");
  await page.getByRole("button", { name: say("en", "done") }).click();
  await expect(page.locator("section.next")).toContainText("every other Monday");
  await page.getByRole("link", { name: say("en", "change_schedule") }).click();
  await page.getByLabel(say("en", "choice_weekly"), { exact: true }).check();
  await page.getByRole("button", { name: say("en", "done") }).click();
  await expect(page.locator("section.next")).toContainText("every Monday");
  await visit(page, "en", "settings");
  await page.getByLabel(say("en", "time_of_day"), { exact: true }).fill("05:30");
  await page.getByRole("button", { name: say("en", "save"), exact: true }).click();
  await expect(page.locator("#toasts").getByText(say("en", "settings_saved"))).toBeVisible();
  await visit(page, "en", "overview");
  await expect(page.locator("section.next strong")).toContainText("5:30");
  await page.getByRole("button", { name: say("en", "bell_unread") }).click();
  await expect(page.getByRole("button", { name: say("en", "bell"), exact: true, includeHidden: true })).toBeAttached();
  await page.keyboard.press("Escape");
  await visit(page, "en", "schedule");
  await page.getByRole("button", { name: say("en", "stop") }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: say("en", "stop_confirm"), exact: true })
    .click();
  await visit(page, "en", "overview");
  await expect(page.getByText(say("en", "no_schedule"))).toBeVisible();
  await page.getByRole("button", { name: say("en", "back_up_now") }).click();
  await expect(page.getByText(say("en", "status_INPROGRESS"), { exact: true })).toBeVisible();
  expect(asked).toEqual([]);
});

test("polling slows down when nothing happens, and stops in a hidden tab", async ({ page }) => {
  await page.clock.install();
  await page.goto(`${program.url}/`);
  const gaps = await page
    .evaluate(async () => {
      const { poll } = await import("/console/api.js");
      window.asked = [];
      poll(async () => {
        window.asked.push(Date.now());
        return "unchanged";
      }).now();
    })
    .then(async () => {
      await page.clock.runFor(300_000);
      return page.evaluate(() => window.asked.slice(1).map((at, index) => at - window.asked[index]));
    });
  expect(gaps.length).toBeLessThan(12);
  expect(gaps.every((gap, at) => at === 0 || gap >= gaps[at - 1])).toBe(true);
  expect(gaps.at(-1)).toBe(60_000);
  const hide = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  const before = await page.evaluate(() => window.asked.length);
  await page.clock.runFor(600_000);
  expect(await page.evaluate(() => window.asked.length)).toBe(before);
  await hide(false);
  await expect.poll(() => page.evaluate(() => window.asked.length)).toBe(before + 1);
});

for (const width of [390, 1280]) {
  test(`nothing moves and no focus is lost while a backup comes and goes (${width} wide)`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await open(page, program, "Large");
    const link = page.getByRole("main").getByRole("link", { name: say("en", "all_downloads") });
    await expect(link).toBeVisible();
    await page.evaluate(() => {
      window.shifts = [];
      new PerformanceObserver((list) =>
        list
          .getEntries()
          .forEach((entry) => window.shifts.push([entry.value, ...entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 80))])),
      ).observe({ type: "layout-shift" });
    });
    await link.focus();
    const release = await hold(page, running);
    await lookAgain(page);
    await expect(page.getByText(say("en", "state_running"))).toBeVisible();
    await expect(link).toBeFocused();
    await release();
    await lookAgain(page);
    await expect(page.getByText(say("en", "state_ready"))).toBeVisible();
    await expect(link).toBeFocused();
    const shifts = await page.evaluate(() => window.shifts);
    expect(
      shifts.reduce((sum, [value]) => sum + value, 0),
      JSON.stringify(shifts),
    ).toBeLessThan(0.01);
  });
}
