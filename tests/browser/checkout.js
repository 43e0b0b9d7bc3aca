// Pays on the checkout page of the local program.

import { expect } from "@playwright/test";

const TYPED = {
  name: "山田 太郎",
  email: "taro@example.com",
  country: "JP",
  "postal-code": "100-0001",
  address: "千代田 1-1",
  "cc-number": "4242 4242 4242 4242",
  "cc-exp": "12/40",
  "cc-csc": "123",
};

/** Fills the checkout page that is open, pays, and waits until the console shows the order. */
export async function pay(page) {
  await expect(page).toHaveURL(/\/pay\//);
  for (const [field, value] of Object.entries(TYPED)) await page.locator(`[name="${field}"]`).fill(value);
  await page.locator("form button[type=submit]").click();
  await expect(page).toHaveURL(/#\/orders\/\d+$/);
}
