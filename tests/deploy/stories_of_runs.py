"""Stories of what runs by itself: triggers, runs, notifications and keys."""

import contextlib
import datetime
import email.policy
import io
import json
import re
import time
import uuid
import zipfile

from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ses.models import ses_backends

from services import StreamReader, lambda_calls_asynchronously, letters, next_15th, scheduler_delivers
from stack import ACCOUNT, REGION
from stories import FILM_BYTES, Organisation, ago, download, ids, leaves_log_and_trace, log_story, ready, signed_links, story, write_crm
from world import SENDER_DOMAIN


# --------------------------------------------------------------------------------------------------------------------------- Triggers


@story("TriggerRole", "SchedulerRole")
def a_delivery_starts_a_run(world):
    organisation = Organisation(world)
    _, trigger = organisation.set_schedule()
    answer = scheduler_delivers(world, trigger["Target"], next_15th())
    assert answer == {"delivery": "started"}, answer
    wait_for_executions(world)
    (backup,) = organisation.items("BACKUP#")
    assert backup["status"]["S"] == "COMPLETED", backup


@story("TriggerRole")
def triggers_that_differ_from_their_schedule_are_repaired(world):
    organisation = Organisation(world)
    old, trigger = organisation.set_schedule()
    organisation.call("PUT", f"/{old}/actions/cancel")
    event = json.loads(trigger["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", next_15th()))
    # The trigger of a stopped schedule still exists.
    restore(world, trigger)
    assert world.hosts["Trigger"].invoke(event) == {"delivery": "stale"}
    assert not has_trigger(world, organisation)
    # A schedule has no trigger, which a late delivery of the previous one reveals; then it has the trigger of the previous one.
    new, trigger = organisation.set_schedule()
    world.owner["scheduler"].delete_schedule(GroupName=trigger["GroupName"], Name=trigger["Name"])
    assert world.hosts["Trigger"].invoke(event) == {"delivery": "stale"}
    assert new in organisation.trigger()["Target"]["Input"]
    assert world.hosts["Trigger"].invoke(event) == {"delivery": "stale"}


@story("TriggerRole")
def the_sweep_starts_overdue_runs_and_reports_missed_ones(world):
    organisation = Organisation(world)
    organisation.set_schedule()
    (schedule,) = organisation.items("SCHEDULE#")
    long_ago = ago(days=75)
    recurrence = {"M": {**schedule["recurrence"]["M"], "first": {"S": long_ago[:8] + "15"}}}
    organisation.change_item({**schedule, "recurrence": recurrence}, due=long_ago, due_at=long_ago)
    swept = scheduler_delivers(world, world.stack.resources["Sweep"]["Target"], "")["sweep"]
    assert swept["started_overdue"] >= 1 and swept["missed"] >= 1, swept
    words = world.stack.resources["RunsMissedMetric"]["FilterPattern"].strip('"')
    assert any(words in line for line in log_of(world, "Trigger")), "the alarm's words are not in the log"
    words = world.stack.resources["SweepsMetric"]["FilterPattern"].strip('"')
    assert any(words in line for line in log_of(world, "Trigger")), "the words that report a sweep are not in the log"
    wait_for_executions(world)
    assert len(organisation.items("BACKUP#")) == 1, "its overdue run was not started"


@story("ScheduleRole", "ArchiveRole")
def a_backup_that_is_being_made_is_cancelled(world):
    organisation = Organisation(world)

    def cancel():
        (backup,) = organisation.call("GET", "/backups")["backups"]
        organisation.call("POST", f"/{backup['id']}/actions/cancel_run")

    world.machine.before["assemble"] = cancel
    assert organisation.back_up()["status"] == "CANCELLED"
    leaves_nothing(world, organisation)
    assert organisation.back_up()["status"] == "COMPLETED"


