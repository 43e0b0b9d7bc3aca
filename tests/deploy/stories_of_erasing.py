"""Stories of erasing records."""

import io
import json
import uuid
import zipfile

from stories import FILM_BYTES, Organisation, ago, log_story, story, whatever

ERASURES = "/crm/bulk/v8/erasures"
LEAD = {"records": [{"module": "Leads", "id": "1"}]}

log_story("Erase", lambda world: whatever(world, "Erase", {}))


def call(organisation, method, path="", body=None, expect=200):
    headers = {"idempotency_key": str(uuid.uuid4())} if method == "POST" else {}
    answer = organisation.world.api.call(method, ERASURES + path, body, organisation.token, **headers)
    assert answer.status == expect, (method, path, answer.status, answer.body)
    return answer.body


def finish(world):
    """Waits for the end of everything that was started."""
    for execution in world.machine.executions():
        if world.executions_ended.get(execution) is None:
            world.executions_ended[execution] = world.machine.run(execution)
            assert world.executions_ended[execution] == "SUCCEEDED", world.owner["stepfunctions"].describe_execution(executionArn=execution)


def planned(organisation, body=LEAD):
    id = call(organisation, "POST", "", body, 201)["erasure"]["id"]
    finish(organisation.world)
    return call(organisation, "GET", f"/{id}")["erasure"]


def confirmed(organisation, erasure):
    call(organisation, "POST", f"/{erasure['id']}/actions/confirm", {"records": erasure["records"]})
    finish(organisation.world)
    return call(organisation, "GET", f"/{erasure['id']}")["erasure"]


def unlock(organisation):
    """Lifts the locks on an organisation's zips, as if their time had passed."""
    world, bucket = organisation.world, organisation.world.stack.reference("Archives")
    found = world.owner["s3"].list_object_versions(Bucket=bucket, Prefix=f"archives/{organisation.id}/")
    assert found["Versions"], "there is no zip"
    for version in found["Versions"]:
        world.owner["s3"].put_object_retention(
            Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"], Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2020-01-01T00:00:00Z"},
            BypassGovernanceRetention=True)


def try_again(organisation):
    """Lets the sweep start a pending erasure again."""
    (item,) = organisation.items("ERASURE#")
    organisation.change_item(item, check=ago(minutes=1), due_at=ago(minutes=1))
    organisation.world.hosts["Trigger"].invoke({"sweep": {}})
    finish(organisation.world)


def versions(organisation, bucket, prefix):
    found = organisation.world.owner["s3"].list_object_versions(Bucket=organisation.world.stack.reference(bucket), Prefix=prefix)
    return found.get("Versions", []) + found.get("DeleteMarkers", [])


def mention(organisation, backup):
    """Makes a backup's comparison name the lead."""
    s3, place = organisation.world.owner["s3"], {"Bucket": organisation.world.stack.reference("Archives"), "Key": f"contents/{organisation.id}/{backup}.json"}
    contents = json.loads(s3.get_object(**place)["Body"].read())
    (leads,) = [module for module in contents["changes"]["modules"] if module["api_name"] == "Leads"]
    leads["examples"]["changed"].append("1")
    s3.put_object(**place, Body=json.dumps(contents))


def report(organisation):
    """Makes a report of a restore name the lead, and another one."""
    part = {"module": "Leads", "phase": "write", "rows": [{"id": id, "action": "create", "is_main": True, "outcome": "written"} for id in ("1", "2")]}
    place = {"Bucket": organisation.world.stack.reference("CrmStore"), "Key": f"restores/{organisation.id}/1/report/0-00000-000000000000.json"}
    organisation.world.owner["s3"].put_object(**place, Body=json.dumps(part))
    return place


def reported(organisation, place):
    return [row["id"] for row in json.loads(organisation.world.owner["s3"].get_object(**place)["Body"].read())["rows"]]


@story("EraseRole", "ActivityRole", "TriggerRole", "MachineRole")
def a_record_is_erased_and_locked_zips_make_it_pending(world):
    organisation = Organisation(world, film_bytes=FILM_BYTES)
    organisation.back_up()
    backup = organisation.back_up()
    mention(organisation, backup["id"])
    place = report(organisation)
    erasure = planned(organisation, {"search": {"module": "Leads", "words": "+8190", "match": "prefix"}})
    assert (erasure["status"], erasure["records"], erasure["snapshots"]) == ("PLANNED", 1, 2), erasure
    erasure = confirmed(organisation, erasure)
    assert (erasure["status"], erasure["pending_for"]) == ("PENDING", "object_lock"), erasure
    records = organisation.call("GET", f"/{backup['id']}/modules/Leads/records")["records"]
    assert [record["id"] for record in records] == ["2"], "erased at once, except locked zips"
    assert reported(organisation, place) == ["2"]
    unlock(organisation)
    try_again(organisation)
    erasure = call(organisation, "GET", f"/{erasure['id']}")["erasure"]
    assert (erasure["status"], erasure["statement"]) == ("COMPLETED", 3), erasure
    assert not versions(organisation, "Archives", f"archives/{organisation.id}/")
    statement = call(organisation, "GET", f"/{erasure['id']}/statement")["statement"]
    assert statement["is_linked"] and [one["module"] for one in json.loads(statement["records"])] == ["Leads"], statement
    contents = world.owner["s3"].get_object(Bucket=world.stack.reference("Archives"), Key=f"contents/{organisation.id}/{backup['id']}.json")
    changes = json.loads(contents["Body"].read())["changes"]
    assert all("1" not in module["examples"]["changed"] for module in changes["modules"]), changes


