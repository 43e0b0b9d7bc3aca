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
from creme_restore import Restoring, differing, dumped
from local import HOZON, program
from postgres_comparison import page_sql, tables
from tryton_installation import SCRIPTS, USER, Tryton

ORGANISATION = "Tryton"
EMPTY = "empty"
PROFILE = tomllib.loads((ROOT / "infra/profiles/tryton.toml").read_text())
OMITTED = {part["table"] for part in PROFILE["omit"]} | {module["table"] for module in PROFILE["module"] if "category" in module}


def kept(server):
    """The rows of the dump of all tables that backups with Tryton's profile have: not those of caches and sessions, which Tryton changes by itself."""
    return [(table, line) for table, line in dumped(server) if table.removeprefix("public.") not in OMITTED]


def everything(tryton):
    """SHA-256 of every record by model and id, as Tryton's models have them, and of every attached file."""
    printed = tryton.run("python", SCRIPTS / "print_everything.py")
    return {(model, id): digest for model, id, digest in map(json.loads, printed.splitlines())}


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


def restore(tryton, hozon, backup):
    """Restores the backup of Tryton as it was then. Returns the restore, with what was there before it."""
    then, dump_then = everything(tryton), kept(tryton.server)
    damage = json.loads(tryton.run("python", SCRIPTS / "damage.py", str(tryton.files / "crm")))
    damaged, dump_damaged = everything(tryton), kept(tryton.server)
    lost = [key for key in differing(then, damaged) if key in then]
    say(f"damage: {damage}; {len(lost):,} of {len(then):,} records and files differ")
    require(damage["deleted"] > 50 and damage["garbled"] > 50 and damage["models"] > 10, "too little is damaged:", damage)
    begun = time.monotonic()
    planned = hozon.planned(body={"backup": backup, "policy": {"change": True, "delete": False}})
    done = hozon.confirmed(planned)
    plan, seconds = planned["plan"], time.monotonic() - begun
    say(f"restored in {seconds:.0f} s: {plan['create']:,} created, {plan['change']:,} changed back, {plan['leave']:,} newer left, files {plan['files']}")
    found = everything(tryton)
    differ = [key for key in differing(then, found) if key in then]
    require(not differ, len(differ), "records and files are not as before:", differ[:10])
    newer = {key: digest for key, digest in damaged.items() if key not in then}
    require(newer and {key: digest for key, digest in found.items() if key not in then} == newer, "newer records were touched")
    dump = kept(tryton.server)
    other = set(dump_then) - set(dump) | set(dump) - set(dump_then) - set(dump_damaged)
    require(not other, "the dump is another one:", sorted(other)[:6])
    say(f"Tryton's models: {len(then):,} records and files as before, {len(newer):,} newer ones untouched; {len(dump):,} rows of pg_dump as before, or newer")
    return done, damaged, dump_damaged


def undo(tryton, hozon, done, damaged, dump_damaged):
    """Undone, everything is as before the restore, but for files that were gone then: they stay."""
    planned = hozon.planned(f"/{done['id']}/actions/undo")
    hozon.confirmed(planned)
    dump = kept(tryton.server)
    require(dump == dump_damaged, "the dump is another one than before the restore:", sorted(set(dump) ^ set(dump_damaged))[:4])
    found = everything(tryton)
    differ = differing(damaged, found)
    require(all(model == "file" and damaged.get((model, id)) is None for model, id in differ), "not as before the restore:", differ[:10])
    plan = planned["plan"]
    say(f"undone: {plan['delete']:,} deleted, {plan['change']:,} changed, {plan['files']['change']} files; all {len(dump):,} rows of pg_dump are those of before, and {len(differ)} files stay that were gone")


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
        undo(tryton, hozon, *restore(tryton, hozon, hozon.newest_backup()))


if __name__ == "__main__":
    main()