@story("TriggerRole")
def a_silent_run_is_ended(world):
    organisation = Organisation(world)
    world.machine.is_out = True
    try:
        organisation.call("POST", "", "", 201)
        wait_for_executions(world)
    finally:
        world.machine.is_out = False
    (backup,) = organisation.items("BACKUP#")
    assert backup["status"]["S"] == "INPROGRESS", backup
    organisation.change_item(backup, created=ago(hours=26), must_end=ago(hours=1), due_at=ago(hours=1))
    assert world.hosts["Trigger"].invoke({"sweep": {}})["sweep"]["ended"] >= 1
    assert not organisation.items("SLOT")


@story("TriggerRole")
def a_call_that_keeps_failing_is_kept(world):
    letters(world, "TriggerDeadLetters")
    assert lambda_calls_asynchronously(world, "Trigger", {"neither": "nor"}) is None
    assert "BadInput" in letters(world, "TriggerDeadLetters")[0]


@story("SchedulerRole")
def open_deliveries_are_retried_every_minute(world):
    answer = scheduler_delivers(world, world.stack.resources["RetryDeliveries"]["Target"], "")
    assert answer is not None and "attempts" in answer, "notify was not called"


@story("SchedulerRole", "RotateRole")
def the_age_of_the_signers_key_is_reported(world):
    watch = world.stack.resources["WatchSignerKey"]["Target"]
    assert scheduler_delivers(world, watch, "") is not None, "rotate was not called"
    world.age_signer_keys(datetime.timedelta(days=40))
    assert scheduler_delivers(world, watch, "")["signer_key_age_days"] >= 40
    reported = [json.loads(line)["signer_key_age_days"] for line in log_of(world, "Rotate") if "signer_key_age_days" in line]
    assert reported[-1] >= 40 and world.stack.resources["SignerKeyAgeMetric"]["FilterPattern"] == "{ $.signer_key_age_days = * }"


@story("SchedulerRole")
def a_call_that_cannot_be_made_is_kept(world):
    letters(world, "TriggerDeadLetters")
    target = {**world.stack.resources["Sweep"]["Target"], "Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:gone"}
    assert scheduler_delivers(world, target, "") is None
    assert "sweep" in letters(world, "TriggerDeadLetters")[0]


def restore(world, trigger):
    taken = ("Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    world.owner["scheduler"].create_schedule(**{name: trigger[name] for name in taken})


def has_trigger(world, organisation):
    found = world.owner["scheduler"].list_schedules(GroupName=world.stack.reference("Triggers"))["Schedules"]
    return f"org-{organisation.id}" in {one["Name"] for one in found}


def log_of(world, logical):
    group = world.stack.reference(f"{logical}Log")
    return [event["message"] for event in world.owner["logs"].filter_log_events(logGroupName=group)["events"]]


def wait_for_executions(world):
    for execution in world.machine.executions():
        if world.executions_ended.get(execution) is None:
            world.executions_ended[execution] = world.machine.run(execution)


# ------------------------------------------------------------------------------------------------------------------------------- Runs


@story("CrmWriter", "ArchiveRole", "MachineRole", "ActivityRole", "Signer")
def objects_encrypted_with_an_earlier_key_stay_readable(world):
    (earlier,) = world.stack.parameters["PreviousArchivesKeyArns"]
    with world.gate.encryption.as_if_written_with(earlier):
        organisation = Organisation(world, film_bytes=FILM_BYTES)
        made = organisation.back_up()
        assert made["status"] == "COMPLETED", made
    data, attachments = signed_links(organisation)
    assert download(data) and download(attachments)
    (backup,) = organisation.call("GET", "/backups")["backups"]
    assert organisation.call("GET", f"/backups/{backup['id']}/contents")["contents"]["modules"]


@story("ArchiveRole", "MachineRole")
def a_backup_becomes_two_zips_that_hold_everything(world):
    world.machine.check()
    organisation = Organisation(world, film_bytes=FILM_BYTES)
    assert organisation.back_up()["status"] == "COMPLETED"
    links = organisation.call("GET", "/urls")["urls"]
    with zipfile.ZipFile(io.BytesIO(world.edge.fetch(links["data_links"][0])[0])) as data:
        assert data.testzip() is None
        assert "山田" in data.read("Leads.csv").decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(world.edge.fetch(links["attachment_links"][0])[0])) as attachments:
        assert attachments.testzip() is None
        assert attachments.getinfo("Leads/1/film.bin").file_size == FILM_BYTES
    assert not objects(world, f"work/{organisation.id}/"), "work objects are left"
    # What no snapshot needs is deleted after a run.
    orphan = f"org/{organisation.id}/%stored/orphan"
    world.owner["s3"].put_object(Bucket=world.stack.reference("CrmStore"), Key=orphan, Body=b"x")
    assert organisation.back_up()["status"] == "COMPLETED"
    assert orphan not in objects(world, orphan, "CrmStore")


