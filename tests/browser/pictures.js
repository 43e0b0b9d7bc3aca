// Folder of the screenshots. As a program, `node tests/browser/pictures.js` takes the screenshots for the documentation: the overview of
// the sample CRM in both languages.

import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { expectAccessible, expectNoSidewaysScroll } from "./console.js";
import { serve } from "./program.js";

export const PICTURES = fileURLToPath(new URL("../../target/screenshots/", import.meta.url));
mkdirSync(PICTURES, { recursive: true });

/** Takes a screenshot of a page as a phone and as a desktop show it, once it is accessible and nothing is cut off there. */
export async function keepPictures(page, name) {
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.screenshot({ path: `${PICTURES}${name}-${width}.png`, fullPage: true });
  }
}

const DOCUMENTATION = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
const FILES = { en: "overview.png", ja: "overview.ja.png" };

async function documentation() {
  const folder = await mkdtemp(path.join(tmpdir(), "hozon-pictures-"));
  const program = await serve(folder, ["--plan", "Standard"], "demo");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  for (const [locale, file] of Object.entries(FILES)) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme: "light", reducedMotion: "reduce" });
    await page.addInitScript((tag) => localStorage.setItem("locale", tag), locale);
    await page.goto(program.consoleUrl);
    await page.locator("section.state .files li").first().waitFor();
    const height = await page.evaluate(() => document.querySelector("main .overview").getBoundingClientRect().bottom);
    await page.setViewportSize({ width: 1280, height: Math.ceil(height) + 24 });
    await page.screenshot({ path: path.join(DOCUMENTATION, file) });
    console.log(`docs/pictures/${file}`);
  }
  await browser.close();
  await program.stop();
  await rm(folder, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await documentation();
