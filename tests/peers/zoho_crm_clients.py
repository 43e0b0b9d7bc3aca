"""Runs Zoho's official SDKs against the test server: they read its metadata, records, files and bulk results, and what they
understand is compared with what the server holds. With --all, airbyte-source-zoho-crm reads every module, too."""

import contextlib
import csv
import datetime
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import zipfile

from zoho_crm_server import server
from zohocrmsdk.src.com.zoho.api.authenticator.oauth_token import OAuthToken
from zohocrmsdk.src.com.zoho.crm.api import attachments, bulk_read, coql, field_attachments, fields, modules, notes, org, record, roles, users
from zohocrmsdk.src.com.zoho.crm.api.attachments import AttachmentsOperations, GetAttachmentsParam
from zohocrmsdk.src.com.zoho.crm.api.bulk_read import BodyWrapper as BulkBody
from zohocrmsdk.src.com.zoho.crm.api.bulk_read import BulkReadOperations, Query
from zohocrmsdk.src.com.zoho.crm.api.coql import BodyWrapper as QueryBody
from zohocrmsdk.src.com.zoho.crm.api.coql import CoqlOperations
from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.field_attachments import FieldAttachmentsOperations
from zohocrmsdk.src.com.zoho.crm.api.fields import FieldsOperations, GetFieldsParam
from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer
from zohocrmsdk.src.com.zoho.crm.api.modules import MinifiedModule, ModulesOperations
from zohocrmsdk.src.com.zoho.crm.api.notes import GetNotesParam, NotesOperations
from zohocrmsdk.src.com.zoho.crm.api.org import OrgOperations
from zohocrmsdk.src.com.zoho.crm.api.parameter_map import ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.record import GetDeletedRecordsParam, GetRecordsParam, Record, RecordOperations
from zohocrmsdk.src.com.zoho.crm.api.roles import RolesOperations
from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.users import GetUsersParam, UsersOperations
from zohocrmsdk.src.com.zoho.crm.api.util import Choice

HERE = pathlib.Path(__file__).parent


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {str(found)[:600]} instead of {str(wanted)[:600]}")
    print(f"  {what}: {str(found)[:100]}")


def become(zoho, folder):
    """The SDK exchanges a self client's code and keeps its token itself."""
    environment = DataCenter.Environment(zoho.url, f"{zoho.url}/oauth/v2/token", zoho.url)
    token = OAuthToken(zoho.client["client_id"], zoho.client["client_secret"], grant_token=zoho.tokens["self_client_code"])
    Initializer.initialize(environment, token, resource_path=folder, sdk_config=SDKConfig(auto_refresh_fields=False, pick_list_validation=False))


def parameters(given):
    found = ParameterMap()
    for parameter, value in given.items():
        found.add(parameter, value)
    return found


def answer(response, kind, what):
    found = response.get_object()
    if not isinstance(found, kind):
        sys.exit(f"{what}: status {response.get_status_code()}, {type(found)} {getattr(found, 'get_code', str)()} instead of {kind}")
    return found