@story("ArchiveRole", "MachineRole")
def a_backup_with_a_lost_attachment_fails_with_that_reason_and_leaves_nothing(world):
    organisation = Organisation(world, film_bytes=FILM_BYTES)
    world.machine.before["assemble"] = lambda: lose(world, organisation, FILM_BYTES)
    backup = organisation.back_up()
    assert (backup["status"], backup["failure"]["code"]) == ("FAILED", "ATTACHMENT_MISSING"), backup
    assert "film.bin" in backup["failure"]["message"], backup
    leaves_nothing(world, organisation)


@story("ArchiveRole", "MachineRole")
def rows_are_written_anew_for_an_organisation_that_wants_another_form_of_csv(world):
    organisation = Organisation(world, notes_bytes=34 << 20)
    organisation.call("PUT", "/settings", {"settings": {"csv": {"escape_formulas": False}}}, if_match="*")
    assert organisation.back_up()["status"] == "COMPLETED"
    links = organisation.call("GET", "/urls")["urls"]
    with zipfile.ZipFile(io.BytesIO(world.edge.fetch(links["data_links"][0])[0])) as data:
        assert data.testzip() is None and b"\r\n2,=1+1,-5\r\n" in data.read("Leads.csv")


@story("ArchiveRole", "MachineRole")
def a_damaged_block_is_named_and_deleted(world):
    organisation = Organisation(world)
    stored = objects(world, f"org/{organisation.id}/%stored/", "CrmStore")
    for key in stored:
        world.owner["s3"].put_object(Bucket=world.stack.reference("CrmStore"), Key=key, Body=b"{")
    backup = organisation.back_up()
    assert (backup["status"], backup["failure"]["code"]) == ("FAILED", "DATA_DAMAGED"), backup
    assert len(objects(world, f"org/{organisation.id}/%stored/", "CrmStore")) == len(stored) - 1
    leaves_nothing(world, organisation)


@story("ArchiveRole", "MachineRole")
def a_backup_whose_rows_are_lost_midway_leaves_nothing(world):
    organisation = Organisation(world, notes_bytes=34 << 20)
    organisation.call("PUT", "/settings", {"settings": {"csv": {"escape_formulas": False}}}, if_match="*")
    world.machine.before["pack"] = lambda: lose_last_rows(world, organisation, "Notes")
    backup = organisation.back_up()
    assert (backup["status"], backup["failure"]["code"]) == ("FAILED", "DATA_MISSING"), backup
    leaves_nothing(world, organisation)


def objects(world, prefix, bucket="Archives"):
    found = world.owner["s3"].list_objects_v2(Bucket=world.stack.reference(bucket), Prefix=prefix)
    return [one["Key"] for one in found.get("Contents", [])]


def lose(world, organisation, least):
    """Deletes what is stored of the organisation in objects of at least that size."""
    bucket = world.stack.reference("CrmStore")
    found = world.owner["s3"].list_objects_v2(Bucket=bucket, Prefix=f"org/{organisation.id}/%stored/")["Contents"]
    large = [one["Key"] for one in found if one["Size"] >= least]
    assert large
    for key in large:
        world.owner["s3"].delete_object(Bucket=bucket, Key=key)


