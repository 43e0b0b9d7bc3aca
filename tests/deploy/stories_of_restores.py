"""Stories of restores into a PostgreSQL database, a real server, and into the native store, written by the functions' binaries."""

import hashlib
import hmac
import json
import os
import urllib.parse

from stack import FILES_BUCKET
from stories import Organisation, log_story, story, whatever, write_crm
from stories_of_sources import ATTACHMENTS, Connected, filed, writes

RESTORES = "/crm/bulk/v8/restores"
MAY_WRITE = "grant usage on schema sales to hozon; grant select, insert, update, delete on all tables in schema sales to hozon"

log_story("Restore", lambda world: world.api.call("GET", RESTORES))
log_story("WriteBack", lambda world: whatever(world, "WriteBack", {}))


class Restores:
    """What an administrator of an organisation does with restores."""

    def restores(self, method, path="", body=None, expect=200):
        answer = self.world.api.call(method, RESTORES + path, body, self.token)
        assert answer.status == expect, (method, path, answer.status, answer.body)
        return answer.body

    def ended(self, id):
        """Waits for the end of what restores work on."""
        for execution in self.world.machine.executions():
            if self.world.executions_ended.get(execution) is None:
                self.world.executions_ended[execution] = self.world.machine.run(execution)
        return self.restores("GET", f"/{id}")["restore"]

    def planned(self, path="", body=""):
        return self.ended(self.restores("POST", path, body, 201)["restore"]["id"])

    def confirmed(self, restore):
        self.restores("POST", f"/{restore['id']}/actions/confirm", {"deletes": restore["plan"]["delete"]})
        return self.ended(restore["id"])


class Restored(Restores, Connected):
    """An organisation whose connection may write."""

    def __init__(self, world, **options):
        super().__init__(world, **options)
        self.sql(MAY_WRITE)

    @classmethod
    def of(cls, organisation):
        """The same organisation, whose connection may write from now on."""
        restored = cls.__new__(cls)
        restored.__dict__ = organisation.__dict__
        restored.sql(MAY_WRITE)
        return restored

    def erased(self, module, id):
        """Makes a record one that was erased, as the function `erase` does."""
        key, owner = b"\x0a" * 32, self.world.owner
        text = len(module).to_bytes(8, "big") + module.encode() + id.encode()
        hashed = hmac.new(key, text, hashlib.sha256).hexdigest()
        owner["secretsmanager"].create_secret(Name=f"{self.world.stack.resolve({'Ref': 'AWS::StackName'})}/erasure/{self.id}", SecretString=key.hex())
        owner["s3"].put_object(
            Bucket=self.world.stack.reference("CrmStore"), Key=f"erased/{self.id}/1.json", Body=json.dumps([{"hash": hashed, "module": module}]))

    def rows(self):
        return self.sql("copy (select * from sales.deal order by id) to stdout (format csv)")


@story("RestoreRole", "WriteBackRole", "MachineRole")
def a_damaged_database_is_restored_and_the_restore_undone(world):
    organisation = Restored(world)
    (earlier,) = world.stack.parameters["PreviousArchivesKeyArns"]
    with world.gate.encryption.as_if_written_with(earlier):
        backup = organisation.back_up()
    then = organisation.rows()
    organisation.sql("delete from sales.deal where id = 1; update sales.deal set note = 'garbled' where id = 2;"
                     "insert into sales.deal (id, name) values (9, 'newer')")
    damaged = organisation.rows()
    wanted = {"backup": backup["id"], "modules": ["deal"], "policy": {"change": True, "delete": True}}
    restore = organisation.planned(body=wanted)
    counts = {name: restore["plan"][name] for name in ("create", "change", "delete", "leave", "impossible")}
    assert counts == {"create": 1, "change": 1, "delete": 1, "leave": 0, "impossible": 0}, restore
    planned = organisation.restores("GET", f"/{restore['id']}/plan/deal")["records"]
    assert {record["id"]: record["action"] for record in planned} == {"1": "create", "2": "change", "9": "delete"}, planned
    restore = organisation.confirmed(restore)
    assert restore["status"] == "COMPLETED" and restore["outcome"]["written"] == 3, restore
    assert organisation.rows() == then
    report = organisation.restores("GET", f"/{restore['id']}/report")["records"]
    assert {record["outcome"] for record in report} == {"written"} and len(report) == 3, report
    undo = organisation.confirmed(organisation.planned(f"/{restore['id']}/actions/undo"))
    assert undo["status"] == "COMPLETED", undo
    assert organisation.rows() == damaged
    assert [one["id"] for one in organisation.restores("GET")["restores"]] == [undo["id"], restore["id"]]
    kinds = [event["kind"] for event in organisation.call("GET", "/history")["history"]]
    assert kinds.count("restore_completed") == 2, json.dumps(kinds)