def bare(value):
    """A value as the server's JSON has it."""
    if isinstance(value, Choice):
        return bare(value.get_value())
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone(datetime.timedelta(hours=9))).isoformat(timespec="seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, list):
        return [bare(one) for one in value]
    return bare_object(value)


def bare_object(value):
    if isinstance(value, Record):
        return {key: bare(inner) for key, inner in value.get_key_values().items()}
    if hasattr(value, "get_id") and hasattr(value, "get_name"):
        return {"id": value.get_id(), "name": value.get_name()}
    if hasattr(value, "get_file_id__s"):
        return {"File_Id__s": value.get_file_id__s(), "File_Name__s": value.get_file_name__s()}
    return value


def like(value, read):
    """What the server holds, cut down to what was read, with numbers for ids."""
    if isinstance(read, dict) and isinstance(value, dict):
        return {key: like(value.get(key), read[key]) for key in read}
    if isinstance(read, list) and isinstance(value, list) and len(read) == len(value):
        return [like(one, other) for one, other in zip(value, read)]
    return int(value) if isinstance(read, int) and isinstance(value, str) else value


def compare(found, held, what):
    """Compares records, as the SDK reads them, with those that the server holds."""
    if sorted(one.get_id() for one in found) != sorted(held):
        sys.exit(f"{what}: {len(found)} records instead of {len(held)}")
    cells = 0
    for one in found:
        read, wanted = bare(one), held[one.get_id()]
        for key, value in read.items():
            if key.startswith("$") and key not in wanted:
                continue
            if value != (expected := like(wanted.get(key), value)):
                sys.exit(f"{what} {one.get_id()} {key}: {value!r} instead of {expected!r}")
            cells += 1
    print(f"  {what}: {len(found)} records, {cells} values equal")


def metadata():
    known = answer(ModulesOperations().get_modules(), modules.ResponseWrapper, "modules").get_modules()
    supported = [one.get_api_name() for one in known if one.get_api_supported()]
    expect(len(known) - len(supported), 4, "modules without API")
    types = {}
    for module in supported:
        wrapper = answer(FieldsOperations().get_fields(parameters({GetFieldsParam.module: module})), fields.ResponseWrapper, f"fields of {module}")
        types[module] = {one.get_api_name(): one.get_data_type() for one in wrapper.get_fields()}
    print(f"  fields: {sum(map(len, types.values()))} of {len(supported)} modules")
    people = answer(UsersOperations().get_users(parameters({GetUsersParam.type: "AllUsers"})), users.ResponseWrapper, "users").get_users()
    expect(len(people), 6, "users")
    found = answer(OrgOperations().get_organization(), org.ResponseWrapper, "org").get_org()[0]
    expect(found.get_license_details().get_paid_type(), "enterprise", "edition")
    expect(len(answer(RolesOperations().get_roles(), roles.ResponseWrapper, "roles").get_roles()), 3, "roles")
    return types


def listed(module, names):
    """All records of a module, by page tokens."""
    found, token = [], None
    while True:
        given = {GetRecordsParam.fields: ",".join(names), GetRecordsParam.per_page: 200}
        if token:
            given[GetRecordsParam.page_token] = token
        response = RecordOperations(module).get_records(parameters(given))
        if response.get_status_code() == 204:
            return found
        wrapper = answer(response, record.ResponseWrapper, module)
        found += wrapper.get_data()
        token = wrapper.get_info().get_next_page_token()
        if not wrapper.get_info().get_more_records():
            return found


def records(zoho, types):
    for module, known in types.items():
        if module in ("Notes", "Attachments"):
            continue
        names = [name for name, kind in known.items() if kind not in ("subform", "profileimage")][:50]
        compare(listed(module, names), zoho.records(module), module)
    count = answer(RecordOperations("Leads").record_count(), record.CountWrapper, "count").get_count()
    expect(count, len(zoho.records("Leads")), "count")
    for module in ("Quotes", "Inspections"):
        held = zoho.records(module)
        ids = list(held)[:20]
        whole = [answer(RecordOperations(module).get_record(id), record.ResponseWrapper, module).get_data()[0] for id in ids]
        compare(whole, {id: held[id] for id in ids}, f"{module}, each by its id, with subforms")


def deleted(zoho):
    response = RecordOperations("Tasks").get_deleted_records(parameters({GetDeletedRecordsParam.type: "all"}))
    expect(response.get_status_code(), 204, "nothing is deleted")
    id = min(zoho.records("Tasks"))
    RecordOperations("Tasks").delete_record(id)
    wrapper = answer(RecordOperations("Tasks").get_deleted_records(parameters({GetDeletedRecordsParam.type: "all"})), record.DeletedRecordsWrapper, "deleted")
    expect([(one.get_id(), one.get_type()) for one in wrapper.get_data()], [(id, "recycle")], "deleted")


def all_notes(zoho):
    found, page = [], 0
    while True:
        page += 1
        given = {GetNotesParam.fields: "Note_Title,Note_Content,Parent_Id,Owner,Modified_Time", GetNotesParam.page: str(page), GetNotesParam.per_page: "200"}
        wrapper = answer(NotesOperations().get_notes(parameters(given)), notes.ResponseWrapper, "notes")
        found += wrapper.get_data()
        if not wrapper.get_info().get_more_records():
            break
    held = zoho.records("Notes")
    texts = {one.get_id(): (one.get_note_title(), one.get_note_content(), str(one.get_parent_id().get_id())) for one in found}
    wanted = {id: (one["Note_Title"], one["Note_Content"], one["Parent_Id"]["id"]) for id, one in held.items()}
    if texts != wanted:
        sys.exit(f"notes: {len(texts)} instead of {len(wanted)}, or other texts")
    print(f"  notes: {len(texts)} equal")


def files(zoho):
    sizes = links = 0
    for id, held in zoho.records("Attachments").items():
        module, parent = held["$se_module"], int(held["Parent_Id"]["id"])
        given = {GetAttachmentsParam.fields: "id,File_Name,Size,$type,$link_url"}
        wrapper = answer(AttachmentsOperations().get_attachments(parent, module, parameters(given)), attachments.ResponseWrapper, "attachments")
        known = {one.get_id(): one for one in wrapper.get_data()}
        if known[id].get_file_name() != held["File_Name"] or known[id].get_link_url() != held["$link_url"]:
            sys.exit(f"attachment {id}: {known[id].get_file_name()!r}")
        response = AttachmentsOperations().get_attachment(id, parent, module)
        if held["$link_url"]:
            links += answer(response, attachments.APIException, "a link").get_code().get_value() == "DOWNLOAD_NOT_ALLOWED"
            continue
        content = answer(response, attachments.FileBodyWrapper, "a file").get_file().get_stream().content
        if len(content) != int(held["Size"]):
            sys.exit(f"attachment {id}: {len(content)} bytes instead of {held['Size']}")
        sizes += len(content)
    print(f"  attachments: {sizes} bytes, {links} links refused")
    photographed = [id for id, held in zoho.records("Contacts").items() if held["Record_Image"]]
    photos = [answer(RecordOperations("Contacts").get_photo(id), record.FileBodyWrapper, "photo").get_file().get_stream().content for id in photographed]
    expect({photo[:4] for photo in photos}, {b"\x89PNG"}, f"{len(photos)} photos")
    id, held = next((id, held) for id, held in zoho.records("Inspections").items() if held["Report_Files"])
    file = held["Report_Files"][0]
    response = FieldAttachmentsOperations("Inspections", id, int(file["id"])).get_field_attachments()
    content = answer(response, field_attachments.FileBodyWrapper, "a file in a field").get_file().get_stream().content
    expect(len(content), int(file["Size__s"]), "bytes of a file in a field")


def queried(zoho):
    found, last = [], 0
    while True:
        body = QueryBody()
        body.set_select_query(f"select Last_Name, Email, Modified_Time from Contacts where id > {last} order by id limit 250")
        response = CoqlOperations().get_records(body)
        if response.get_status_code() == 204:
            break
        found += answer(response, coql.ResponseWrapper, "COQL").get_data()
        last = found[-1].get_id()
    compare(found, zoho.records("Contacts"), "COQL by ranges of ids")


def bulk(zoho):
    query, body = Query(), BulkBody()
    module = MinifiedModule()
    module.set_api_name("Contacts")
    query.set_module(module)
    query.set_fields(["id", "Last_Name", "Description", "Account_Name", "Email_Opt_Out", "Interests"])
    body.set_query(query)
    body.set_file_type("csv")
    added = answer(BulkReadOperations().create_bulk_read_job(body), bulk_read.ActionWrapper, "a bulk job").get_data()[0]
    id = int(added.get_details()["id"])
    for _ in range(200):
        job = answer(BulkReadOperations().get_bulk_read_job_details(id), bulk_read.ResponseWrapper, "a bulk job").get_data()[0]
        if job.get_state().get_value() == "COMPLETED":
            break
        time.sleep(0.01)
    held = zoho.records("Contacts")
    expect(job.get_result().get_count(), len(held), "rows of the bulk job")
    content = answer(BulkReadOperations().download_result(id), bulk_read.FileBodyWrapper, "a bulk result").get_file().get_stream().content
    with zipfile.ZipFile(io.BytesIO(content)) as unpacked:
        expect(unpacked.namelist(), [f"{id}.csv"], "its zip")
        rows = list(csv.DictReader(io.StringIO(unpacked.read(f"{id}.csv").decode(), newline="")))
    texts = {int(row["Id"]): (row["Last_Name"], row["Description"], row["Account_Name"], row["Interests"]) for row in rows}
    text = lambda value: "" if value is None else value["id"] if isinstance(value, dict) else ";".join(value) if isinstance(value, list) else value
    wanted = {id: tuple(map(text, (one["Last_Name"], one["Description"], one["Account_Name"], one["Interests"]))) for id, one in held.items()}
    if texts != wanted:
        sys.exit("the bulk result differs from the server's records")
    print(f"  bulk result: {len(rows)} rows equal")


def python_sdk():
    # The SDK writes a file with its tokens into the working directory.
    with server() as zoho, tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        become(zoho, folder)
        types = metadata()
        records(zoho, types)
        all_notes(zoho)
        files(zoho)
        queried(zoho)
        bulk(zoho)
        deleted(zoho)
        print("  calls:", json.dumps(zoho.told("usage")["calls"]))
    print("Zoho's Python SDK reads everything.")


def node_sdk():
    with server() as zoho, tempfile.TemporaryDirectory() as folder:
        given = {**zoho.client, **zoho.tokens, "url": zoho.url, "folder": folder}
        command = ["node", HERE / "zoho_crm_node.mjs"]
        if code := subprocess.run(command, input=json.dumps(given), text=True, timeout=300).returncode:
            sys.exit(code)


if __name__ == "__main__":
    python_sdk()
    node_sdk()
    if sys.argv[1:] == ["--all"]:
        subprocess.run([HERE.parents[1] / "target/venv-airbyte/bin/python", HERE / "zoho_crm_airbyte.py"], check=True)
