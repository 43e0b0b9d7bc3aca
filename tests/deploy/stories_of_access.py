"""Stories of downloads with links, recorded from the bucket's events."""

import json

from services import cloudtrail_delivers, lambda_calls_asynchronously, letters
from stories import Organisation, download, log_story, signed_links, story, whatever

log_story("Access", lambda world: whatever(world, "Access", {}))


@story("AccessRole", "Signer")
def a_download_with_a_link_is_in_the_history_once(world):
    organisation = Organisation(world)
    organisation.back_up()
    link = signed_links(organisation)[0]
    assert download(link)
    assert cloudtrail_delivers(world, link, errorCode="AccessDenied") is None
    assert cloudtrail_delivers(world, link) == "recorded"
    assert cloudtrail_delivers(world, link) == "known"
    assert [one["address"] for one in downloads(organisation)] == ["203.0.113.7"]


@story("AccessRole")
def a_download_that_was_recorded_with_its_click_is_not_recorded_again(world):
    organisation = Organisation(world)
    id = organisation.back_up()["id"]
    link = organisation.call("POST", f"/{id}/files/Data_001.zip/actions/download")["download"]["url"]
    assert cloudtrail_delivers(world, link) == "known"
    assert [one["address"] for one in downloads(organisation)] == [None]


@story("AccessRole")
def an_event_that_cannot_be_recorded_is_kept(world):
    letters(world, "AccessFailures")
    assert lambda_calls_asynchronously(world, "Access", {"detail": "nonsense"}) is None
    (kept,) = letters(world, "AccessFailures")
    assert json.loads(kept)["responsePayload"]["errorType"] == "BadInput", kept


@story("NotesRole")
def a_download_with_a_plain_link_is_in_the_history_once(world):
    organisation = Organisation(world)
    organisation.back_up()
    (link,) = organisation.call("GET", "/urls")["urls"]["data_links"]
    zip, headers = world.edge.fetch(link, authorization="Zoho-oauthtoken whatever")
    assert zip[:2] == b"PK" and headers["content-disposition"] == 'attachment; filename="Data_001.zip"', headers
    world.handed_over.clear()
    assert world.hosts["Notes"].invoke({})["handed_over"] and world.hosts["Notes"].invoke({})["handed_over"]
    assert "recorded" in world.handed_over and "known" in world.handed_over, world.handed_over
    assert [one["address"] for one in downloads(organisation)] == ["203.0.113.9"]


log_story("Notes", lambda world: world.hosts["Notes"].invoke({}))


def downloads(organisation):
    return organisation.call("GET", "/history?kind=download_started")["history"]
