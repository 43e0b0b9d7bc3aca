"""Runs Zoho's official Python SDK against the local program, unchanged but for host and token."""

import io
import sys
import time
import urllib.request
import zipfile

from local import program
from zohocrmsdk.src.com.zoho.api.authenticator.token import Token
from zohocrmsdk.src.com.zoho.crm.api.backup import (
    APIException, Backup, BackupOperations, BodyWrapper, FileBodyWrapper, HistoryWrapper, ResponseWrapper, SuccessResponse, UrlsWrapper,
)
from zohocrmsdk.src.com.zoho.crm.api.backup.action_wrapper import ActionWrapper
from zohocrmsdk.src.com.zoho.crm.api.backup.backup_operations import HISTORYParam
from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer
from zohocrmsdk.src.com.zoho.crm.api.parameter_map import ParameterMap


class FixedToken(Token):
    def __init__(self, token):
        self.token = token

    def authenticate(self, url_connection, config=None):
        if self.token:
            url_connection.add_header("Authorization", "Zoho-oauthtoken " + self.token)

    def remove(self):
        return True

    def generate_token(self):
        return self.token

    def get_id(self):
        return None


def become(hozon, token):
    environment = DataCenter.Environment(hozon.url, hozon.url, hozon.url)
    Initializer.initialize(environment, FixedToken(token), resource_path="/tmp")


def say(what, value):
    print(f"  {what}: {value}")


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")
    say(what, found)


def value(choice):
    return choice.get_value() if hasattr(choice, "get_value") else choice


def answer(response, kind, what):
    """The answer's object, or that of an action's envelope."""
    found = response.get_object()
    if isinstance(found, ActionWrapper):
        found = found.get_backup()
    if not isinstance(found, kind):
        sys.exit(f"{what}: status {response.get_status_code()}, {found!r} instead of {kind.__name__}")
    return found


def error(response, code, what):
    found = answer(response, APIException, what)
    expect(value(found.get_code()), code, f"{what} -> APIException")
    return found


def schedule(rrule):
    body, backup = BodyWrapper(), Backup()
    backup.set_rrule(rrule)
    body.set_backup(backup)
    return BackupOperations().schedule(body)


def back_up_now():
    return BackupOperations().schedule(BodyWrapper())


def wait_until_ready():
    for _ in range(600):
        if value(answer(BackupOperations().get_details(), ResponseWrapper, "details").get_backup().get_status()) != "INPROGRESS":
            return answer(BackupOperations().get_urls(), UrlsWrapper, "urls")
        time.sleep(0.1)
    sys.exit("the backup did not become ready")


def schedules():
    expect(BackupOperations().get_details().get_status_code(), 204, "details before anything")
    expect(BackupOperations().get_urls().get_status_code(), 204, "urls before anything")
    done = answer(schedule("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"), SuccessResponse, "schedule")
    expect(value(done.get_code()), "SUCCESS", "schedule")
    expect(value(done.get_message()), "Backup scheduled successfully.", "message")
    id = int(done.get_details()["id"])
    details = answer(BackupOperations().get_details(), ResponseWrapper, "details").get_backup()
    expect((details.get_id(), value(details.get_status())), (id, "SCHEDULED"), "details")
    expect(details.get_rrule(), "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "rrule")
    say("next run", details.get_scheduled_date())
    say("first run", details.get_start_date())
    expect(details.get_requester().get_name(), "Admin 管理者", "requester")

    again = error(schedule("RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=31"), "BACKUP_ALREADY_SCHEDULED", "a second schedule")
    expect(int(again.get_details()["id"]), id, "details.id")
    wrong = error(schedule("RRULE:FREQ=DAILY;INTERVAL=1"), "INVALID_DATA", "a wrong rule")
    expect(dict(wrong.get_details()), {"api_name": "rrule", "json_path": "$.backup.rrule"}, "details")
    error(BackupOperations().cancel(123456), "RESOURCE_NOT_FOUND", "cancel what is not there")
    stopped = answer(BackupOperations().cancel(id), SuccessResponse, "cancel")
    expect(value(stopped.get_message()), "Backup stopped successfully.", "cancel")
    error(BackupOperations().cancel(id), "ALREADY_CANCELLED", "cancel again")


def backups():
    done = answer(back_up_now(), SuccessResponse, "back up now")
    first = int(done.get_details()["id"])
    urls = wait_until_ready().get_urls()
    expect((len(urls.get_data_links()), len(urls.get_attachment_links())), (1, 1), "links")
    say("expiry", urls.get_expiry_date())
    error(BackupOperations().cancel(first), "ALREADY_CANCELLED", "cancel what is ready")
    params = ParameterMap()
    params.add(HISTORYParam.page, "1")
    params.add(HISTORYParam.per_page, "2")
    history = answer(BackupOperations().history(params), HistoryWrapper, "history")
    expect(history.get_info().get_more_records(), True, "more records")
    for record in history.get_history():
        what = [value(record.get_state()), value(record.get_action()), value(record.get_repeat_type())]
        say("record", (str(record.get_log_time()), *what, record.get_file_name(), record.get_done_by().get_name()))
    expect([value(record.get_state()) for record in history.get_history()], ["completed", None], "states")
    params.add(HISTORYParam.per_page, "201")
    error(BackupOperations().history(params), "INVALID_DATA", "a page that is too long")
    names = [download(link) for link in urls.get_data_links() + urls.get_attachment_links()]
    expect(names, ["Data_001.zip", "Attachments_001.zip"], "downloads")


def download(link):
    """Downloads with the SDK, which sends Authorization, and compares with a plain download byte by byte."""
    file = answer(BackupOperations().download_backed_up_data(link), FileBodyWrapper, "download").get_file()
    found = file.get_stream().content
    with urllib.request.urlopen(link) as plain:
        expect(found == plain.read(), True, f"all {len(found)} bytes of {file.get_name()}")
    expect(zipfile.ZipFile(io.BytesIO(found)).testzip(), None, "the downloaded zip's first bad entry")
    return file.get_name()


def in_progress():
    """A backup of the larger organisation takes long enough to be seen in progress."""
    done = answer(back_up_now(), SuccessResponse, "back up now")
    error(back_up_now(), "INPROGRESS", "back up now again")
    error(BackupOperations().cancel(int(done.get_details()["id"])), "INPROGRESS", "cancel what is being made")
    wait_until_ready()


def strangers(hozon):
    for token, code in [
        (hozon.tokens["Paid", "plain user"], "NO_PERMISSION"),
        ("not-a-token", "INVALID_TOKEN"),
        (None, "AUTHENTICATION_FAILURE"),
    ]:
        become(hozon, token)
        error(BackupOperations().get_details(), code, "details")
        error(schedule("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"), code, "schedule")
        error(BackupOperations().cancel(1), code, "cancel")
        error(BackupOperations().get_urls(), code, "urls")
        error(BackupOperations().history(), code, "history")


if __name__ == "__main__":
    with program({"Paid": "Standard", "Nothing free": "Free", "Large": "Own"}) as hozon:
        become(hozon, hozon.tokens["Paid", "administrator"])
        schedules()
        backups()
        become(hozon, hozon.tokens["Large", "administrator"])
        in_progress()
        become(hozon, hozon.tokens["Nothing free", "administrator"])
        error(back_up_now(), "LIMIT_REACHED", "back up now without allowance")
        strangers(hozon)
    print("Zoho's Python SDK: everything as expected.")
