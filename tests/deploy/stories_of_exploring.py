"""Stories of looking inside backups."""

from stories import BACKUP, FILM_BYTES, Organisation, download, log_story, ready, story, unknown_backup

log_story("Explore", lambda world: world.api.call("GET", f"{BACKUP}/1/modules"))


@story("ExploreRole")
def records_of_a_backup_are_listed_read_and_searched(world):
    organisation = ready(world)
    id = organisation.call("GET", "/backups")["backups"][0]["id"]
    assert {module["api_name"] for module in organisation.call("GET", f"/{id}/modules")["modules"]} == {"Leads", "Deals"}
    assert [record["id"] for record in organisation.call("GET", f"/{id}/modules/Leads/records")["records"]] == ["1", "2"]
    record = organisation.call("GET", f"/{id}/modules/Leads/records/1")["record"]
    assert record["fields"][2]["value"] == "+819012345678", record
    assert organisation.call("GET", f"/{id}/search?words=090")["hits"] == []
    assert organisation.call("GET", f"/{id}/search?words=%2B8190")["hits"][0]["id"] == "1"
    (step,) = organisation.call("GET", f"/{id}/modules/Leads/records/2/history")["history"]
    assert step["kind"] == "present", step
    looks = organisation.call("GET", "/history?kind=records_listed,record_viewed,records_searched")["history"]
    assert {look["kind"] for look in looks} == {"records_listed", "record_viewed", "records_searched"}, looks


@story("ExploreRole")
def backups_are_compared(world):
    organisation = ready(world)
    id = organisation.call("GET", "/backups")["backups"][0]["id"]
    (leads,) = (module for module in organisation.call("GET", f"/{id}/compare?with={id}")["modules"] if module["api_name"] == "Leads")
    assert leads["state"] == "same", leads
    assert organisation.call("GET", f"/{id}/compare/Leads?with={id}")["records"] == []
    assert organisation.call("GET", f"/{id}/compare/Leads/attachments?with={id}")["attachments"] == []


@story("ExploreRole", "Signer")
def attachments_are_taken_out_for_a_link(world):
    organisation = Organisation(world, film_bytes=FILM_BYTES)
    path = f"/{organisation.back_up()['id']}/modules/Leads/records/1/attachments"
    sizes = {}
    for attachment in organisation.call("GET", path)["attachments"]:
        link = organisation.call("POST", f"{path}/{attachment['id']}/actions/link", "")["link"]
        sizes[link["file_name"]] = len(download(link["url"]))
    assert sizes == {"offer.txt": 600, "film.bin": FILM_BYTES}, sizes
    assert len(organisation.call("GET", "/history?kind=attachment_downloaded")["history"]) == 2


@story("ExploreRole")
def a_backup_whose_data_is_not_kept_says_so(world):
    organisation, unknown = ready(world), Organisation(world)
    id = organisation.call("GET", "/backups")["backups"][0]["id"]
    unknown.change_item(unknown_backup(world, organisation, unknown))
    answer = world.api.call("GET", f"{BACKUP}/{id}/modules", token=unknown.token)
    assert answer.status == 410 and answer.body["code"] == "SNAPSHOT_GONE", answer.body


@story("ExploreRole")
def records_under_a_previous_key_are_read(world):
    (earlier,) = world.stack.parameters["PreviousArchivesKeyArns"]
    with world.gate.encryption.as_if_written_with(earlier):
        organisation = Organisation(world)
        id = organisation.back_up()["id"]
    assert [record["id"] for record in organisation.call("GET", f"/{id}/modules/Leads/records")["records"]] == ["1", "2"]
