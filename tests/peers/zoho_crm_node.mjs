// Zoho's official Node SDK reads the test server. Its address, client and tokens come on standard input.
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
// The SDK's modules import one another in a circle that works only from this entry.
import "@zohocrm/nodejs-sdk-8.0";
import * as Attachments from "@zohocrm/nodejs-sdk-8.0/lib/core/com/zoho/crm/api/attachments/import_attachments.js";
import * as Bulk from "@zohocrm/nodejs-sdk-8.0/lib/core/com/zoho/crm/api/bulk_read/import_bulk_read.js";
import * as Coql from "@zohocrm/nodejs-sdk-8.0/lib/core/com/zoho/crm/api/coql/import_coql.js";
import * as Fields from "@zohocrm/nodejs-sdk-8.0/lib/core/com/zoho/crm/api/fields/import_fields.js";
import * as Modules from "@zohocrm/nodejs-sdk-8.0/lib/core/com/zoho/crm/api/modules/import_modules.js";
import * as Records from "@zohocrm/nodejs-sdk-8.0/lib/core/com/zoho/crm/api/record/import_record.js";
import { OAuthBuilder } from "@zohocrm/nodejs-sdk-8.0/lib/models/authenticator/oauth_builder.js";
import { FileStore } from "@zohocrm/nodejs-sdk-8.0/lib/models/authenticator/store/file_store.js";
import { DataCenter } from "@zohocrm/nodejs-sdk-8.0/lib/routes/dc/data_center.js";
import { InitializeBuilder } from "@zohocrm/nodejs-sdk-8.0/lib/routes/initialize_builder.js";
import { ParameterMap } from "@zohocrm/nodejs-sdk-8.0/lib/routes/parameter_map.js";

const given = JSON.parse(readFileSync(0, "utf8"));
const value = (choice) => (choice && typeof choice.getValue === "function" ? choice.getValue() : choice);

function fail(text) {
  console.error(text);
  process.exit(1);
}

function expect(found, wanted, what) {
  if (String(found) !== String(wanted)) fail(`${what}: ${found} instead of ${wanted}`);
  console.log(`  ${what}: ${found}`);
}

function answer(response, kind, what) {
  const found = response.getObject();
  if (found instanceof kind) return found;
  return fail(`${what}: status ${response.getStatusCode()}, ${found?.constructor?.name} ${value(found?.getCode?.())}`);
}

async function parameters(entries) {
  const map = new ParameterMap();
  for (const [parameter, text] of entries) await map.add(parameter, text);
  return map;
}

async function held(module) {
  const answered = await fetch(`${given.url}/_test/state/${module}`);
  const lines = (await answered.text()).trim().split("\n");
  return new Map(lines.map((line) => JSON.parse(line)).map((record) => [record.id, record]));
}

async function become() {
  const token = new OAuthBuilder().clientId(given.client_id).clientSecret(given.client_secret).refreshToken(given.refresh_token).build();
  const builder = await new InitializeBuilder();
  builder.environment(DataCenter.setEnvironment(given.url, `${given.url}/oauth/v2/token`, given.url)).token(token);
  await builder.store(new FileStore(`${given.folder}/tokens.txt`)).resourcePath(given.folder).initialize();
}

async function metadata() {
  const modules = answer(await new Modules.ModulesOperations().getModules(), Modules.ResponseWrapper, "modules").getModules();
  const supported = modules.filter((module) => module.getAPISupported()).map((module) => module.getAPIName());
  expect(modules.length - supported.length, 4, "modules without API");
  let count = 0;
  for (const module of supported) {
    const map = await parameters([[Fields.GetFieldsParam.MODULE, module]]);
    count += answer(await new Fields.FieldsOperations().getFields(map), Fields.ResponseWrapper, module).getFields().length;
  }
  console.log(`  fields: ${count} of ${supported.length} modules`);
}

