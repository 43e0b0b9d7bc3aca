"""Restores a real CRM, Tryton on PostgreSQL: the whole database into an empty one, and, after 5% of the records of its models and some files were deleted or garbled with Tryton's
own models, those through the API, and undone. Tryton's models, its files and PostgreSQL's own dump say what there is."""

import json
import os
import pathlib
import subprocess
import tempfile
import time
import tomllib
import uuid

from backup import ROOT, require, say
from local import HOZON, program
from postgres_comparison import page_sql, tables
from restored_crm import RestoredCrm, Restoring, dumped
from tryton_installation import SCRIPTS, USER, Tryton

ORGANISATION = "Tryton"
EMPTY = "empty"
PROFILE = tomllib.loads((ROOT / "infra/profiles/tryton.toml").read_text())
OMITTED = {part["table"] for part in PROFILE["omit"]} | {module["table"] for module in PROFILE["module"] if "category" in module}


class RestoredTryton(RestoredCrm):
    """Records by model and id, as Tryton's models have them, and every attached file."""

    name = "Tryton"

    def __init__(self, tryton):
        self.tryton = tryton

    def everything(self):
        printed = self.tryton.run("python", SCRIPTS / "print_everything.py")
        return {(model, id): digest for model, id, digest in map(json.loads, printed.splitlines())}

    def dumped(self):
        """Without the tables that backups with Tryton's profile omit: caches and sessions, which Tryton changes by itself."""
        return [(table, line) for table, line in dumped(self.tryton.server) if table.removeprefix("public.") not in OMITTED]

    def damage(self):
        return json.loads(self.tryton.run("python", SCRIPTS / "damage.py", str(self.tryton.files / "crm")))

    def is_enough(self, damage, count):
        return damage["deleted"] > 50 and damage["garbled"] > 50 and damage["models"] > 10

    def is_gone(self, found, key):
        return found.get(key) is None


def restore_into_an_empty_database(tryton, hozon, folder):
    """`hozon restore --create` makes tables, rows and foreign keys from the zips; the dump of all data is that of Tryton's database."""
    hozon.back_up()
    archive = hozon.download(folder / "whole")
    tryton.server.sql(f"create database {EMPTY}", name="postgres")
    address = f"postgres://postgres:secret@127.0.0.1:{tryton.server.port}/{EMPTY}"
    begun = time.monotonic()
    done = subprocess.run([HOZON, "restore", *archive.paths, "--into", address, "--create", "--yes"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    require(done.returncode == 0, done.returncode, done.stdout[-3000:], done.stderr[-3000:])
    wanted, found = dumped(tryton.server), dumped(tryton.server, EMPTY)
    require(wanted and wanted == found, "the dump is another one:", sorted(set(wanted) ^ set(found))[:4])
    keys = "select count(*) from pg_constraint where contype in ('p', 'u', 'f', 'c')"
    constraints = [int(tryton.server.sql(keys, name=name).split()[1]) for name in ("crm", EMPTY)]
    require(constraints[0] == constraints[1] > 100, "constraints:", constraints)
    say(f"into an empty database in {time.monotonic() - begun:.0f} s: {len(archive.files)} tables, all {len(found):,} rows of pg_dump and {constraints[1]} keys and checks are Tryton's")


def main():
    tryton, password = Tryton(), uuid.uuid4().hex
    server, names = tryton.server, {"a_long_random_password": password, "sales": "public", "crm_owner": USER}
    server.sql(page_sql("CREATE ROLE", **names) + page_sql("GRANT INSERT", **names))
    operator = ["connect", f"postgres://hozon:{password}@127.0.0.1:{server.port}/crm", "--org", ORGANISATION, "--files", str(tryton.files / "crm")]
    with program({ORGANISATION: "Own"}, operator) as running, tempfile.TemporaryDirectory() as folder:
        hozon = Restoring(running, ORGANISATION)
        connection, _ = hozon.connect("postgres", {"port": server.port, "user": "hozon", "password": password}, tables(server), advice=["user_may_write", "files_in_folder"])
        restore_into_an_empty_database(tryton, hozon, pathlib.Path(folder))
        connection["connection"]["profile"] = "tryton"
        hozon.call("PUT", "/connection", connection)
        hozon.back_up()
        restored = RestoredTryton(tryton)
        restored.undo(hozon, *restored.restore(hozon, hozon.newest_backup()))


if __name__ == "__main__":
    main()