def newest(organisation):
    return organisation.call("GET", "/backups")["backups"][0]


def entries(organisation, backup):
    """The texts of all entries of a backup's zips that are current."""
    s3, bucket = organisation.world.owner["s3"], organisation.world.stack.reference("Archives")
    found = {}
    for file in backup["files"]:
        body = s3.get_object(Bucket=bucket, Key=f"archives/{organisation.id}/{backup['id']}/{file['name']}")["Body"].read()
        with zipfile.ZipFile(io.BytesIO(body)) as opened:
            assert opened.testzip() is None
            found.update({name: opened.read(name) for name in opened.namelist()})
    return found


@story("EraseRole", "ArchiveRole", "TriggerRole", "ActivityRole", "DownloadRole", "MachineRole")
def zips_are_made_anew_while_the_first_ones_are_locked(world):
    organisation = Organisation(world, film_bytes=FILM_BYTES)
    organisation.back_up()
    organisation.back_up()
    first = newest(organisation)
    rows = entries(organisation, first)["Leads.csv"].splitlines()
    erasure = confirmed(organisation, planned(organisation, {**LEAD, "zips": "remake"}))
    assert (erasure["status"], erasure["pending_for"], erasure["remakes"]["running"]) == ("PENDING", "object_lock", 2), erasure
    refused = organisation.call("POST", f"/{first['id']}/files/{first['files'][0]['name']}/actions/download", "", 409)
    assert refused["code"] == "ZIPS_BEING_REMADE", refused
    world.hosts["Trigger"].invoke({"sweep": {}})
    finish(world)
    made = newest(organisation)
    assert (made["id"], made["remake"]["status"], made["downloadable"]) == (first["id"], "COMPLETED", True), made
    assert made["expiry_date"] == first["expiry_date"], "links end when they would have ended"
    left = entries(organisation, made)["Leads.csv"].splitlines()
    assert len(left) == len(rows) - 1 and set(left) < set(rows), (rows, left)
    organisation.call("POST", f"/{made['id']}/files/{made['files'][0]['name']}/actions/download", "")
    kept = versions(organisation, "Archives", f"archives/{organisation.id}/")
    assert any(not one["IsLatest"] for one in kept), "the first zips are locked"
    unlock(organisation)
    try_again(organisation)
    erasure = call(organisation, "GET", f"/{erasure['id']}")["erasure"]
    assert (erasure["status"], erasure["remakes"]) == ("COMPLETED", {"running": 0, "completed": 2, "failed": 0}), erasure
    kept = versions(organisation, "Archives", f"archives/{organisation.id}/")
    assert len(kept) == 4 and all(one["IsLatest"] and "Size" in one for one in kept), "the new zips, and nothing else"


@story("EraseRole", "ActivityRole")
def an_erasure_is_cancelled(world):
    organisation = Organisation(world)
    organisation.back_up()
    erasure = planned(organisation)
    call(organisation, "POST", f"/{erasure['id']}/actions/cancel", "")
    (only,) = call(organisation, "GET")["erasures"]
    assert only["status"] == "CANCELLED" and "examples" not in only, only


@story("EraseRole")
def versions_of_captured_data_are_deleted_too(world):
    bucket = {"Bucket": world.stack.reference("CrmStore")}
    world.owner["s3"].put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
    try:
        organisation = Organisation(world)
        organisation.back_up()
        erasure = confirmed(organisation, planned(organisation))
        assert erasure["status"] == "PENDING", erasure
        unlock(organisation)
        try_again(organisation)
        assert call(organisation, "GET", f"/{erasure['id']}")["erasure"]["status"] == "COMPLETED"
        left = versions(organisation, "CrmStore", f"org/{organisation.id}/") + versions(organisation, "CrmStore", f"erasures/{organisation.id}/")
        assert left and all(one["IsLatest"] and "Size" in one for one in left), left
    finally:
        world.owner["s3"].put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"})


@story("EraseRole")
def records_under_a_previous_key_are_erased(world):
    (earlier,) = world.stack.parameters["PreviousArchivesKeyArns"]
    with world.gate.encryption.as_if_written_with(earlier):
        organisation = Organisation(world)
        organisation.back_up()
    assert planned(organisation)["records"] == 1