def lose_last_rows(world, organisation, module):
    """Deletes the last block of a module, so that reading it breaks off midway."""
    (index,) = objects(world, f"org/{organisation.id}/{module}/", "CrmStore")
    bucket = world.stack.reference("CrmStore")
    blocks = json.loads(world.owner["s3"].get_object(Bucket=bucket, Key=index)["Body"].read())["blocks"]
    assert len(blocks) > 1, blocks
    world.owner["s3"].delete_object(Bucket=bucket, Key=f"org/{organisation.id}/%stored/{blocks[-1]['object']}")


def leaves_nothing(world, organisation):
    assert not objects(world, f"work/{organisation.id}/") and not objects(world, f"archives/{organisation.id}/")
    uploads = world.owner["s3"].list_multipart_uploads(Bucket=world.stack.reference("Archives")).get("Uploads", [])
    assert not [one for one in uploads if f"/{organisation.id}/" in one["Key"]], "an upload dangles"


# ---------------------------------------------------------------------------------------------------------------------------- Notices


@story("NotifyRole")
def an_administrator_gets_one_mail(world):
    letters(world, "NoticeFailures")
    stream = StreamReader(world)
    before = stream.last
    organisation = Organisation(world)
    assert organisation.back_up()["status"] == "COMPLETED"
    stream.deliver()
    mails = mails_to(world, organisation)
    assert any("X-Amz-Signature" in mail for mail in mails), "no mail has links"
    stream.last = before
    stream.deliver()
    assert len(mails_to(world, organisation)) == len(mails), "somebody got a second mail"
    assert not letters(world, "NoticeFailures")


@story("NotifyRole")
def a_message_to_an_unreachable_webhook_is_sent_later(world):
    organisation = Organisation(world)
    organisation.call("POST", "/webhooks", {"webhook": {"url": f"{world.outside.url}/hook"}}, 201)
    stream = StreamReader(world)
    world.outside.takes_webhooks = False
    organisation.set_schedule()
    stream.deliver()
    world.outside.takes_webhooks = True
    (open_delivery,) = organisation.items("DELIVERY#")
    organisation.change_item(open_delivery, next=ago(minutes=1), due_at=ago(minutes=1))
    assert world.hosts["Notify"].invoke({"again": {}})["attempts"] >= 1
    (delivery,) = organisation.items("DELIVERY#")
    assert delivery["ended"]["M"]["outcome"]["S"] == "done" and "due_at" not in delivery, delivery
    assert world.outside.received[-1]["type"] == "backup.scheduled", world.outside.received[-1]


@story("NotifyRole")
def a_webhook_that_keeps_failing_is_disabled(world):
    organisation = Organisation(world)
    organisation.call("POST", "/webhooks", {"webhook": {"url": f"{world.outside.url}/hook"}}, 201)
    stream = StreamReader(world)
    world.outside.takes_webhooks = False
    try:
        organisation.set_schedule()
        stream.deliver()
        (open_delivery,) = organisation.items("DELIVERY#")
        open_delivery["attempts"] = {"N": "8"}
        organisation.change_item(open_delivery, next=ago(minutes=1), due_at=ago(minutes=1))
        world.hosts["Notify"].invoke({"again": {}})
    finally:
        world.outside.takes_webhooks = True
    assert organisation.call("GET", "/webhooks")["webhooks"][0]["status"] == "disabled"


@story("NotifyRole")
def a_notification_that_keeps_failing_is_kept_and_the_others_continue(world):
    letters(world, "NoticeFailures")
    troubled, well = Organisation(world), Organisation(world)
    stream = StreamReader(world)
    troubled.set_schedule()
    (settings,) = troubled.items("SETTINGS")
    troubled.change_item(settings, time_zone="nowhere")
    well.set_schedule()
    stream.deliver()
    troubled.change_item(settings)
    assert "startSequenceNumber" in letters(world, "NoticeFailures")[0]
    assert not mails_to(world, troubled) and len(mails_to(world, well)) == 1


