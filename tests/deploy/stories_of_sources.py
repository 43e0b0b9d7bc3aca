"""Stories of organisations whose CRM is a PostgreSQL database: a real server, read by the functions' binaries."""

import contextlib
import functools
import hashlib
import importlib.util
import io
import json
import os
import re
import threading
import urllib.parse
import uuid
import zipfile

from botocore import xform_name
from botocore.exceptions import ClientError

from database import database
from gate import refusal
from postgres import page_sql
from services import INTERFACES
from stack import FILES_BUCKET, FILES_ORGANISATION, REGION, ROOT
from stories import BACKUP, Organisation, log_story, story, whatever
from stories_of_runs import leaves_nothing, log_of, objects

# Values that a CSV file or a backup may lose.
DEALS = """
insert into sales.deal values
    (1, '山田商事', 1200.50, null, true, '2026-03-29 01:30:00+00'),
    (2, '=1+1', 0.10, '', false, null),
    (3, 'a "quoted", name', null, E'two\\nlines\\tand a tab', null, 'infinity'),
    (4, '0000037', 99999999999999.99, '\\N', true, '1900-01-01 00:00:00+09');
"""
CRM = """
create role crm_owner;
create schema sales authorization crm_owner;
set role crm_owner;
create table sales.deal (id bigint primary key, name text not null, amount numeric(18, 2), note text, won boolean, closed timestamptz);
create table sales.person (id uuid primary key default gen_random_uuid(), tags text[], born date, photo bytea);
insert into sales.person (tags, born, photo) values ('{a,"b c",null}', '2000-02-29', '\\x00ff27'), (null, null, '');
""" + DEALS
# Locks a table until somebody has waited for it for longer than a call may last.
LOCKED = """
begin;
set local statement_timeout = '60s';
lock table sales.deal in access exclusive mode;
do $$ begin
    while not exists (select from pg_locks where relation = 'sales.deal'::regclass and not granted) loop perform pg_sleep(0.05); end loop;
    perform pg_sleep(2);
end $$;
commit;
"""
FILMS = """
create role crm_owner;
create schema sales authorization crm_owner;
set role crm_owner;
create table sales.film (id int primary key, body text);
insert into sales.film select number, repeat(md5(number::text), 32768) from generate_series(1, 20) number;
"""
# A CRM that keeps attachments in a column: the first is stored among others, the second, over 8 MiB, in an object of its own.
ATTACHMENTS = """
create role crm_owner;
create schema sales authorization crm_owner;
set role crm_owner;
create table sales.party_party (id int primary key, name text);
create table sales.ir_attachment (id int primary key, name text, type text, data bytea, file_id text, resource text, create_date timestamp);
insert into sales.party_party values (1, '山田商事');
insert into sales.ir_attachment values (1, '見積.txt', 'data', 'ten yen', null, 'party.party,1', '2026-01-02 03:04:05');
insert into sales.ir_attachment
    select 2, 'film.bin', 'data', string_agg(sha256(number::text::bytea), ''), null, 'party.party,1', null from generate_series(1, 300000) number;
"""
# A CRM that keeps attachments outside its database: one is there, one is gone.
FILED = ATTACHMENTS.split("insert into sales.ir_attachment")[0] + """
insert into sales.ir_attachment values
    (1, '見積.txt', 'data', null, 'abcd0001', 'party.party,1', null), (2, 'gone.pdf', 'data', null, 'abcd0002', 'party.party,1', null);
"""
LEFT_OUT = object()
CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)')
undo_file = importlib.util.spec_from_file_location("undo", ROOT / "docs/csv/undo.py")
undo = importlib.util.module_from_spec(undo_file)
undo_file.loader.exec_module(undo)


