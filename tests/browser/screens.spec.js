// Every screen in both languages, narrow and wide, light and dark: a screenshot, no axe violations, never wider than the window.

import { backUp, call, dataFolder, loseAttachments, serve, underway } from "./program.js";
import { expect, expectAccessible, expectNoSidewaysScroll, hold, open, say, test } from "./console.js";
import { looks } from "./looks.js";
import { PICTURES } from "./pictures.js";

/** Screens of an organisation with data: address, and the locator that shows that they are loaded. */
const SCREENS = [
  ["overview", "/", "section.next strong"],
  ["schedule", "/schedule", "section.preview li"],
  ["downloads", "/downloads", ".backup"],
  ["history", "/history", ".timeline li"],
  ["source", "/source", "section.card dl"],
  ["settings", "/settings", "form.settings"],
];
/** Screens of an organisation without data. */
const EMPTY = [
  ["overview-empty", "/", "section.next .button"],
  ["downloads-empty", "/downloads", ".blank"],
  ["history-empty", "/history", ".blank, .timeline"],
];

const LOOKS = looks(
  [
    ["ja", 1280],
    ["en", 390],
  ],
  [
    ["en", 1280],
    ["ja", 390],
    ["en", 320],
    ["ja", 320],
  ],
);

test.describe.configure({ mode: "parallel" });

let place;
let lost;
let program;
let failing;
/** Summary taken while a backup was running. */
let running;
test.beforeAll(async () => {
  place = await dataFolder({
    "桜商事 Sakura": { plan: "Standard" },
    Empty: { plan: "Ultimate" },
    Large: { plan: "Own", leads: 30_000 },
  });
  program = await serve(place.data);
  running = await underway(program, "Large");
  await backUp(program, "桜商事 Sakura");
  const { urls } = await call(program, "桜商事 Sakura", "GET", "/urls");
  await (await fetch(urls.data_links[0])).arrayBuffer();
  await call(program, "桜商事 Sakura", "POST", "", { backup: { rrule: "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO" } });
  lost = await dataFolder({ Lost: { plan: "Standard" } });
  await loseAttachments(lost.data);
  failing = await serve(lost.data);
  await backUp(failing, "Lost");
});
test.afterAll(async () => {
  await program?.stop();
  await failing?.stop();
  await place?.remove();
  await lost?.remove();
});

for (const [locale, width] of LOOKS) {
  test(`${locale}, ${width} wide`, async ({ browser }) => {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      locale: locale === "ja" ? "ja-JP" : "en-GB",
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    /** Screenshots of both themes at desktop and phone width; the narrowest width is checked in one theme. */
    const keep = async (name, fullPage = true) => {
      await expectNoSidewaysScroll(page);
      for (const colorScheme of width === 320 ? ["light"] : ["dark", "light"]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        // Contrast depends on the theme, not on the language.
        if (width !== 320 && (colorScheme === "dark") === (locale === "en")) await expectAccessible(page);
        await page.screenshot({ path: `${PICTURES}${name}-${locale}-${width}-${colorScheme}.png`, fullPage });
      }
    };
    await page.goto(`${program.url}/`);
    await expect(page.getByLabel(say(locale, "token"))).toBeVisible();
    await keep("sign-in");

    await open(page, program, "桜商事 Sakura", { locale });
    for (const [name, to, sign] of SCREENS) {
      await page.goto(`${program.url}/#${to}`);
      await expect(page.locator(sign).first()).toBeVisible();
      if (name === "downloads") {
        await page
          .getByRole("button", { name: say(locale, "details_of") })
          .first()
          .click();
        await expect(page.getByRole("rowheader", { name: "Deals", exact: true })).toBeVisible();
      }
      await keep(name);
    }
    await page.goto(`${program.url}/#/schedule`);
    await page.getByRole("button", { name: say(locale, "stop") }).click();
    await keep("stop", false);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: new RegExp(`^${locale === "ja" ? "お知らせ" : "Notifications"}`) }).click();
    await expect(page.locator(".notices li").first()).toBeVisible();
    await keep("bell", false);
    await page.keyboard.press("Escape");

    for (const [name, to, sign] of EMPTY) {
      await open(page, program, "Empty", { locale, to });
      await expect(page.locator(sign).first()).toBeVisible();
      await keep(name);
    }
    const release = await hold(page, running);
    await open(page, program, "Large", { locale });
    await expect(page.getByText(say(locale, "state_running"))).toBeVisible();
    await expect(page.getByRole("progressbar")).toBeVisible();
    await keep("overview-running");
    await release();
    await open(page, failing, "Lost", { locale });
    await expect(page.getByText(say(locale, "failure_ATTACHMENT_MISSING"))).toBeVisible();
    await keep("overview-failed");
    await page.route("**/crm/**", (route) => route.abort());
    await page.reload();
    await expect(page.getByRole("alert")).toBeVisible();
    await keep("overview-unreachable");
    await context.close();
  });
}

test("at 200% nothing is lost and nothing scrolls sideways", async ({ browser }) => {
  // A window of 1280 pixels, zoomed to 200%.
  const context = await browser.newContext({ viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
  const page = await context.newPage();
  for (const locale of ["en", "ja"]) {
    await page.goto("about:blank");
    await context.addInitScript((tag) => localStorage.setItem("locale", tag), locale);
    await open(page, program, "桜商事 Sakura", { locale });
    for (const [name, to, sign] of SCREENS) {
      await page.goto(`${program.url}/#${to}`);
      await expect(page.locator(sign).first()).toBeVisible();
      await expectNoSidewaysScroll(page);
      await page.screenshot({ path: `${PICTURES}${name}-${locale}-200-percent.png`, fullPage: true });
    }
  }
  await context.close();
});