@story("NotifyRole")
def an_unreadable_record_is_kept_at_once_and_the_others_continue(world):
    letters(world, "NoticeFailures")
    unreadable, well = Organisation(world), Organisation(world)
    stream = StreamReader(world)
    unreadable.set_schedule()
    well.set_schedule()
    stream.deliver(spoil=lambda record: spoiled(record) if unreadable.owns(record) else record)
    (letter,) = letters(world, "NoticeFailures")
    (record,) = json.loads(letter)["Records"]
    assert unreadable.owns(record), record
    assert not mails_to(world, unreadable) and len(mails_to(world, well)) == 1
    record["dynamodb"]["NewImage"]["kind"] = {"S": "schedule_set"}
    assert world.hosts["Notify"].invoke({"Records": [record]}) == {"batchItemFailures": []}
    assert len(mails_to(world, unreadable)) == 1, "what the queue holds is an input of the function"


@story("NotifyRole")
def mail_that_ses_refuses_for_the_whole_account_is_counted_and_sent_later(world):
    letters(world, "NoticeFailures")
    organisation = Organisation(world)
    stream = StreamReader(world)
    with refused_sender(world):
        organisation.set_schedule()
        stream.deliver()
    words = world.stack.resources["NoticesFailingMetric"]["FilterPattern"].strip('"')
    lines = [line for line in log_of(world, "Notify") if words in line]
    assert any("SES answered" in line for line in lines), "the log does not say what the alarm counts, or not why"
    (open_mail,) = organisation.mail_deliveries()
    assert not mails_to(world, organisation) and "ended" not in open_mail, "the mail is lost"
    organisation.change_item(open_mail, next=ago(minutes=1), due_at=ago(minutes=1))
    for _ in range(2):
        world.hosts["Notify"].invoke({"again": {}})
        assert len(mails_to(world, organisation)) == 1
    assert not letters(world, "NoticeFailures")


@story("NotifyRole")
def a_mail_that_failed_for_good_is_kept_and_can_be_sent_from_the_queue(world):
    letters(world, "NoticeFailures")
    organisation = Organisation(world)
    stream = StreamReader(world)
    with refused_sender(world):
        organisation.set_schedule()
        stream.deliver()
        (open_mail,) = organisation.mail_deliveries()
        open_mail["attempts"] = {"N": "1079"}
        organisation.change_item(open_mail, next=ago(minutes=1), due_at=ago(minutes=1))
        world.hosts["Notify"].invoke({"again": {}})
    (letter,) = letters(world, "NoticeFailures")
    assert not mails_to(world, organisation)
    world.hosts["Notify"].invoke(json.loads(letter))
    assert len(mails_to(world, organisation)) == 1


@contextlib.contextmanager
def refused_sender(world):
    """SES refuses every mail, because the sender's domain is not verified."""
    world.owner["ses"].delete_identity(Identity=SENDER_DOMAIN)
    try:
        yield
    finally:
        world.owner["ses"].verify_domain_identity(Domain=SENDER_DOMAIN)


def spoiled(record):
    """An event of a kind that is not known, as a later version may have written it."""
    if "NewImage" in record["dynamodb"] and "kind" in record["dynamodb"]["NewImage"]:
        record["dynamodb"]["NewImage"]["kind"] = {"S": "nothing known"}
    return record


def mails_to(world, organisation):
    """Texts of the mails to an organisation's administrator."""
    sent = [email.message_from_string(mail.raw_data, policy=email.policy.default) for mail in ses_backends[ACCOUNT][REGION].sent_messages]
    mine = [mail for mail in sent if mail["to"] == f"admin-{organisation.id}@example.org"]
    return [mail.get_body(("plain",)).get_content() for mail in mine]


# ------------------------------------------------------------------------------------------------------------------------------- Keys


@story("RotateRole")
def links_stay_valid_after_a_rotation(world):
    world.forget_signer_keys()
    leaves_log_and_trace(world, "Rotate", lambda: world.rotate(uuid.uuid4().hex))
    organisation = ready(world)
    world.cold()
    link = signed(organisation)
    world.rotate(uuid.uuid4().hex)
    world.cold()
    newer = signed(organisation)
    assert key_of(link) != key_of(newer)
    assert download(link) and download(newer)
    try:
        world.rotate(uuid.uuid4().hex)
        raise AssertionError("a key with live links was taken away")
    except PermissionError as refused:
        assert "TooSoon" in str(refused), refused
    world.age_signer_keys(datetime.timedelta(days=9))
    world.rotate(uuid.uuid4().hex)
    assert key_of(link) not in {key["AccessKeyId"] for key in world.signer_keys()}
    assert download(newer)


