// A walk through pages in both languages, wide and on a phone, with a check and a picture of each page. Each language is shown at one width, unless
// HOZON_EVERY_LOOK is set: `tests/run --all` sets it.

import { expect, expectAccessible, expectNoSidewaysScroll, test } from "./console.js";
import { PICTURES } from "./pictures.js";

/** Chooses between few looks and all. */
export function looks(few, more) {
  return process.env.HOZON_EVERY_LOOK ? [...few, ...more] : few;
}

const LOOKS = looks(
  [
    ["ja", 1280],
    ["en", 390],
  ],
  [
    ["en", 1280],
    ["ja", 320],
  ],
);

/**
 * Makes a test of each look. `walk` opens pages; it is given the page, the language, and a function that checks what is shown and keeps a picture of
 * it under a name.
 */
export function inEveryLook(prefix, walk) {
  for (const [locale, width] of LOOKS)
    test(`every page is accessible and fits (${locale}, ${width} wide)`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 });
      const keep = async (name) => {
        await expect(page.locator(".placeholder")).toHaveCount(0);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
        await page.screenshot({ path: `${PICTURES}${prefix}-${name}-${locale}-${width}.png`, fullPage: true });
      };
      await walk(page, locale, keep);
    });
}
