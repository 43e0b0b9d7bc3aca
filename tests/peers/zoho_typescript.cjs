// Zoho's official TypeScript SDK, unchanged but for host and token: its six calls. The token comes on standard input.
const { readFileSync } = require("node:fs");
const { setTimeout: wait } = require("node:timers/promises");
const sdk = "@zohocrm/typescript-sdk-8.0/dist";
require(sdk);
const Backup = require(`${sdk}/core/com/zoho/crm/api/backup/import_backup.js`);
const { OAuthToken } = require(`${sdk}/models/authenticator/oauth_token.js`);
const { DataCenter } = require(`${sdk}/routes/dc/data_center.js`);
const { InitializeBuilder } = require(`${sdk}/routes/initialize_builder.js`);
const { ParameterMap } = require(`${sdk}/routes/parameter_map.js`);

const url = process.argv[2];
const token = readFileSync(0, "utf8").trim();

class FixedToken extends OAuthToken {
  async authenticate(connection) {
    connection.addHeader("Authorization", `Zoho-oauthtoken ${token}`);
  }
  async remove() {
    return true;
  }
  async generateToken() {}
  getId() {
    return "fixed";
  }
}

function expect(found, wanted, what) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    console.error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
    process.exit(1);
  }
  console.log(`  ${what}: ${JSON.stringify(found)}`);
}

const value = (choice) => (choice && typeof choice.getValue === "function" ? choice.getValue() : choice);

function answer(response, kind, what) {
  let found = response.getObject();
  if (found instanceof Backup.ActionWrapper) found = found.getBackup();
  expect(found?.constructor?.name, kind.name, `${what} (${response.getStatusCode()})`);
  return found;
}

async function ready(backups) {
  for (let round = 0; round < 600; round++) {
    const status = value((await backups.getDetails()).getObject().getBackup().getStatus());
    if (status !== "INPROGRESS") return status;
    await wait(100);
  }
  return "still INPROGRESS";
}

/** Downloads by the SDK, which sends its Authorization and drops a query, and compares with a plain download to the last byte. */
async function download(backups, link) {
  const file = answer(await backups.downloadBackedUpData(link), Backup.FileBodyWrapper, "download").getFile();
  const plain = Buffer.from(await (await fetch(link)).arrayBuffer());
  const bytes = Buffer.from(file.getStream());
  expect([bytes.length, bytes.equals(plain), bytes.subarray(0, 2).toString()], [plain.length, true, "PK"], file.getName());
  return file.getName();
}

async function main() {
  const builder = await new InitializeBuilder();
  builder.environment(DataCenter.setEnvironment(url, url, url)).token(new FixedToken()).resourcePath("/tmp");
  await builder.initialize();
  const backups = new Backup.BackupOperations();
  const body = new Backup.BodyWrapper();
  const backup = new Backup.Backup();
  backup.setRrule("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU");
  body.setBackup(backup);
  const set = answer(await backups.schedule(body), Backup.SuccessResponse, "schedule");
  const id = set.getDetails().get("id");
  answer(await backups.cancel(BigInt(id)), Backup.SuccessResponse, "cancel");
  answer(await backups.schedule(new Backup.BodyWrapper()), Backup.SuccessResponse, "back up now");
  expect(await ready(backups), "COMPLETED", "details");
  const urls = answer(await backups.getUrls(), Backup.UrlsWrapper, "urls").getUrls();
  const names = [];
  for (const link of [...urls.getDataLinks(), ...urls.getAttachmentLinks()]) names.push(await download(backups, link));
  expect(names, ["Data_001.zip", "Attachments_001.zip"], "files");
  const history = answer(await backups.history(new ParameterMap()), Backup.HistoryWrapper, "history").getHistory();
  const downloaded = history.map((record) => record.getFileName()).filter((name) => names.includes(name));
  expect(downloaded.sort(), [...names].sort(), "downloads in the history");
}

main().then(
  () => console.log("Zoho's TypeScript SDK: everything as expected."),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
