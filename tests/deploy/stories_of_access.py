"""Stories of downloads with links, as the bucket tells of them."""

import json

from services import bucket_tells, lambda_calls_asynchronously, letters
from stories import Organisation, download, log_story, story, whatever

log_story("Access", lambda world: whatever(world, "Access", {}))


@story("AccessRole", "Signer")
def a_download_with_a_link_is_in_the_history_once(world):
    organisation = Organisation(world)
    organisation.back_up()
    (link,) = organisation.call("GET", "/urls")["urls"]["data_links"]
    assert download(link)
    assert bucket_tells(world, link, errorCode="AccessDenied") is None
    assert bucket_tells(world, link) == "recorded"
    assert bucket_tells(world, link) == "known"
    assert [one["address"] for one in downloads(organisation)] == ["203.0.113.7"]


@story("AccessRole")
def a_download_that_was_asked_for_is_not_recorded_twice(world):
    organisation = Organisation(world)
    id = organisation.back_up()["id"]
    link = organisation.call("POST", f"/{id}/files/Data_001.zip/actions/download")["download"]["url"]
    assert bucket_tells(world, link) == "known"
    assert [one["address"] for one in downloads(organisation)] == [None]


@story("AccessRole")
def what_cannot_be_recorded_is_kept(world):
    letters(world, "AccessFailures")
    assert lambda_calls_asynchronously(world, "Access", {"detail": "nonsense"}) is None
    (kept,) = letters(world, "AccessFailures")
    assert json.loads(kept)["responsePayload"]["errorType"] == "BadInput", kept


def downloads(organisation):
    return organisation.call("GET", "/history?kind=download_started")["history"]
