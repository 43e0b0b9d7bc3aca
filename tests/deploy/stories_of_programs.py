"""Stories of databases that a program captures beside them: the real command, with the policy that the stack's outputs name."""

import re
import subprocess
import tempfile
import time

from policy import Statement
from stack import NAME, REGION
from stories import story
from stories_of_runs import leaves_nothing, objects
from stories_of_sources import (
    ATTACHMENTS,
    Connected,
    a_large_attachment_that_cannot_be_stored,
    unchanged_rows_are_not_stored_again,
    zip_has_every_row,
)

POLICY, OWNER = "CaptureProgram", "owner"


def program(world, *arguments, stack=NAME, policy=POLICY):
    """Runs the command to its end; `policy` names whose credentials it has."""
    credentials = world.environment[policy] if policy else {}
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": "/usr/bin", "HOME": home, "LANG": "C", "AWS_REGION": REGION, "AWS_ENDPOINT_URL": world.gate.url,
                       "AWS_EC2_METADATA_DISABLED": "true", **credentials}
        command = [(world.binaries / "hozon").resolve(), "capture", "--stack", stack, *arguments]
        return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=60)


class LeftToProgram(Connected):
    """An organisation whose database the service leaves to the program."""

    def wanted(self, **changes):
        return super().wanted(**{"captured_by": "program", **changes})

    def back_up(self, *arguments):
        """Makes a backup for which the program runs once. One that the program does not end is cancelled."""
        # Runs look at first after a tenth of a call's time.
        with self.world.hosts["CaptureDatabase"].with_variables(HOZON_CAPTURE_SECONDS="1"):
            id = self.call("POST", "", "", 201)["backup"]["details"]["id"]
            while (backup := self.call("GET", "/summary")["summary"]["backup"])["status"] == "INPROGRESS":
                if backup["progress"]["waits_for_program"]:
                    break
                time.sleep(0.02)
            else:
                return self.wait(id)
            done = program(self.world, *arguments)
            if done.returncode and not self.is_given_up(id):
                self.call("POST", f"/{id}/actions/cancel_run", "")
                self.wait(id)
                raise PermissionError(done.stdout + done.stderr)
            return self.wait(id)

    def is_given_up(self, backup):
        key = {"pk": {"S": f"RUN#{self.id}#{backup}"}, "sk": {"S": "AWAITED"}}
        return "given_up" in self.world.owner["dynamodb"].get_item(TableName=self.world.table, Key=key)["Item"]


@story(POLICY, "CaptureDatabaseRole", "ScheduleRole", "MachineRole")
def the_program_captures_what_runs_wait_for(world):
    organisation = LeftToProgram(world)
    assert organisation.back_up()["status"] == "COMPLETED"
    zip_has_every_row(organisation, "deal", "person")
    assert not objects(world, f"work/{organisation.id}/"), "documents of the capture are left"
    assert organisation.back_up("--org", str(organisation.id))["status"] == "COMPLETED"
    done = program(world)
    assert (done.returncode, done.stdout) == (0, "No backup waits for this program.\n"), done


@story(POLICY)
def the_program_does_not_store_unchanged_rows_again(world):
    unchanged_rows_are_not_stored_again(LeftToProgram(world))


@story(POLICY)
def an_attachment_that_the_program_cannot_store_leaves_nothing(world):
    organisation = LeftToProgram(world, ATTACHMENTS, connects=False)
    a_large_attachment_that_cannot_be_stored(organisation)


@story(POLICY, "CaptureDatabaseRole")
def a_run_ends_with_the_failure_of_the_program(world):
    organisation = LeftToProgram(world)
    organisation.sql("alter role hozon password 'another'")
    backup = organisation.back_up()
    assert (backup["status"], backup["failure"]["code"]) == ("FAILED", "SOURCE_PASSWORD"), backup
    leaves_nothing(world, organisation)


@story(POLICY)
def the_program_says_what_keeps_it_from_working(world):
    organisation = Connected(world)
    world.principals.statements[OWNER] = [Statement({"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"})]
    world.gate.keys[OWNER], world.environment[OWNER] = OWNER, {"AWS_ACCESS_KEY_ID": OWNER, "AWS_SECRET_ACCESS_KEY": OWNER}
    for arguments, options, said in (
        ((), {"stack": "nothing", "policy": OWNER}, f"The region {REGION} has no stack nothing"),
        ((), {"stack": "another", "policy": OWNER}, "The stack another has no output "),
        ((), {"stack": "another"}, "The credentials may not describe the stack"),
        ((), {"policy": None}, "There are no AWS credentials that work"),
        (("--org", "77"), {}, "the stack has no organisation 77"),
        (("--org", str(organisation.id)), {}, f"the connection of organisation {organisation.id} is captured by the service"),
    ):
        done = program(world, *arguments, **options)
        assert done.returncode == 1 and said in done.stderr, (arguments, options, done)
        assert not re.search(r"AccessDenied|XML", done.stderr), done.stderr
