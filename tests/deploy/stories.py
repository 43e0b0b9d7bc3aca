"""Stories of a deployed Hozon, each with the roles that it exercises. A story makes its own organisation, so that it can run again in the same
world."""

import base64
import datetime
import hashlib
import io
import itertools
import json
import subprocess
import time
import urllib.error
import urllib.request
import uuid
import zipfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lambda_host import Failed
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from stack import REGION, ROOT

BACKUP = "/crm/bulk/v8/backup"
MONTHLY = {"backup": {"rrule": "RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15"}}
# Size of a file whose tail is copied inside the store.
FILM_BYTES = 12 << 20
STORIES = {}
ids = itertools.count(int(time.time()) * 1000)


def story(*roles):
    """Declares the roles that a story exercises, the most important first."""
    def keep(run):
        for role in roles:
            STORIES.setdefault(role, []).append(run)
        return run
    return keep


def write_crm(world, id, plan, film_bytes, notes_bytes, *breaking_off):
    """Writes an organisation and a CRM as a platform does; with another number, its film breaks off after so many bytes."""
    environment = {**world.variables("Archive"), **world.environment["CrmWriter"]}
    sizes = [str(size) for size in (film_bytes, notes_bytes, *breaking_off)]
    command = [world.binaries / "examples/native_crm", str(id), "桜商事", plan, *sizes]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