@story("RotateRole")
def a_leaked_key_is_replaced_and_links_of_the_previous_key_stay_valid(world):
    world.forget_signer_keys()
    world.rotate(uuid.uuid4().hex)
    organisation = ready(world)
    world.cold()
    link = signed(organisation)
    world.rotate(uuid.uuid4().hex)
    world.cold()
    leaked = signed(organisation)
    world.owner["iam"].delete_access_key(UserName=world.stack.reference("Signer"), AccessKeyId=key_of(leaked))
    world.rotate(uuid.uuid4().hex)
    world.cold()
    newer = signed(organisation)
    assert {key["AccessKeyId"] for key in world.signer_keys()} == {key_of(link), key_of(newer)}
    assert download(link) and download(newer)


def signed(organisation):
    return signed_links(organisation)[0]


@story("RotateRole")
def plain_links_stay_valid_after_a_rotation(world):
    organisation = ready(world)
    world.cold()
    link = organisation.call("GET", "/urls")["urls"]["data_links"][0]
    before = set(world.edge.keys)
    world.rotate(uuid.uuid4().hex, "PlainLinkKey")
    world.cold()
    newer = organisation.call("GET", "/urls")["urls"]["data_links"][0]
    assert link != newer and before < set(world.edge.keys)
    assert world.edge.fetch(link)[0] == world.edge.fetch(newer)[0]
    age_plain_link_keys(world, 9)
    world.rotate(uuid.uuid4().hex, "PlainLinkKey")
    assert len(world.edge.keys) == 2, "the current one, and the new one; those before have no live links"
    assert world.edge.fetch(link)[0] == "LINK_INVALID"
    # A warm function still knows the key by the name that it had before this story aged it.
    world.cold()


def age_plain_link_keys(world, days):
    """Ages the keys by renaming them: a key's name has its creation time."""
    def earlier(id):
        at = datetime.datetime.strptime(id[:14], "%Y%m%d%H%M%S") - datetime.timedelta(days=days)
        return at.strftime("%Y%m%d%H%M%S") + id[14:]

    world.edge.keys = {earlier(id): secret for id, secret in world.edge.keys.items()}
    secret = secretsmanager_backends[ACCOUNT][REGION].secrets[world.secrets[world.stack.reference("PlainLinkKey")]]
    for version in secret.versions.values():
        key = json.loads(version["secret_string"])
        if key["id"]:
            version["secret_string"] = json.dumps({**key, "id": earlier(key["id"])})


def key_of(link):
    return re.search(r"X-Amz-Credential=([A-Z0-9]+)", link)[1]


@story("CrmWriter")
def a_platform_writes_its_data(world):
    organisation = Organisation(world, film_bytes=FILM_BYTES, notes_bytes=1 << 20)
    versions = objects(world, f"org/{organisation.id}/Deals/", "CrmStore")
    assert len(versions) == 3, versions
    assert not objects(world, f"org/{organisation.id}/%staged/", "CrmStore")


@story("CrmWriter")
def an_interrupted_upload_of_a_file_leaves_nothing(world):
    id = next(ids)
    done = write_crm(world, id, "Own", 40 << 20, 0, 20 << 20)
    assert done.returncode != 0 and "the film broke off" in done.stderr, done.stderr
    uploads = world.owner["s3"].list_multipart_uploads(Bucket=world.stack.reference("CrmStore")).get("Uploads", [])
    assert not [one for one in uploads if f"/{id}/" in one["Key"]], "an upload dangles"
    assert len(objects(world, f"org/{id}/Leads/", "CrmStore")) == 1, "the version of before is the only one"
