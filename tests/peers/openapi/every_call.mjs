// Makes every call of the document with openapi-fetch and the types of openapi-typescript, which tsc checks this file against. Prints the calls.
// @ts-check
import createClient from "openapi-fetch";
import { setTimeout as wait } from "node:timers/promises";

/** @typedef {import("../../../target/clients/schema.js").paths} paths */

const [url = "", token = ""] = process.argv.slice(2);
const path = { v: /** @type {const} */ ("v8") };
const weekly = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU";

const api = createClient(/** @type {import("openapi-fetch").ClientOptions} */ ({ baseUrl: url }));
/** @type {import("openapi-fetch").Client<paths>} */
const client = api;
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${token}`);
  },
  onResponse({ request, response, schemaPath }) {
    console.log(`${request.method} ${schemaPath} ${response.status}`);
  },
});

/**
 * What a call has answered; anything but the status it should have ends this.
 * @template T
 * @param {{ data?: T, error?: unknown, response: Response }} answer
 * @param {number} status
 * @returns {NonNullable<T>}
 */
function ok({ data, error, response }, status = 200) {
  if (response.status !== status) {
    console.error(`${response.status} instead of ${status}: ${JSON.stringify(error)}`);
    process.exit(1);
  }
  return /** @type {NonNullable<T>} */ (data ?? {});
}

/**
 * A refusal with the one error schema.
 * @param {{ error?: import("../../../target/clients/schema.js").components["schemas"]["AnyError"], response: Response }} answer
 * @param {string} code
 */
function refused({ error }, code) {
  const found = error && ("backup" in error ? error.backup : error);
  if (found?.code !== code || found.status !== "error") {
    console.error(`${JSON.stringify(error)} instead of ${code}`);
    process.exit(1);
  }
}

async function finished() {
  for (let round = 0; round < 600; round++) {
    const { backups } = ok(await client.GET("/crm/bulk/{v}/backup/backups", { params: { path, query: { page: 1, per_page: 5 } } }));
    const [newest] = backups;
    if (newest && newest.status !== "INPROGRESS") return newest;
    await wait(200);
  }
  throw new Error("the backup did not become ready");
}

async function schedules() {
  ok(await client.GET("/crm/bulk/{v}/backup", { params: { path } }), 204);
  ok(await client.GET("/crm/bulk/{v}/backup/preview", { params: { path, query: { rrule: weekly } } }));
  const set = ok(await client.POST("/crm/bulk/{v}/backup", { params: { path }, body: { backup: { rrule: weekly } } }), 201);
  const { id } = set.backup.details;
  const read = await client.GET("/crm/bulk/{v}/backup", { params: { path } });
  if (!ok(read).backup.scheduled_date) throw new Error("no next run");
  const header = { "If-Match": read.response.headers.get("etag") ?? "" };
  const body = { backup: { rrule: "RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15" } };
  ok(await client.PUT("/crm/bulk/{v}/backup/{id}", { params: { path: { ...path, id }, header }, body }));
  refused(await client.POST("/crm/bulk/{v}/backup", { params: { path }, body }), "BACKUP_ALREADY_SCHEDULED");
  ok(await client.PUT("/crm/bulk/{v}/backup/{id}/actions/cancel", { params: { path: { ...path, id } } }));
}

async function backups() {
  ok(await client.POST("/crm/bulk/{v}/backup", { params: { path } }), 201);
  const { id, files } = await finished();
  ok(await client.GET("/crm/bulk/{v}/backup/backups/{id}/contents", { params: { path: { ...path, id } } }));
  ok(await client.GET("/crm/bulk/{v}/backup/urls", { params: { path, query: { backup_id: id } } }));
  ok(await client.GET("/crm/bulk/{v}/backup/backups/{id}/statement", { params: { path: { ...path, id } } }));
  ok(await client.GET("/crm/bulk/{v}/backup/statements", { params: { path, query: { per_page: 2 } } }));
  ok(await client.GET("/crm/bulk/{v}/backup/statements/key", { params: { path } }));
  ok(await client.PUT("/crm/bulk/{v}/backup/backups/{id}/hold", { params: { path: { ...path, id } } }));
  ok(await client.DELETE("/crm/bulk/{v}/backup/backups/{id}/hold", { params: { path: { ...path, id } } }));
  ok(await client.GET("/crm/bulk/{v}/backup/retention", { params: { path } }));
  const name = files[0]?.name ?? "";
  ok(await client.POST("/crm/bulk/{v}/backup/{id}/files/{name}/actions/download", { params: { path: { ...path, id, name } } }));
  refused(await client.POST("/crm/bulk/{v}/backup/{id}/actions/cancel_run", { params: { path: { ...path, id } } }), "NOT_RUNNING");
}

async function explore() {
  const { id } = await finished();
  const of = { ...path, id };
  const { modules } = ok(await client.GET("/crm/bulk/{v}/backup/{id}/modules", { params: { path: of } }));
  const inModule = { ...of, module: modules[0]?.api_name ?? "" };
  const page = { path: inModule, query: { per_page: 2 } };
  const { records } = ok(await client.GET("/crm/bulk/{v}/backup/{id}/modules/{module}/records", { params: page }));
  const inRecord = { ...inModule, record: records[0]?.id ?? "" };
  ok(await client.GET("/crm/bulk/{v}/backup/{id}/modules/{module}/records/{record}", { params: { path: inRecord } }));
  ok(await client.GET("/crm/bulk/{v}/backup/{id}/modules/{module}/records/{record}/history", { params: { path: inRecord } }));
  ok(await client.GET("/crm/bulk/{v}/backup/{id}/modules/{module}/records/{record}/attachments", { params: { path: inRecord } }));
  const none = { params: { path: { ...inRecord, attachment: "1" } } };
  const link = "/crm/bulk/{v}/backup/{id}/modules/{module}/records/{record}/attachments/{attachment}/actions/link";
  refused(await client.POST(link, none), "ATTACHMENT_NOT_FOUND");
  ok(await client.GET("/crm/bulk/{v}/backup/{id}/search", { params: { path: of, query: { words: "name", match: "prefix" } } }));
  const { modules: same } = ok(await client.GET("/crm/bulk/{v}/backup/{id}/compare", { params: { path: of, query: { with: id } } }));
  if (same.length === 0) throw new Error("no module was compared");
  const withItself = { params: { path: inModule, query: { with: id } } };
  ok(await client.GET("/crm/bulk/{v}/backup/{id}/compare/{module}", withItself));
  ok(await client.GET("/crm/bulk/{v}/backup/{id}/compare/{module}/attachments", withItself));
}

async function overview() {
  const summary = await client.GET("/crm/bulk/{v}/backup/summary", { params: { path } });
  ok(summary);
  const header = { "If-None-Match": summary.response.headers.get("etag") ?? "" };
  ok(await client.GET("/crm/bulk/{v}/backup/summary", { params: { path, header } }), 304);
  ok(await client.GET("/crm/bulk/{v}/backup/allowance", { params: { path } }));
  ok(await client.GET("/crm/bulk/{v}/backup/ledger", { params: { path, query: { per_page: 2 } } }));
  ok(await client.GET("/crm/bulk/{v}/backup/source", { params: { path } }));
  ok(await client.GET("/crm/bulk/{v}/backup/history", { params: { path, query: { kind: "backup_ready", from: "2020-01-01" } } }));
  const { notifications } = ok(await client.GET("/crm/bulk/{v}/backup/notifications", { params: { path } }));
  const body = { notifications: { read_until: notifications[0]?.id ?? "" } };
  ok(await client.PUT("/crm/bulk/{v}/backup/notifications/actions/mark_read", { params: { path }, body }));
}

async function settings() {
  ok(await client.GET("/crm/bulk/{v}/backup/settings", { params: { path } }));
  const wanted = { settings: { locale: /** @type {const} */ ("ja"), recipients: ["ops@example.com"] } };
  ok(await client.PUT("/crm/bulk/{v}/backup/settings", { params: { path, header: { "If-Match": "*" } }, body: wanted }));
  const link = ok(await client.POST("/crm/bulk/{v}/backup/calendar/link", { params: { path } }));
  const key = new URL(link.details.path, url).searchParams.get("key") ?? "";
  ok(await client.GET("/crm/bulk/{v}/backup/calendar.ics", { params: { path, query: { key } }, parseAs: "text" }));
  ok(await client.DELETE("/crm/bulk/{v}/backup/calendar/link", { params: { path } }));
}

async function connection() {
  const { connection: none, profiles } = ok(await client.GET("/crm/bulk/{v}/backup/connection", { params: { path } }));
  if (none || !profiles.some(({ name }) => name === "creme")) throw new Error(JSON.stringify([none, profiles]));
  const database = { host: "127.0.0.1", port: 1, name: "crm", user: "reader", password: "secret" };
  const body = { connection: { kind: /** @type {const} */ ("postgres"), database, omitted: [{ module: "log" }], profile: "creme" } };
  const { check } = ok(await client.POST("/crm/bulk/{v}/backup/connection/actions/check", { params: { path }, body }));
  if (check.status !== "failed" || check.error?.code !== "SOURCE_UNREACHABLE") throw new Error(JSON.stringify(check));
  ok(await client.PUT("/crm/bulk/{v}/backup/connection", { params: { path }, body }));
  ok(await client.DELETE("/crm/bulk/{v}/backup/connection", { params: { path } }));
  const zoho = { data_center: /** @type {const} */ ("jp"), client_id: "1000.A", client_secret: "secret" };
  const wanted = { connection: { kind: /** @type {const} */ ("zoho"), zoho } };
  const asked = ok(await client.POST("/crm/bulk/{v}/backup/connection/actions/ask_consent", { params: { path }, body: wanted }));
  if (!asked.consent.url.includes("client_id=1000.A")) throw new Error(asked.consent.url);
  const unknown = { params: { path }, body: { consent: { state: "unknown", code: "1000.B" } } };
  refused(await client.POST("/crm/bulk/{v}/backup/connection/actions/answer_consent", unknown), "CONSENT_EXPIRED");
}

async function restoreTarget() {
  const { restore_target: none } = ok(await client.GET("/crm/bulk/{v}/backup/restore_target", { params: { path } }));
  if (none) throw new Error(JSON.stringify(none));
  const database = { host: "127.0.0.1", port: 1, name: "crm", user: "writer", password: "secret" };
  const body = { restore_target: { kind: /** @type {const} */ ("mysql"), database, drills: true } };
  const { check } = ok(await client.POST("/crm/bulk/{v}/backup/restore_target/actions/check", { params: { path }, body }));
  if (check.error?.code !== "SOURCE_UNREACHABLE") throw new Error(JSON.stringify(check));
  ok(await client.PUT("/crm/bulk/{v}/backup/restore_target", { params: { path }, body }));
  ok(await client.DELETE("/crm/bulk/{v}/backup/restore_target", { params: { path } }));
}

async function webhooks() {
  const chat = { webhook: { url: "https://example.com/services/T/B/X", kind: /** @type {const} */ ("slack") } };
  const added = ok(await client.POST("/crm/bulk/{v}/backup/webhooks", { params: { path }, body: chat }), 201).details;
  ok(await client.DELETE("/crm/bulk/{v}/backup/webhooks/{id}", { params: { path: { ...path, id: added.id } } }));
  const body = { webhook: { url: "https://example.com/hook" } };
  const { id } = ok(await client.POST("/crm/bulk/{v}/backup/webhooks", { params: { path }, body }), 201).details;
  ok(await client.GET("/crm/bulk/{v}/backup/webhooks", { params: { path } }));
  ok(await client.POST("/crm/bulk/{v}/backup/webhooks/{id}/actions/test", { params: { path: { ...path, id } } }));
  ok(await client.DELETE("/crm/bulk/{v}/backup/webhooks/{id}", { params: { path: { ...path, id } } }));
}

async function purchases() {
  ok(await client.GET("/crm/bulk/{v}/backup/prices", { params: { path } }));
  const order = { items: [{ product: /** @type {const} */ ("one_time"), quantity: 2 }], origin: /** @type {const} */ ("backup_page") };
  const { id } = ok(await client.POST("/crm/bulk/{v}/backup/orders", { params: { path }, body: { order } }), 201).order;
  ok(await client.POST("/crm/bulk/{v}/backup/orders/{id}/actions/confirm", { params: { path: { ...path, id } } }));
  ok(await client.POST("/crm/bulk/{v}/backup/orders/{id}/actions/cancel", { params: { path: { ...path, id } } }));
  ok(await client.GET("/crm/bulk/{v}/backup/orders/{id}", { params: { path: { ...path, id } } }));
  ok(await client.GET("/crm/bulk/{v}/backup/orders", { params: { path } }));
  ok(await client.GET("/crm/bulk/{v}/backup/subscriptions", { params: { path } }));
  const none = { params: { path: { ...path, id: "1" } } };
  refused(await client.POST("/crm/bulk/{v}/backup/subscriptions/{id}/actions/cancel", none), "RESOURCE_NOT_FOUND");
  refused(await client.POST("/crm/bulk/{v}/backup/subscriptions/{id}/actions/resume", none), "RESOURCE_NOT_FOUND");
  const forged = { params: { header: { "Stripe-Signature": "t=1,v1=00" } }, body: {} };
  refused(await client.POST("/webhooks/payments", forged), "INVALID_SIGNATURE");
}

/** @param {string} status @param {string} id */
async function erasureIn(status, id) {
  for (let round = 0; round < 600; round++) {
    const { erasure } = ok(await client.GET("/crm/bulk/{v}/erasures/{id}", { params: { path: { ...path, id } } }));
    if (erasure.status === status) return erasure;
    await wait(200);
  }
  throw new Error(`the erasure did not become ${status}`);
}

async function erasures() {
  const { id: backup } = await finished();
  const of = { ...path, id: backup };
  const { modules } = ok(await client.GET("/crm/bulk/{v}/backup/{id}/modules", { params: { path: of } }));
  const page = { path: { ...of, module: modules[0]?.api_name ?? "" }, query: { per_page: 1 } };
  const { records } = ok(await client.GET("/crm/bulk/{v}/backup/{id}/modules/{module}/records", { params: page }));
  const body = { records: [{ module: page.path.module, id: records[0]?.id ?? "" }] };
  const request = async () => ok(await client.POST("/crm/bulk/{v}/erasures", { params: { path }, body }), 201).erasure.id;
  const unwanted = { ...path, id: (await erasureIn("PLANNED", await request())).id };
  ok(await client.POST("/crm/bulk/{v}/erasures/{id}/actions/cancel", { params: { path: unwanted } }));
  const planned = await erasureIn("PLANNED", await request());
  const wanted = { ...path, id: planned.id };
  const confirmation = { records: planned.records ?? 0 };
  ok(await client.POST("/crm/bulk/{v}/erasures/{id}/actions/confirm", { params: { path: wanted }, body: confirmation }));
  await erasureIn("COMPLETED", planned.id);
  ok(await client.GET("/crm/bulk/{v}/erasures", { params: { path, query: { per_page: 1 } } }));
  ok(await client.GET("/crm/bulk/{v}/erasures/{id}/statement", { params: { path: wanted } }));
}

/** @param {string} id */
async function plannedRestore(id) {
  for (let round = 0; round < 600; round++) {
    const { restore } = ok(await client.GET("/crm/bulk/{v}/restores/{id}", { params: { path: { ...path, id } } }));
    if (restore.status === "PLANNED") return restore;
    await wait(200);
  }
  throw new Error("the restore was not planned");
}

async function restores() {
  ok(await client.GET("/crm/bulk/{v}/restores", { params: { path } }));
  const body = { backup: (await finished()).id };
  const requested = ok(await client.POST("/crm/bulk/{v}/restores", { params: { path }, body }), 201);
  const { id, plan } = await plannedRestore(requested.restore.id);
  const own = { params: { path: { ...path, id } } };
  const module = { params: { path: { ...path, id, module: plan?.modules[0]?.api_name ?? "" } } };
  ok(await client.GET("/crm/bulk/{v}/restores/{id}/plan/{module}", module));
  ok(await client.POST("/crm/bulk/{v}/restores/{id}/actions/cancel", own));
  ok(await client.GET("/crm/bulk/{v}/restores/{id}/report", own));
  ok(await client.GET("/crm/bulk/{v}/restores/{id}/report.csv", { ...own, parseAs: "text" }));
  const none = { params: { path: { ...path, id: "1" } } };
  refused(await client.POST("/crm/bulk/{v}/restores/{id}/actions/confirm", { ...none, body: { deletes: 0 } }), "RESOURCE_NOT_FOUND");
  refused(await client.POST("/crm/bulk/{v}/restores/{id}/actions/undo", none), "RESOURCE_NOT_FOUND");
  refused(await client.POST("/crm/bulk/{v}/drills", { params: { path }, body }), "NOT_ALLOWED");
  refused(await client.GET("/crm/bulk/{v}/drills/{id}", none), "RESOURCE_NOT_FOUND");
  refused(await client.POST("/crm/bulk/{v}/drills/{id}/actions/cancel", none), "RESOURCE_NOT_FOUND");
}

const parts = [schedules, backups, explore, overview, settings, connection, restoreTarget, webhooks, purchases, restores, erasures];
for (const part of parts) await part();