class Connected(Organisation):
    """An organisation whose CRM is a schema of the database, read by the role that the operators' page recommends."""

    def __init__(self, world, crm=CRM, connects=True, id=None):
        super().__init__(world, id=id)
        self.database, self.password = database(), uuid.uuid4().hex
        self.names = {"hozon": f"hozon_{self.id}", "sales": f"sales_{self.id}", "crm_owner": f"owner_{self.id}"}
        self.schema, self.role = self.names["sales"], self.names["hozon"]
        self.sql(crm)
        self.sql(page_sql("CREATE ROLE", a_long_random_password=self.password, **self.names))
        if connects:
            self.connect()

    def sql(self, text):
        """Runs statements as the CRM's administrator; `sales`, `crm_owner` and `hozon` are this organisation's own."""
        words = r"\b(" + "|".join(self.names) + r")\b"
        return self.database.sql(re.sub(words, lambda found: self.names[found[0]], text))

    def wanted(self, omitted=(), profile=None, **changed):
        settings = {"host": "127.0.0.1", "port": self.database.port, "name": "crm", "user": self.role, "password": self.password,
                    "schemas": [self.schema], **changed}
        settings = {name: value for name, value in settings.items() if value is not LEFT_OUT}
        return {"connection": {"kind": "postgres", "database": settings, "omitted": [{"module": one} for one in omitted], "profile": profile}}

    def connect(self, expect=200, **changes):
        return self.call("PUT", "/connection", self.wanted(**changes), expect)

    def check(self, body=""):
        return self.call("POST", "/connection/actions/check", body)["check"]

    def secret(self):
        return f"hozon/connection/{self.id}"

    def zip(self, links="data_links"):
        """The newest backup's zip of rows, or of attachments."""
        links = self.call("GET", "/urls")["urls"][links]
        return zipfile.ZipFile(io.BytesIO(self.world.edge.fetch(links[0])[0]))

    def versions(self, module="deal"):
        """Keys of the versions of a module in the catalogue."""
        found = self.world.owner["dynamodb"].query(
            TableName=self.world.table, KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"CRM#{self.id}"}, ":sk": {"S": f"MODULE#{module}#"}})
        return [item["sk"]["S"] for item in found["Items"]]

    def stored(self):
        """Keys of blocks and files."""
        return objects(self.world, f"org/{self.id}/%stored/", "CrmStore")

    def uploads(self):
        """Keys of large attachments that are being stored."""
        uploads = self.world.owner["s3"].list_multipart_uploads(Bucket=self.world.stack.reference("CrmStore")).get("Uploads", [])
        staged = objects(self.world, f"org/{self.id}/%staged/", "CrmStore")
        return staged + [one["Key"] for one in uploads if f"/{self.id}/" in one["Key"]]

    def captured(self):
        """Keys of the captured versions of modules."""
        return objects(self.world, f"org/{self.id}/%captured/", "CrmStore")


def cells(text):
    """Rows of a CSV file; `None` is NULL, an empty cell without quotes."""
    rows, row = [], []
    for found in CELL.finditer(text):
        if found.start() == len(text):
            break
        row.append(found[1].replace('""', '"') if found[0].startswith('"') else found[2] or None)
        if found[3] != ",":
            rows.append(row)
            row = []
    return rows


def undone(rows):
    """The rows as they were before a backup escaped them."""
    return [[cell and undo.undo(cell) for cell in row] for row in rows]


log_story("Connection", lambda world: world.api.call("GET", f"{BACKUP}/connection"))
log_story("CaptureDatabase", lambda world: whatever(world, "CaptureDatabase", {}))


@story("ConnectionRole", "CaptureDatabaseRole", "MachineRole")
def a_database_is_connected_checked_and_backed_up(world):
    organisation = Connected(world)
    check = organisation.check()
    assert check["status"] == "reached" and check["report"]["gaps"] == [], check
    assert "user_may_write" not in check["report"]["advice"], check
    assert organisation.back_up()["status"] == "COMPLETED"
    zip_has_every_row(organisation, "deal", "person")


def zip_has_every_row(organisation, *tables):
    """The newest backup has these tables, with the rows of the database."""
    with organisation.zip() as data:
        assert {name for name in data.namelist() if name.endswith(".csv")} == {f"{table}.csv" for table in tables}, data.namelist()
        for table in tables:
            backed_up = undone(cells(data.read(f"{table}.csv").decode("utf-8-sig")))
            in_database = cells(organisation.sql(f"copy (select * from sales.{table} order by id) to stdout (format csv, header)"))
            assert backed_up == in_database and len(in_database) > 2, (backed_up, in_database)