class Native(Restores, Organisation):
    """An organisation whose platform writes its CRM."""


@story("RestoreRole", "WriteBackRole", "MachineRole")
def a_native_store_is_restored_and_the_restore_undone(world):
    organisation = Native(world, film_bytes=1_000, notes_bytes=40 << 10)
    wanted = {"backup": organisation.back_up()["id"], "policy": {"change": True, "delete": True}}
    done = write_crm(world, organisation.id, "Own", 2_000, 96 << 10)
    assert done.returncode == 0, done.stderr
    restore = organisation.planned(body=wanted)
    plan = restore["plan"]
    assert plan["change"] > 0 and plan["delete"] > 0 and plan["files"]["change"] == 1, restore
    restore = organisation.confirmed(restore)
    assert restore["status"] == "COMPLETED" and restore["outcome"]["written"] == plan["change"] + plan["delete"], restore
    assert restore["file_outcome"]["written"] == 1, restore
    again = organisation.planned(body=wanted)
    assert again["plan"]["change"] == again["plan"]["delete"] == again["plan"]["files"]["change"] == 0, again
    undo = organisation.confirmed(organisation.planned(f"/{restore['id']}/actions/undo"))
    assert undo["status"] == "COMPLETED" and undo["outcome"]["written"] == restore["outcome"]["written"], undo


@story("RestoreRole", "WriteBackRole")
def a_restore_of_a_user_that_may_not_write_says_so_and_can_be_cancelled(world):
    organisation = Restored(world)
    backup = organisation.back_up()
    organisation.sql("revoke insert, update, delete on all tables in schema sales from hozon; delete from sales.deal")
    restore = organisation.planned(body={"backup": backup["id"]})
    assert restore["plan"]["is_hindered"], restore
    refused = organisation.restores("POST", f"/{restore['id']}/actions/confirm", {"deletes": 0}, 400)
    assert refused["code"] == "NOT_ALLOWED", refused
    cancelled = organisation.restores("POST", f"/{restore['id']}/actions/cancel", "")["restore"]
    assert cancelled["status"] == "CANCELLED", cancelled


@story("RestoreRole", "WriteBackRole")
def a_restore_is_cancelled_while_it_is_planned(world):
    organisation = Restored(world)
    wanted = {"backup": organisation.back_up()["id"]}

    def cancel():
        (restore,) = organisation.restores("GET")["restores"]
        organisation.restores("POST", f"/{restore['id']}/actions/cancel", "")

    world.machine.before["capture"] = cancel
    assert organisation.planned(body=wanted)["status"] == "CANCELLED"
    assert organisation.planned(body=wanted)["status"] == "PLANNED", "nothing keeps the next one from being planned"


@story("ConnectionRole", "RestoreRole", "WriteBackRole")
def a_backup_is_restored_into_another_database_with_a_secret_of_its_own(world):
    organisation, secrets = Connected(world), world.owner["secretsmanager"]
    rows = f"copy (select * from {organisation.schema}.deal order by id) to stdout (format csv)"
    backup, then, server = organisation.back_up(), organisation.database.sql(rows), organisation.database
    other, password = f"test_{organisation.id}", os.urandom(8).hex()
    server.sql(f"create role {other} login password '{password}'")
    server.sql(f"create database {other} owner {other}")
    tables = server.client("pg_dump", "--schema-only", "--no-owner", "--no-privileges", "--schema", organisation.schema, capture_output=True, text=True)
    server.sql(tables.stdout, name=other, user=other, password=password)
    database = {"host": "127.0.0.1", "port": server.port, "name": other, "user": other, "password": password}
    target = {"restore_target": {"kind": "postgres", "database": database}}
    assert organisation.call("PUT", "/restore_target", target)["restore_target"]["database"]["user"] == other
    check = organisation.call("POST", "/restore_target/actions/check", "")["check"]
    assert "deal" in [module["api_name"] for module in check["report"]["modules"]], check
    restored = Restored.__new__(Restored)
    restored.__dict__ = organisation.__dict__
    restore = restored.planned(body={"backup": backup["id"], "modules": ["deal"], "target": "restore_target"})
    assert restore["plan"]["create"] == 4 and restore["plan"]["change"] == 0, restore
    restore = restored.confirmed(restore)
    assert (restore["status"], restore["target"], restore["outcome"]["refused"]) == ("COMPLETED", "restore_target", 0), restore
    assert server.sql(rows, name=other) == then
    names = {one["Name"] for one in secrets.list_secrets()["SecretList"]}
    assert {organisation.secret(), f"{organisation.secret()}-restore"} <= names, names
    organisation.call("DELETE", "/restore_target")
    assert organisation.call("GET", "/restore_target")["restore_target"] is None
    names = {one["Name"] for one in secrets.list_secrets()["SecretList"]}
    assert f"{organisation.secret()}-restore" not in names and organisation.secret() in names, names


