"""Every call of the document, by the client that openapi-python-client has made of it. Prints the calls."""

import datetime
import importlib
import json
import pathlib
import sys
import time
import urllib.parse

url, token, document, generated = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(generated).parent))
client_module = importlib.import_module("python_client")
models = importlib.import_module("python_client.models")
client = client_module.AuthenticatedClient(base_url=url, token=token, raise_on_unexpected_status=True)
operations = {
    call["operationId"]: (method.upper(), path, call["tags"][0])
    for path, item in json.loads(pathlib.Path(document).read_text()).get("paths").items()
    for method, call in item.items()
    if isinstance(call, dict) and "operationId" in call
}


def call(operation, *path, status=200, version="v8", **arguments):
    """Makes a call and gives its answer, read into its model."""
    method, template, tag = operations[operation]
    module = importlib.import_module(f"python_client.api.{tag}.{operation}")
    if version:
        path = (models.ApiVersion(version), *path)
    answer = module.sync_detailed(*path, client=client, **arguments)
    print(method, template, int(answer.status_code), flush=True)
    if answer.status_code != status:
        sys.exit(f"{operation}: {int(answer.status_code)} instead of {status}: {answer.content[:300]}")
    return answer.parsed


def refused(code, operation, *path, **arguments):
    """A refusal with the one error schema."""
    found = call(operation, *path, status=400, **arguments)
    found = getattr(found, "backup", found)
    if found.code != code or found.status != models.ErrorStatus.ERROR:
        sys.exit(f"{operation}: {found} instead of {code}")


def body(name, **fields):
    return getattr(models, name).from_dict(fields)


def finished():
    for _ in range(600):
        newest = call("list_backups", page=1, per_page=5).backups[0]
        if newest.status != models.BackupStatus.INPROGRESS:
            return newest
        time.sleep(0.2)
    sys.exit("the backup did not become ready")


def schedules():
    rule = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"
    call("get_backup", status=204)
    runs = call("preview_schedule", rrule=rule).preview.next_runs
    assert all(isinstance(run, datetime.datetime) and run.tzinfo for run in runs) and len(runs) == 5, runs
    made = call("schedule_backup", body=body("BackupRequest", backup={"rrule": rule}), status=201)
    id = made.backup.details.id
    assert isinstance(call("get_backup").backup.scheduled_date, datetime.datetime)
    monthly = body("BackupRequest", backup={"rrule": "RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15"})
    call("change_schedule", id, body=monthly, if_match="*")
    refused("BACKUP_ALREADY_SCHEDULED", "schedule_backup", body=monthly)
    call("cancel_schedule", id)


def backups():
    call("schedule_backup", body=body("BackupRequest"), status=201)
    made = finished()
    assert made.status == models.BackupStatus.COMPLETED and made.expiry_date > made.created_time, made
    call("get_contents", made.id)
    call("get_urls", backup_id=made.id)
    call("start_download", made.id, made.files[0].name)


def overview():
    call("get_summary")
    call("get_allowance")
    call("get_ledger", per_page=2)
    call("get_source")
    records = call("get_history", kind="backup_ready", from_=datetime.date(2020, 1, 1)).history
    assert [record.kind for record in records] == [models.EventKind.BACKUP_READY], records
    newest = call("list_notifications").notifications[0]
    call("mark_notifications_read", body=body("MarkRead", notifications={"read_until": newest.id}))


def settings():
    call("get_settings")
    wanted = body("SettingsRequest", settings={"locale": "ja", "recipients": ["ops@example.com"]})
    assert call("save_settings", body=wanted, if_match="*").settings.locale == models.Language.JA
    link = call("create_calendar_link").details.path
    call("get_calendar", key=urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["key"][0])
    call("remove_calendar_link")


def webhooks():
    id = call("add_webhook", body=body("WebhookRequest", webhook={"url": "https://example.com/hook"}), status=201).details.id
    call("list_webhooks")
    call("test_webhook", id)
    call("remove_webhook", id)


def purchases():
    call("get_prices")
    order = {"items": [{"product": "one_time", "quantity": 2}], "origin": "backup_page"}
    id = call("place_order", body=body("OrderRequest", order=order), status=201).order.id
    call("confirm_order", id)
    call("cancel_order", id)
    call("get_order", id)
    call("list_orders")
    call("list_subscriptions")
    refused("RESOURCE_NOT_FOUND", "cancel_subscription", "1", body=body("CancelRequest", subscription={"confirm": True}))
    refused("RESOURCE_NOT_FOUND", "resume_subscription", "1")
    refused("INVALID_SIGNATURE", "receive_payment_message", body={}, stripe_signature="t=1,v1=00", version=None)


for part in (schedules, backups, overview, settings, webhooks, purchases):
    part()