@story("ConnectionRole")
def a_password_stays_in_its_secret_is_sent_to_no_other_server_and_is_deleted_with_its_connection(world):
    organisation = Connected(world)
    organisation.connect(password=LEFT_OUT, omitted=["person"])
    check = organisation.check()
    assert check["status"] == "reached", check
    for elsewhere in ({"host": "localhost"}, {"port": organisation.database.port + 1}, {"user": "postgres"}):
        refused = organisation.connect(400, password=LEFT_OUT, **elsewhere)
        assert (refused["code"], refused["details"]["json_path"]) == ("MANDATORY_NOT_FOUND", "$.connection.database.password"), refused
        refused = organisation.call("POST", "/connection/actions/check", organisation.wanted(password=LEFT_OUT, **elsewhere), 400)
        assert refused["code"] == "MANDATORY_NOT_FOUND", refused
    secrets = world.owner["secretsmanager"]
    assert organisation.password in secrets.get_secret_value(SecretId=organisation.secret())["SecretString"]
    places = [organisation.call("GET", "/connection"), organisation.items("CONNECTION"), organisation.items("EVENT#"), log_of(world, "Connection")]
    assert organisation.password not in json.dumps(places), "the password is somewhere else too"
    for _ in range(2):
        organisation.call("DELETE", "/connection")
    assert organisation.call("GET", "/connection")["connection"] is None
    try:
        secrets.describe_secret(SecretId=organisation.secret())
    except secrets.exceptions.ResourceNotFoundException:
        return
    raise AssertionError("the secret is still there")


@story("ConnectionRole")
def the_documented_role_reads_every_table_and_may_write_none(world):
    organisation = Connected(world)
    organisation.sql("set role crm_owner; create table sales.later (id int primary key); create table sales.guarded (id int primary key);"
                     "alter table sales.guarded enable row level security")
    (gap,) = organisation.check()["report"]["gaps"]
    assert gap["module"] == "guarded" and gap["reason"] == "row_security", gap
    organisation.sql(page_sql("ALTER ROLE", **organisation.names))
    report = organisation.check()["report"]
    assert report["gaps"] == [] and "user_may_write" not in report["advice"], report
    assert {module["api_name"] for module in report["modules"]} == {"deal", "person", "later", "guarded"}, report
    by_name = Connected(world, connects=False)
    by_name.sql("drop owned by hozon")
    by_name.sql("grant connect on database crm to hozon;" + page_sql("GRANT pg_read_all_data", **by_name.names))
    by_name.connect()
    report = by_name.check()["report"]
    assert report["gaps"] == [] and {module["api_name"] for module in report["modules"]} == {"deal", "person"}, report


@story("CaptureDatabaseRole", "MachineRole")
def what_has_not_changed_is_not_stored_again(world):
    unchanged_rows_are_not_stored_again(Connected(world))


def unchanged_rows_are_not_stored_again(organisation):
    world = organisation.world
    (earlier,) = world.stack.parameters["PreviousArchivesKeyArns"]
    with world.gate.encryption.as_if_written_with(earlier):
        assert organisation.back_up()["status"] == "COMPLETED"
    stored, captured = organisation.stored(), organisation.captured()
    assert organisation.back_up()["status"] == "COMPLETED"
    assert (organisation.stored(), organisation.captured()) == (stored, captured)
    organisation.sql("delete from sales.deal")
    assert organisation.back_up()["status"] == "COMPLETED"
    new = set(organisation.captured()) - set(captured)
    assert len(new) == 1 and "/deal/" in new.pop(), organisation.captured()
    # The catalogue keeps the current version of a module and the one before.
    organisation.sql("insert into sales.deal (id, name) values (9, 'new')")
    assert organisation.back_up()["status"] == "COMPLETED"
    assert len(organisation.versions()) == 2, organisation.versions()