@story("RestoreRole", "WriteBackRole")
def an_erased_record_is_not_restored(world):
    organisation = Restored(world)
    backup = organisation.back_up()
    organisation.erased("deal", "1")
    organisation.sql("delete from sales.deal")
    restore = organisation.planned(body={"backup": backup["id"], "modules": ["deal"]})
    assert restore["plan"]["impossible"] == 1 and restore["plan"]["create"] > 0, restore
    planned = organisation.restores("GET", f"/{restore['id']}/plan/deal?action=impossible")["records"]
    assert [(record["id"], record["reason"]) for record in planned] == [("1", "erased")], planned
    restore = organisation.confirmed(restore)
    assert restore["status"] == "COMPLETED", restore
    ids = organisation.sql("copy (select id from sales.deal) to stdout").split()
    assert len(ids) == restore["plan"]["create"] and "1" not in ids, ids


def with_attachments(world):
    organisation = Restored(world, crm=ATTACHMENTS, connects=False)
    organisation.connect(profile="tryton")
    backup = organisation.back_up()
    assert backup["status"] == "COMPLETED", backup
    return organisation, {"backup": backup["id"], "policy": {"change": True}}


def file_hashes(organisation):
    return organisation.sql("copy (select id, encode(sha256(data), 'hex') from sales.ir_attachment order by id) to stdout")


@story("RestoreRole", "WriteBackRole")
def attachments_are_restored_and_the_restore_undone(world):
    organisation, wanted = with_attachments(world)
    then = file_hashes(organisation)
    organisation.sql("update sales.ir_attachment set data = 'one yen' where id = 1; update sales.ir_attachment set data = data || '!' where id = 2")
    damaged = file_hashes(organisation)
    restore = organisation.planned(body=wanted)
    assert restore["plan"]["files"] == {"create": 0, "change": 2, "leave": 0, "impossible": 0, "bytes": 9_600_007}, restore
    restore = organisation.confirmed(restore)
    assert restore["status"] == "COMPLETED" and restore["file_outcome"]["written"] == 2, restore
    assert file_hashes(organisation) == then
    undo = organisation.confirmed(organisation.planned(f"/{restore['id']}/actions/undo"))
    assert undo["status"] == "COMPLETED" and file_hashes(organisation) == damaged, undo
    assert not organisation.uploads()


@story("WriteBackRole")
def a_plan_whose_attachments_cannot_be_stored_fails_and_leaves_nothing(world):
    organisation, wanted = with_attachments(world)
    for number, folder in enumerate(("/%staged/", "/%stored/")):
        organisation.sql(f"update sales.ir_attachment set data = data || '{number}' where id = 2")
        with writes(world, organisation, lambda request, _: folder in urllib.parse.unquote(request.path) and "partNumber" in request.query):
            restore = organisation.planned(body=wanted)
        assert (restore["status"], restore["failure"]["code"]) == ("FAILED", "CAPTURE_NOT_STORED"), restore
        assert not [key for key in organisation.uploads() if folder in key], f"an upload to {folder} is left"
    assert organisation.planned(body=wanted)["status"] == "PLANNED"
    # What was staged and not stored is swept with the next backup.
    assert organisation.back_up()["status"] == "COMPLETED"
    assert not organisation.uploads()


@story("WriteBackRole")
def attachments_in_a_bucket_of_the_crm_are_planned_and_not_written(world):
    organisation, at = Restored.of(filed(world)), {"Bucket": FILES_BUCKET, "Key": "media/ab/cd/abcd0001"}
    world.owner["s3"].put_object(Body=os.urandom(1000), **at)
    backup = organisation.back_up()
    world.owner["s3"].put_object(Body=b"garbled", **at)
    restore = organisation.planned(body={"backup": backup["id"], "policy": {"change": True}})
    assert restore["plan"]["files"]["change"] == 1, restore
    restore = organisation.confirmed(restore)
    assert restore["file_outcome"]["refused"] == 1, restore
    (row,) = organisation.restores("GET", f"/{restore['id']}/report")["records"]
    assert (row["file"], row["outcome"], row["reason"]) == ("1", "refused", "unsupported"), row
    assert world.owner["s3"].get_object(**at)["Body"].read() == b"garbled"
