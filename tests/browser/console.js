// Test helpers: opening the console with a token, watching for errors, looking up translated texts.

import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect } from "@playwright/test";

export { expect };

const words = Object.fromEntries(
  ["en", "ja"].map((locale) => [
    locale,
    JSON.parse(readFileSync(new URL(`../../console/locales/${locale}.json`, import.meta.url), "utf8")),
  ]),
);

/** Pattern for a translated text; values that are not given match anything. */
export function say(locale, key, values = {}) {
  const text = words[locale][key];
  if (text === undefined) throw new Error(`there are no words for ${key}`);
  const parts = text.split(/(\{\w+(?::[^}]*)?\})/).map((part) => {
    const place = part.match(/^\{(\w+)/);
    if (!place) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return place[1] in values && !part.includes(":") ? String(values[place[1]]) : ".*";
  });
  return new RegExp(`^${parts.join("")}$`);
}

/** A test that fails on script errors and console errors of the page. */
export const test = base.extend({
  page: async ({ page }, use) => {
    const faults = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      // A refused request is not an error of the page; tests check how the page shows it.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(message.text());
    });
    await use(page);
    expect(faults).toEqual([]);
  },
});

/** Opens the console as an organisation's administrator, with the token in the address as the program prints it. */
export async function open(page, program, organisation, { locale = "en", to = "/", role = "administrator" } = {}) {
  await page.addInitScript((tag) => localStorage.getItem("locale") ?? localStorage.setItem("locale", tag), locale);
  await page.goto(`${program.url}/#token=${program.tokens[organisation][role]}&to=${to}`);
  await expect(page.locator("html")).toHaveAttribute("lang", locale);
}

/** Opens a view through the navigation. */
export async function visit(page, locale, place) {
  const menu = page.getByRole("button", { name: say(locale, "menu"), exact: true });
  if (await menu.isVisible()) await menu.click();
  await page
    .getByRole("navigation")
    .getByRole("link", { name: say(locale, `nav_${place}`) })
    .click();
  await expect(page.locator("main h1")).toBeFocused();
}

/** Expects no violations of WCAG 2.2 AA or of axe's best practices. */
export async function expectAccessible(page) {
  // The pages have no frames; without them axe needs no second page to put results together.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(" | ")}`),
  ).toEqual([]);
}

/** Expects that the page is not wider than the window. */
export async function expectNoSidewaysScroll(page) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(wide).toBeLessThanOrEqual(window);
}

/** Answers all summary requests with a fixed summary until the returned function is called. */
export async function hold(page, summary) {
  const asked = "**/backup/summary";
  await page.route(asked, (route) => route.fulfill({ json: summary }));
  return () => page.unroute(asked);
}

/** Triggers a poll, like returning to the tab. */
export async function lookAgain(page) {
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
}