@story("CaptureDatabaseRole", "MachineRole")
def a_database_that_takes_longer_than_a_call_is_captured_in_several(world):
    organisation = Connected(world)
    locked = threading.Thread(target=organisation.sql, args=(LOCKED,))
    locked.start()
    while "AccessExclusiveLock" not in organisation.sql("select mode from pg_locks where relation = 'sales.deal'::regclass"):
        pass
    steps, outcomes = [], []
    with world.hosts["CaptureDatabase"].with_variables(HOZON_CAPTURE_SECONDS="1"), seen_steps(world, steps, outcomes):
        assert organisation.back_up()["status"] == "COMPLETED"
    locked.join()
    assert {"capture", "hold", "readers", "read", "publish"} <= set(steps), steps
    assert outcomes == ["done"], f"what is published was to be captured again: {outcomes}"
    with organisation.zip() as data:
        backed_up = undone(cells(data.read("deal.csv").decode("utf-8-sig")))
    assert backed_up == cells(organisation.sql("copy (select * from sales.deal order by id) to stdout (format csv, header)")), backed_up
    assert not objects(world, f"work/{organisation.id}/"), "documents of calls are left"


@contextlib.contextmanager
def seen_steps(world, steps, outcomes):
    """Notes the steps of captures that the state machine calls, and what a question for another attempt is answered once the modules are
    published: a holder that has missed it asks that."""
    invoke = world.machine.invoke

    def noted(Payload, **parameters):
        event = json.loads(Payload)
        steps.extend([event["step"]] if "step" in event else [])
        answer = invoke(Payload=Payload, **parameters)
        if event.get("step") == "publish":
            outcomes.append(world.hosts["CaptureDatabase"].invoke({**event, "step": "begin_again", "tries": 1})["outcome"])
        return answer

    world.machine.invoke = noted
    try:
        yield
    finally:
        world.machine.invoke = invoke


@story("CaptureDatabaseRole")
def a_capture_that_cannot_be_stored_leaves_nothing(world):
    organisation = Connected(world, FILMS)
    with writes(world, organisation, lambda _, written: len(written) == 1) as written:
        backup = organisation.back_up()
    assert (backup["status"], backup["failure"]["code"]) == ("FAILED", "CAPTURE_NOT_STORED"), backup
    assert len(written) == 1 and not organisation.captured(), written
    leaves_nothing(world, organisation)
    assert organisation.back_up()["status"] == "COMPLETED"


@story("CaptureDatabaseRole")
def attachments_are_backed_up_and_unchanged_ones_are_not_uploaded_again(world):
    organisation = Connected(world, ATTACHMENTS, connects=False)
    organisation.connect(profile="tryton")
    assert organisation.back_up()["status"] == "COMPLETED"
    for number, name in (1, "見積.txt"), (2, "film.bin"):
        with organisation.zip("attachment_links") as attachments:
            backed_up = hashlib.sha256(attachments.read(f"party_party/1/{name}")).hexdigest()
        in_database = organisation.sql(
            f"copy (select encode(sha256(data), 'hex') from sales.ir_attachment where id = {number}) to stdout").strip()
        assert backed_up == in_database, name
    assert not organisation.uploads()
    stored = organisation.stored()
    with writes(world, organisation) as written:
        assert organisation.back_up()["status"] == "COMPLETED"
    assert organisation.stored() == stored
    assert len(written) == 3 and all("/%snapshots/" in key for key in written), written


@story("CaptureDatabaseRole")
def a_large_attachment_that_cannot_be_stored_leaves_nothing(world):
    a_large_attachment_that_cannot_be_stored(Connected(world, ATTACHMENTS, connects=False))


def a_large_attachment_that_cannot_be_stored(organisation):
    organisation.connect(profile="tryton")
    a_capture_is_not_stored(organisation)