class Organisation:
    """An organisation with a small CRM and an administrator."""

    def __init__(self, world, plan="Own", film_bytes=0, notes_bytes=0, id=None):
        self.world, self.id = world, id or next(ids)
        done = write_crm(world, self.id, plan, film_bytes, notes_bytes)
        assert done.returncode == 0, done.stderr

    @property
    def token(self):
        """A new one each time: one lasts ten minutes, and an organisation may serve stories for longer."""
        return self.world.outside.token(self.id)

    def call(self, method, path, body=None, expect=200, **headers):
        """Calls the API. Each POST has its own idempotency key unless one is given."""
        if method == "POST":
            headers.setdefault("idempotency_key", str(uuid.uuid4()))
        answer = self.world.api.call(method, BACKUP + path, body, self.token, **headers)
        assert answer.status == expect, (method, path, answer.status, answer.body)
        return answer.body

    def back_up(self):
        """Makes a backup and waits for its end."""
        return self.wait(self.call("POST", "", "", 201)["backup"]["details"]["id"])

    def wait(self, id):
        """Waits for the end of a backup's run."""
        for execution in self.world.machine.executions():
            if self.world.executions_ended.get(execution) is None:
                self.world.executions_ended[execution] = self.world.machine.run(execution)
        backup = self.call("GET", "/summary")["summary"]["backup"]
        assert backup["id"] == id, backup
        return backup

    def set_schedule(self):
        """Sets the monthly schedule; returns its id and EventBridge Scheduler's trigger."""
        id = self.call("POST", "", MONTHLY, 201)["backup"]["details"]["id"]
        return id, self.trigger()

    def trigger(self):
        group = self.world.stack.reference("Triggers")
        return self.world.owner["scheduler"].get_schedule(GroupName=group, Name=f"org-{self.id}")

    def items(self, prefix):
        found = self.world.owner["dynamodb"].query(
            TableName=self.world.table, KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"ORG#{self.id}"}, ":sk": {"S": prefix}})
        return found["Items"]

    def owns(self, record):
        return record["dynamodb"]["Keys"]["pk"]["S"] == f"ORG#{self.id}"

    def mail_deliveries(self):
        found = self.world.owner["dynamodb"].query(
            TableName=self.world.table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": f"OUTBOX#{self.id}"}})
        return found["Items"]

    def change_item(self, item, **attributes):
        """Changes an item of the table, as if time had passed."""
        changed = {**item, **{name: {"S": value} for name, value in attributes.items()}}
        self.world.owner["dynamodb"].put_item(TableName=self.world.table, Item=changed)


def ready(world):
    """An organisation with a ready backup, shared by all stories that only read it."""
    if world.ready is None:
        organisation = Organisation(world)
        assert organisation.back_up()["status"] == "COMPLETED"
        world.ready = organisation
    return world.ready


def ago(**span):
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def signed_links(organisation):
    """Presigned links to each zip of the newest backup."""
    notices = organisation.call("GET", "/notifications")["notifications"]
    return next([link["url"] for link in one["links"]] for one in notices if one["kind"] == "ready")


def download(link):
    with urllib.request.urlopen(link) as answer:
        return answer.read()


def leaves_log_and_trace(world, logical, call):
    """Whether a call of a function left its log lines and its trace."""
    call()
    group = world.stack.reference(f"{logical}Log")
    found = world.owner["logs"].describe_log_streams(logGroupName=group, logStreamNamePrefix=world.log_streams[logical])["logStreams"]
    assert found, f"{logical} leaves no log"
    events = world.owner["logs"].get_log_events(logGroupName=group, logStreamName=world.log_streams[logical])["events"]
    assert events, f"{logical}'s log is empty"
    assert world.traced[logical], f"{logical} leaves no trace"


def log_story(logical, call):
    def a_call_leaves_a_log_and_a_trace(world):
        leaves_log_and_trace(world, logical, lambda: call(world))
    return story(f"{logical}Role")(a_call_leaves_a_log_and_a_trace)


def whatever(world, logical, event):
    try:
        world.hosts[logical].invoke(event)
    except Failed:
        pass


log_story("Authorize", lambda world: world.api.call("GET", f"{BACKUP}/nowhere"))
log_story("Schedule", lambda world: world.api.call("GET", f"{BACKUP}/summary"))
log_story("Download", lambda world: world.api.call("GET", f"{BACKUP}/urls"))
log_story("Activity", lambda world: world.api.call("GET", f"{BACKUP}/history"))
log_story("Purchase", lambda world: world.api.call("GET", f"{BACKUP}/prices"))
log_story("Trigger", lambda world: whatever(world, "Trigger", {}))
log_story("Notify", lambda world: whatever(world, "Notify", {}))
log_story("Archive", lambda world: whatever(world, "Archive", {}))


@story("AuthorizeRole")
def a_token_is_required_and_checked(world):
    organisation = ready(world)
    assert world.api.call("GET", f"{BACKUP}/summary").status == 401
    assert world.api.call("GET", f"{BACKUP}/summary", token="x.y.z").body["code"] == "INVALID_TOKEN"
    assert world.api.call("GET", f"{BACKUP}/summary", token=world.outside.token(organisation.id, "user")).status == 403
    assert world.api.call("GET", "/nowhere", token=organisation.token).body["code"] == "INVALID_URL_PATTERN"
    organisation.call("GET", "/summary")


@story("AuthorizeRole")
def a_request_that_bypasses_cloudfront_is_refused(world):
    organisation = ready(world)
    calendar = organisation.call("POST", "/calendar/link", "")["details"]["path"]
    organisation.call("GET", "/summary")
    assert world.api.call("GET", calendar).status == 200
    for headers in ({}, {"x_hozon_origin": "a guess"}):
        answer = world.api.call("GET", f"{BACKUP}/summary", token=organisation.token, goes_around=True, **headers)
        assert answer.status == 403 and "code" not in answer.body, answer.body
        assert world.api.call("GET", calendar, goes_around=True, **headers).status == 403
        assert world.api.call("POST", "/webhooks/payments", "{}", goes_around=True, **headers).status == 403


@story("ScheduleRole")
def a_schedule_is_set_changed_and_stopped(world):
    organisation = Organisation(world)
    id, trigger = organisation.set_schedule()
    assert trigger["ScheduleExpression"] == "cron(0 4 15 * ? *)", trigger
    assert trigger["Target"]["RoleArn"] == world.stack.attribute("SchedulerRole", "Arn")
    headers = {"if_match": "*"}
    organisation.call("PUT", f"/{id}", {"backup": {"rrule": "RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO"}}, **headers)
    assert "2#1" in organisation.trigger()["ScheduleExpression"]
    organisation.call("PUT", f"/{id}/actions/cancel")
    try:
        organisation.trigger()
    except world.owner["scheduler"].exceptions.ResourceNotFoundException:
        return
    raise AssertionError("the trigger is still there")


@story("ScheduleRole")
def progress_is_seen_while_a_backup_is_made(world):
    organisation = Organisation(world)
    with world.hosts["Archive"].calling:
        id = organisation.call("POST", "", "", 201)["backup"]["details"]["id"]
        backup = organisation.call("GET", "/summary")["summary"]["backup"]
        assert backup["status"] == "INPROGRESS", backup
    backup = organisation.wait(id)
    assert backup["status"] == "COMPLETED", backup


@story("ActivityRole")
def the_contents_of_a_backup_are_shown_while_they_are_stored(world):
    organisation = ready(world)
    (backup,) = organisation.call("GET", "/backups")["backups"][:1]
    contents = organisation.call("GET", f"/backups/{backup['id']}/contents")["contents"]
    assert {module["api_name"] for module in contents["modules"]} == {"Leads", "Deals"}, contents
    unknown = Organisation(world)
    unknown.change_item(unknown_backup(world, organisation, unknown))
    answer = world.api.call("GET", f"{BACKUP}/backups/{backup['id']}/contents", token=unknown.token)
    assert answer.status == 204, answer.body


@story("ArchiveRole", "ActivityRole")
def a_finished_backup_has_a_signed_statement(world):
    organisation = Organisation(world)
    backup = organisation.back_up()
    assert backup["status"] == "COMPLETED", backup
    statement = organisation.call("GET", f"/backups/{backup['id']}/statement")["statement"]
    key = organisation.call("GET", "/statements/key")["statement_key"]
    text = json.loads(statement["text"])
    assert (text["key"], text["number"], statement["is_linked"]) == (key["sha256"], 1, True), statement
    public = serialization.load_pem_public_key(key["pem"].encode())
    public.verify(base64.b64decode(statement["signature"]), statement["text"].encode(), ec.ECDSA(hashes.SHA256()))
    assert hashlib.sha256(statement["zips"].encode()).hexdigest() == text["zips_sha256"], statement


@story("ActivityRole")
def a_backup_is_held_and_let_go(world):
    organisation = ready(world)
    (backup,) = organisation.call("GET", "/backups")["backups"][:1]
    path = f"/backups/{backup['id']}/hold"
    held = organisation.call("PUT", path)["retention"]
    assert [one["backup_id"] for one in held["holds"]] == [backup["id"]], held
    assert held["kept"]["bytes"] > 0, held
    assert organisation.call("DELETE", path)["retention"]["holds"] == []
    gone = Organisation(world)
    gone.change_item(unknown_backup(world, organisation, gone))
    answer = world.api.call("PUT", f"{BACKUP}{path}", token=gone.token)
    assert (answer.status, answer.body["code"]) == (410, "SNAPSHOT_GONE"), answer.body


def unknown_backup(world, organisation, other):
    """The same backup in another organisation, without stored contents."""
    (backup,) = organisation.items("BACKUP#")
    return {**backup, "pk": {"S": f"ORG#{other.id}"}, "org": {"S": str(other.id)}}


@story("ScheduleRole")
def the_state_of_the_crm_is_shown(world):
    assert ready(world).call("GET", "/source")["source"]["rows"] == 3


@story("DownloadRole", "Signer")
def a_link_leads_to_the_zip_and_the_download_is_recorded(world):
    organisation = ready(world)
    links = organisation.call("GET", "/urls")["urls"]
    with zipfile.ZipFile(io.BytesIO(world.edge.fetch(links["data_links"][0])[0])) as data:
        assert "manifest.json" in data.namelist()
    id = organisation.call("GET", "/summary")["summary"]["backup"]["id"]
    one = organisation.call("POST", f"/{id}/files/Data_001.zip/actions/download")["download"]
    assert download(one["url"])
    history = organisation.call("GET", "/history")["history"]
    assert any("download" in json.dumps(entry).lower() for entry in history), history


@story("ActivityRole")
def notifications_have_links_and_are_marked_as_read(world):
    organisation = ready(world)
    notifications = organisation.call("GET", "/notifications")["notifications"]
    newest = next(one for one in notifications if one["kind"] == "ready")
    assert len(newest["links"]) == 2, newest
    organisation.call("PUT", "/notifications/actions/mark_read", {"notifications": {"read_until": notifications[0]["id"]}})
    assert organisation.call("GET", "/notifications")["info"]["unread"] == 0
    assert organisation.call("GET", "/history")["history"]


@story("ScheduleRole")
def a_webhook_is_added_and_removed(world):
    organisation = ready(world)
    added = organisation.call("POST", "/webhooks", {"webhook": {"url": f"{world.outside.url}/hook"}}, 201)["details"]
    assert len(organisation.call("GET", "/webhooks")["webhooks"]) == 1
    organisation.call("POST", f"/webhooks/{added['id']}/actions/test")
    assert len(organisation.items("DELIVERY#")) == 1
    organisation.call("DELETE", f"/webhooks/{added['id']}")


@story("PurchaseRole")
def an_order_is_placed_confirmed_and_cancelled(world):
    organisation = Organisation(world, "Standard")
    assert organisation.call("GET", "/prices")
    id = place(organisation)
    organisation.call("POST", f"/orders/{id}/actions/confirm")
    assert organisation.call("POST", f"/orders/{id}/actions/cancel")["order"]["status"] == "CANCELLED"


@story("PurchaseRole")
def the_allowance_and_its_ledger_are_shown(world):
    organisation = Organisation(world, "Standard")
    organisation.back_up()
    assert organisation.call("GET", "/allowance")["allowance"]["used"] == 1
    assert organisation.call("GET", "/ledger")["ledger"][0]["cause"] == "used"


@story("PurchaseRole")
def a_paid_order_is_credited_once(world):
    organisation = Organisation(world, "Standard")
    id = place(organisation)
    organisation.call("POST", f"/orders/{id}/actions/confirm")
    session = next(session for session in world.outside.sessions.values() if session["metadata"]["order"] == id)
    body, signature = world.outside.pay(session["id"])
    forged = world.api.call("POST", "/webhooks/payments", body.replace("paid", "pay!"), stripe_signature=signature)
    assert forged.status == 400, forged.body
    for _ in range(2):
        answer = world.api.call("POST", "/webhooks/payments", body, stripe_signature=signature)
        assert answer.status == 200, answer.body
    assert organisation.call("GET", f"/orders/{id}")["order"]["status"] == "PAID"
    credits = [item for item in organisation.items("LEDGER#")]
    assert len(credits) == 1, credits


def place(organisation):
    wanted = {"order": {"items": [{"product": "one_time", "quantity": 2}], "origin": "backup_page"}}
    key = str(uuid.uuid4())
    first, repeat = [organisation.call("POST", "/orders", wanted, 201, idempotency_key=key)["order"]["id"] for _ in range(2)]
    assert first == repeat, (first, repeat)
    return first
