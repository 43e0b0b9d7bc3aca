"""Stories of organisations whose CRM is Zoho CRM: consent at the tests' own server of its API, and backups by the function outside the
databases' network."""

import os

from stories import Organisation, log_story, story, whatever
from stories_of_restores import Restored
from stories_of_sources import Connected, a_capture_is_not_stored

log_story("CaptureWeb", lambda world: whatever(world, "CaptureWeb", {}))
# Over 8 MiB, so that it is an object of its own.
LARGE = os.urandom(9 << 20)


class OnTheWeb(Connected):
    """An organisation that has given its consent."""

    def __init__(self, world):
        Organisation.__init__(self, world)
        self.connect()

    def connect(self, **further):
        wanted = {"connection": {"kind": "zoho", "zoho": {"data_center": "us", **further}}}
        page = self.call("POST", "/connection/actions/ask_consent", wanted)["consent"]["url"]
        self.call("POST", "/connection/actions/answer_consent", {"consent": self.world.zoho.consent(page)})


@story("ConnectionRole", "CaptureWebRole", "MachineRole")
def zoho_is_connected_by_consent_checked_and_backed_up(world):
    organisation = OnTheWeb(world)
    check = organisation.check()
    assert check["status"] == "reached" and check["report"]["cost"]["first"] > 0, check
    backup = organisation.back_up()
    assert backup["status"] == "COMPLETED", backup
    with organisation.zip() as data:
        for module in "Leads", "Notes":
            assert len(data.read(f"{module}.csv").splitlines()) > len(world.zoho.rows(module)), module
        assert "metadata/users.json" in data.namelist()
    with organisation.zip("attachment_links") as attachments:
        assert len(attachments.namelist()) > len(world.zoho.rows("Attachments"))


@story("CaptureWebRole")
def a_second_backup_of_zoho_reads_what_lies_under_a_previous_key(world):
    organisation = OnTheWeb(world)
    (earlier,) = world.stack.parameters["PreviousArchivesKeyArns"]
    with world.gate.encryption.as_if_written_with(earlier):
        assert organisation.back_up()["status"] == "COMPLETED"
    stored = organisation.stored()
    assert organisation.back_up()["status"] == "COMPLETED"
    assert organisation.stored() == stored


@story("CaptureWebRole")
def a_refused_token_is_renewed_and_versions_before_the_last_two_are_forgotten(world):
    organisation = OnTheWeb(world)
    lead = world.zoho.rows("Leads")[0]["id"]
    for text in "one", "two", "three":
        world.zoho.change("Leads", lead, {"Description": text})
        world.zoho.fault({"Refuse": {"kind": "org", "module": None, "status": 401, "code": "INVALID_TOKEN", "after": 0, "times": 1}})
        assert organisation.back_up()["status"] == "COMPLETED"
    with organisation.zip() as data:
        assert b"three" in data.read("Leads.csv")
    # The platform's own version is another's.
    captured = [version for version in organisation.versions("Leads") if "captured" in version]
    assert len(captured) == 2, captured


@story("CaptureWebRole")
def a_large_attachment_of_zoho_that_cannot_be_stored_leaves_nothing(world):
    organisation = OnTheWeb(world)
    world.zoho.attach("Deals", world.zoho.rows("Deals")[0]["id"], "film.bin", LARGE)
    a_capture_is_not_stored(organisation)


class Writable(OnTheWeb, Restored):
    """An organisation whose consent covers writing."""

    def connect(self):
        super().connect(may_write=True)


@story("RestoreRole", "WriteBackRole", "MachineRole")
def a_garbled_record_of_zoho_is_changed_back_with_a_renewed_token(world):
    organisation = Writable(world)
    backup = organisation.back_up()
    lead = world.zoho.rows("Leads")[0]
    world.zoho.change("Leads", lead["id"], {"Company": "garbled"})
    world.zoho.fault({"Refuse": {"kind": "org", "module": None, "status": 401, "code": "INVALID_TOKEN", "after": 0, "times": 1}})
    wanted = {"backup": backup["id"], "modules": ["Leads"], "policy": {"change": True, "delete": False}}
    restore = organisation.planned(body=wanted)
    assert restore["plan"]["change"] == 1 and not restore["plan"]["is_hindered"], restore
    restore = organisation.confirmed(restore)
    assert restore["status"] == "COMPLETED" and restore["outcome"]["written"] == 1, restore
    (found,) = [one for one in world.zoho.rows("Leads") if one["id"] == lead["id"]]
    assert found["Company"] == lead["Company"], found