def a_capture_is_not_stored(organisation):
    """Backups fail while parts of a large attachment cannot be stored, and leave no upload."""
    world = organisation.world
    for folder in ("/%staged/", "/%stored/"):
        with writes(world, organisation, lambda request, _: folder in urllib.parse.unquote(request.path) and "partNumber" in request.query):
            backup = organisation.back_up()
        assert (backup["status"], backup["failure"]["code"]) == ("FAILED", "CAPTURE_NOT_STORED"), backup
        assert not [key for key in organisation.uploads() if folder in key], f"an upload to {folder} is left"
        leaves_nothing(world, organisation)
    assert organisation.back_up()["status"] == "COMPLETED"
    assert not organisation.uploads()


@functools.cache
def filed(world):
    """The organisation whose files are in the bucket that the stack's parameters name."""
    organisation = Connected(world, FILED, connects=False, id=FILES_ORGANISATION)
    world.owner["s3"].create_bucket(Bucket=FILES_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    organisation.connect(profile="tryton")
    return organisation


@story("CaptureDatabaseRole")
def attachments_in_a_bucket_of_the_crm_are_backed_up(world):
    organisation, file = filed(world), os.urandom(100_000)
    world.owner["s3"].put_object(Bucket=FILES_BUCKET, Key="media/ab/cd/abcd0001", Body=file)
    backup = organisation.back_up()
    assert backup["status"] == "COMPLETED" and "gone.pdf" in json.dumps(backup["losses"]), backup
    with organisation.zip("attachment_links") as attachments:
        assert attachments.read("party_party/1/見積.txt") == file


@contextlib.contextmanager
def writes(world, organisation, refuses=lambda request, written: False):
    """Paths of what is written of the organisation to the CRM store, one after another. What `refuses` names is not."""
    forward, one_by_one, written = world.gate.forward, threading.Lock(), []

    def take(request):
        if request.method != "PUT" or f"/org/{organisation.id}/" not in request.path:
            return forward(request)
        with one_by_one:
            if refuses(request, written):
                return refusal("s3")
            written.append(urllib.parse.unquote(request.path))
            return forward(request)

    world.gate.forward = take
    try:
        yield written
    finally:
        world.gate.forward = forward


@story("CaptureDatabaseRole")
def a_failed_login_is_reported_with_the_database_and_the_reason(world):
    organisation = Connected(world)
    organisation.sql("alter role hozon password 'another'")
    backup = organisation.back_up()
    assert (backup["status"], backup["failure"]["code"]) == ("FAILED", "SOURCE_PASSWORD"), backup
    assert backup["failure"]["message"].startswith(f"127.0.0.1:{organisation.database.port}/crm: "), backup
    assert "another" not in json.dumps(log_of(world, "CaptureDatabase"))
    assert organisation.password not in json.dumps(log_of(world, "CaptureDatabase"))


@story("CaptureDatabaseRole")
def a_deleted_secret_fails_the_backup_with_its_reason(world):
    organisation, secrets = Connected(world), world.owner["secretsmanager"]
    for window in ({"RecoveryWindowInDays": 7}, {"ForceDeleteWithoutRecovery": True}):
        secrets.delete_secret(SecretId=organisation.secret(), **window)
        backup = organisation.back_up()
        assert (backup["status"], backup["failure"]["code"]) == ("FAILED", "SOURCE_SECRET_GONE"), backup
    organisation.connect()
    assert organisation.back_up()["status"] == "COMPLETED"


@story("ConnectionRole", "CaptureDatabaseRole", "WriteBackRole")
def the_code_of_a_function_in_a_vpc_cannot_touch_network_interfaces(world):
    interface = {"NetworkInterfaceId": "eni-11111111"}
    taken = {"CreateNetworkInterface": {"SubnetId": "subnet-11111111"}, "DeleteNetworkInterface": interface, "AssignPrivateIpAddresses": interface,
             "UnassignPrivateIpAddresses": {**interface, "PrivateIpAddresses": ["10.0.0.1"]}}
    for role in ("ConnectionRole", "CaptureDatabaseRole", "WriteBackRole"):
        client = world.client("ec2", role)
        for action in INTERFACES:
            try:
                getattr(client, xform_name(action))(**taken.get(action, {}))
            except ClientError as error:
                assert error.response["Error"]["Code"] == "UnauthorizedOperation", error
                continue
            raise AssertionError(f"{role}: the code of its function may {action}")
