// Checkout, receipt and mails use the language of the page on which the order was placed; the receipt is a printable qualified invoice.

import { pay } from "./checkout.js";
import { dataFolder, serve } from "./program.js";
import { expect, expectAccessible, expectNoSidewaysScroll, test } from "./console.js";
import { PICTURES } from "./pictures.js";

/** Texts of a receipt by language. */
const PARTS = {
  ja: [
    "領収書（適格請求書）",
    "桜商事 御中",
    "山田 太郎 様",
    "単発バックアップ3回分",
    "10%対象 合計（税込）",
    "うち消費税（10%）",
    "¥409",
    "登録番号 T0123456789012",
    "(Asia/Tokyo)",
    "軽減税率の対象となる商品はありません",
  ],
  en: ["Receipt and tax invoice", "桜商事", "One-time backup × 3", "Total at 10%", "¥409", "Registration number", "(Asia/Tokyo)"],
};

let place;
let program;
test.beforeAll(async () => {
  place = await dataFolder({ 桜商事: { plan: "Free" } });
  program = await serve(place.data);
});
test.afterAll(async () => {
  await program?.stop();
  await place?.remove();
});

for (const locale of ["ja", "en"]) {
  test(`an order from the page in ${locale} is paid, receipted and mailed in it`, async ({ page }) => {
    const ask = async (method, path, body) => {
      const headers = { Authorization: `Bearer ${program.tokens["桜商事"].administrator}`, "Accept-Language": locale };
      const answer = await fetch(`${program.url}/crm/bulk/v8/backup${path}`, {
        method,
        headers,
        body: body && JSON.stringify(body),
      });
      return answer.json();
    };
    const items = [{ product: "one_time", quantity: 3 }];
    const placed = await ask("POST", "/orders", { order: { items, origin: "backup_page" } });
    const { order } = await ask("POST", `/orders/${placed.order.id}/actions/confirm`);
    await page.goto(order.checkout_url);
    await expect(page.locator("html")).toHaveAttribute("lang", locale);
    await expectAccessible(page);
    await pay(page);
    await expect.poll(async () => (await ask("GET", `/orders/${order.id}`)).order.status).toBe("PAID");
    await page.goto((await ask("GET", `/orders/${order.id}`)).order.receipt_url);
    await expect(page.locator("html")).toHaveAttribute("lang", locale);
    for (const part of [...PARTS[locale], order.number]) await expect(page.getByText(part).first()).toBeVisible();
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      await page.screenshot({ path: `${PICTURES}receipt-${locale}-${width}.png`, fullPage: true });
    }
    const printed = (await page.pdf({ format: "A4", path: `${PICTURES}receipt-${locale}.pdf` })).toString("latin1");
    expect(printed.match(/\/Type \/Page\b/g)?.length).toBe(1);
  });
}