async function listed(module, fields) {
  const { FIELDS, PER_PAGE, PAGE_TOKEN } = Records.GetRecordsParam;
  const found = [];
  for (let token = null; ; ) {
    const page = token ? [[PAGE_TOKEN, token]] : [];
    const map = await parameters([[FIELDS, fields.join(",")], [PER_PAGE, 200], ...page]);
    const wrapper = answer(await new Records.RecordOperations(module).getRecords(map), Records.ResponseWrapper, module);
    found.push(...wrapper.getData());
    token = wrapper.getInfo().getNextPageToken();
    if (!wrapper.getInfo().getMoreRecords()) return found;
  }
}

function compare(found, wanted, fields, what) {
  const differs = (record, field) => JSON.stringify(value(record.getKeyValue(field)) ?? null) !== JSON.stringify(wanted.get(String(record.getId()))?.[field] ?? null);
  for (const record of found) {
    const field = fields.find((name) => differs(record, name));
    if (field) fail(`${what} ${record.getId()}: another ${field}: ${JSON.stringify(record.getKeyValue(field))}`);
  }
  expect(found.length, wanted.size, what);
}

async function records() {
  const fields = ["Last_Name", "First_Name", "Email", "Description", "Email_Opt_Out"];
  const wanted = await held("Contacts");
  compare(await listed("Contacts", fields), wanted, fields, "Contacts");
  const counted = answer(await new Records.RecordOperations("Contacts").recordCount(new ParameterMap()), Records.CountWrapper, "count");
  expect(counted.getCount(), wanted.size, "count");
  const found = [];
  for (let last = "0"; ; last = found.at(-1).getId()) {
    const body = new Coql.BodyWrapper();
    body.setSelectQuery(`select ${fields.join(", ")} from Contacts where id > ${last} order by id limit 400`);
    const response = await new Coql.CoqlOperations().getRecords(body);
    if (response.getStatusCode() === 204) break;
    found.push(...answer(response, Coql.ResponseWrapper, "COQL").getData());
  }
  compare(found, wanted, fields, "COQL by ranges of ids");
}

async function files() {
  const operations = new Attachments.AttachmentsOperations();
  let [count, refused] = [0, 0];
  for (const attachment of [...(await held("Attachments")).values()].slice(0, 60)) {
    const response = await operations.getAttachment(BigInt(attachment.id), BigInt(attachment.Parent_Id.id), attachment.$se_module);
    // The SDK returns a promise for files.
    const found = await response.getObject();
    if (found instanceof Attachments.APIException) {
      expect(value(found.getCode()), "DOWNLOAD_NOT_ALLOWED", "a link");
      refused += 1;
      continue;
    }
    const content = found.getFile().getStream();
    if (content.length !== Number(attachment.Size)) fail(`attachment ${attachment.id}: ${content.length} bytes instead of ${attachment.Size}`);
    count += content.length;
  }
  console.log(`  attachments: ${count} bytes, ${refused} links refused`);
}

async function bulk() {
  const [query, body, module] = [new Bulk.Query(), new Bulk.BodyWrapper(), new Modules.MinifiedModule()];
  module.setAPIName("Leads");
  await query.setModule(module);
  query.setFields(["Last_Name", "Company"]);
  await body.setQuery(query);
  const operations = new Bulk.BulkReadOperations();
  const added = answer(await operations.createBulkReadJob(body), Bulk.ActionWrapper, "a bulk job").getData()[0];
  const id = added.getDetails().get("id");
  let job = null;
  while (value(job?.getState()) !== "COMPLETED") {
    await wait(20);
    job = answer(await operations.getBulkReadJobDetails(BigInt(id)), Bulk.ResponseWrapper, "a bulk job").getData()[0];
  }
  expect(job.getResult().getCount(), (await held("Leads")).size, "rows of the bulk job");
  const result = await (await operations.downloadResult(BigInt(id))).getObject();
  if (!(result instanceof Bulk.FileBodyWrapper)) fail(`a bulk result: ${value(result?.getCode?.())}`);
  expect(result.getFile().getStream().subarray(0, 2), "PK", "a zip");
}

await become();
await metadata();
await records();
await files();
await bulk();
console.log("Zoho's Node SDK reads everything.");
