// Zoho's official Node SDK, unchanged but for host and token. Tokens come on standard input.
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
// The SDK's modules import one another in a circle that works only from this entry.
import "@zohocrm/nodejs-sdk-8.0";
import * as Backup from "@zohocrm/nodejs-sdk-8.0/lib/core/com/zoho/crm/api/backup/import_backup.js";
import { OAuthToken } from "@zohocrm/nodejs-sdk-8.0/lib/models/authenticator/oauth_token.js";
import { DataCenter } from "@zohocrm/nodejs-sdk-8.0/lib/routes/dc/data_center.js";
import { InitializeBuilder } from "@zohocrm/nodejs-sdk-8.0/lib/routes/initialize_builder.js";
import { ParameterMap } from "@zohocrm/nodejs-sdk-8.0/lib/routes/parameter_map.js";

const url = process.argv[2];
const tokens = JSON.parse(readFileSync(0, "utf8"));
const backups = new Backup.BackupOperations();

// A plain Token would do, but the SDK names its session by fields of OAuthToken.
class FixedToken extends OAuthToken {
  constructor(token) {
    super();
    this.token = token;
  }
  async authenticate(connection) {
    if (this.token) connection.addHeader("Authorization", `Zoho-oauthtoken ${this.token}`);
  }
  async remove() {}
  async generateToken() {}
  getUserSignature() {
    return { getName: () => `user ${this.token}` };
  }
}

async function become(token) {
  const builder = await new InitializeBuilder();
  builder.environment(DataCenter.setEnvironment(url, url, url)).token(new FixedToken(token));
  await builder.resourcePath("/tmp").initialize();
}

function fail(text) {
  console.error(text);
  process.exit(1);
}

function expect(found, wanted, what) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) fail(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  console.log(`  ${what}: ${JSON.stringify(found)}`);
}

const value = (choice) => (choice && typeof choice.getValue === "function" ? choice.getValue() : choice);

function answer(response, kind, what) {
  let found = response.getObject();
  if (found instanceof Backup.ActionWrapper) found = found.getBackup();
  if (!(found instanceof kind)) fail(`${what}: status ${response.getStatusCode()}, ${found?.constructor?.name} instead of ${kind.name}`);
  return found;
}

function error(response, code, what) {
  const found = answer(response, Backup.APIException, what);
  expect(value(found.getCode()), code, `${what} -> APIException`);
  return found;
}

function schedule(rrule) {
  const body = new Backup.BodyWrapper();
  const backup = new Backup.Backup();
  backup.setRrule(rrule);
  body.setBackup(backup);
  return backups.schedule(body);
}

const backUpNow = () => backups.schedule(new Backup.BodyWrapper());

async function waitUntilReady() {
  for (let round = 0; round < 600; round++) {
    const details = answer(await backups.getDetails(), Backup.ResponseWrapper, "details").getBackup();
    if (value(details.getStatus()) !== "INPROGRESS") return answer(await backups.getUrls(), Backup.UrlsWrapper, "urls");
    await wait(100);
  }
  fail("the backup did not become ready");
}

async function schedules() {
  expect((await backups.getDetails()).getStatusCode(), 204, "details before anything");
  const done = answer(await schedule("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"), Backup.SuccessResponse, "schedule");
  expect(value(done.getMessage()), "Backup scheduled successfully.", "schedule");
  const id = done.getDetails().get("id");
  const details = answer(await backups.getDetails(), Backup.ResponseWrapper, "details").getBackup();
  expect([String(details.getId()), value(details.getStatus())], [String(id), "SCHEDULED"], "details");
  expect(details.getRrule(), "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "rrule");
  expect(details.getRequester().getName(), "Admin 管理者", "requester");
  const again = error(await schedule("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"), "BACKUP_ALREADY_SCHEDULED", "a second schedule");
  expect(String(again.getDetails().get("id")), String(id), "details.id");
  const wrong = error(await schedule("RRULE:FREQ=DAILY;INTERVAL=1"), "INVALID_DATA", "a wrong rule");
  expect(wrong.getDetails().get("json_path"), "$.backup.rrule", "json_path");
  error(await backups.cancel(123456n), "RESOURCE_NOT_FOUND", "cancel what is not there");
  const stopped = answer(await backups.cancel(BigInt(id)), Backup.SuccessResponse, "cancel");
  expect(value(stopped.getMessage()), "Backup stopped successfully.", "cancel");
  error(await backups.cancel(BigInt(id)), "ALREADY_CANCELLED", "cancel again");
}

async function backUp() {
  const done = answer(await backUpNow(), Backup.SuccessResponse, "back up now");
  const urls = (await waitUntilReady()).getUrls();
  expect([urls.getDataLinks().length, urls.getAttachmentLinks().length], [1, 1], "links");
  error(await backups.cancel(BigInt(done.getDetails().get("id"))), "ALREADY_CANCELLED", "cancel what is ready");
  const params = new ParameterMap();
  await params.add(Backup.HISTORYParam.PAGE, "1");
  await params.add(Backup.HISTORYParam.PER_PAGE, "2");
  const history = answer(await backups.history(params), Backup.HistoryWrapper, "history");
  expect(history.getHistory().map((record) => value(record.getState())), ["completed", null], "states");
  expect(history.getInfo().getMoreRecords(), true, "more records");
  for (const link of [...urls.getDataLinks(), ...urls.getAttachmentLinks()]) await download(link);
}

/** Downloads by the SDK, which sends its Authorization, and compares with a plain download to the last byte. */
async function download(link) {
  // This SDK returns a promise of the file.
  const found = await (await backups.downloadBackedUpData(link)).getObject();
  if (!(found instanceof Backup.FileBodyWrapper)) fail(`download: ${found?.constructor?.name} instead of FileBodyWrapper`);
  const file = found.getFile();
  const bytes = Buffer.from(file.getStream());
  const plain = Buffer.from(await (await fetch(link)).arrayBuffer());
  expect([file.getName(), bytes.length, bytes.equals(plain)], [link.split("/").pop(), plain.length, true], "the download");
}

async function inProgress() {
  const done = answer(await backUpNow(), Backup.SuccessResponse, "back up now");
  error(await backUpNow(), "INPROGRESS", "back up now again");
  error(await backups.cancel(BigInt(done.getDetails().get("id"))), "INPROGRESS", "cancel what is being made");
  await waitUntilReady();
}

async function strangers() {
  for (const [token, code] of [
    [tokens["Paid plain user"], "NO_PERMISSION"],
    ["not-a-token", "INVALID_TOKEN"],
    [null, "AUTHENTICATION_FAILURE"],
  ]) {
    await become(token);
    error(await backups.getDetails(), code, "details");
    error(await schedule("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"), code, "schedule");
    error(await backups.cancel(1n), code, "cancel");
    error(await backups.getUrls(), code, "urls");
    error(await backups.history(), code, "history");
  }
}

await become(tokens["Paid administrator"]);
await schedules();
await backUp();
await become(tokens["Large administrator"]);
await inProgress();
await become(tokens["Nothing free administrator"]);
error(await backUpNow(), "LIMIT_REACHED", "back up now without allowance");
await strangers();
console.log("Zoho's Node SDK: everything as expected.");
