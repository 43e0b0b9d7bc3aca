// The console's budget: requests and bytes of the first screen, polling, and no layout shift by new data.

import { backUp, call, dataFolder, ended, forgetSegments, serve, underway } from "./program.js";
import { expect, hold, lookAgain, open, say, test } from "./console.js";

let place;
let program;
test.beforeAll(async () => {
  place = await dataFolder({ Paid: { plan: "Standard" }, Large: { plan: "Own", leads: 150_000 } });
  program = await serve(place.data);
  await backUp(program, "Paid");
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

test("polling slows down when nothing happens, and stops in a hidden tab", async ({ page }) => {
  await page.clock.install();
  await page.goto(`${program.url}/`);
  const gaps = await page
    .evaluate(async () => {
      const { poll } = await import("/console/api.js");
      window.asked = [];
      poll(async () => {
        window.asked.push(Date.now());
        return "nothing";
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
    test.slow();
    await page.setViewportSize({ width, height: 900 });
    await forgetSegments(place.data);
    await backUp(program, "Large");
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
    await forgetSegments(place.data);
    const release = await hold(page, await underway(program, "Large"));
    await lookAgain(page);
    await expect(page.getByText(say("en", "state_running"))).toBeVisible();
    await expect(link).toBeFocused();
    await release();
    await ended(program, "Large");
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
