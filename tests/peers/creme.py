"""Backs up a real CRM, Creme on PostgreSQL, through the API while Creme is in use, and compares every cell with what PostgreSQL and Creme say."""

import json
import os
import pathlib
import subprocess
import tempfile
import uuid

from backup import Hozon, require, say
from creme_backup import back_up_while_amounts_move, compare_escaped, compare_with_creme, require_that_instants_differ
from creme_installation import Creme
from local import HOZON, program
from postgres_comparison import Database, compare_with_postgres, page_sql, tables

ORGANISATION = "Creme"
# Tables that the profile names, and Creme does not.
NAMED = {"creme_core_fileref"}


def connect(hozon, creme):
    """Checks and connects a role made as the operators' page says."""
    password = uuid.uuid4().hex
    creme.server.sql(page_sql(0, a_long_random_password=password, sales="public", crm_owner="creme"))
    connection, report = hozon.connect("postgres", {"port": creme.server.port, "user": "hozon", "password": password}, tables(creme.server))
    require(report["recognised"] and report["recognised"]["name"] == "creme", "the database is not recognised:", report["recognised"])
    return connection


def compare_with_profile(hozon, creme, connection, folder):
    """With Creme's profile, modules have the names that Creme gives them, its entities come first, and documents and mails are left out."""
    creme.server.sql("drop schema copied cascade")
    address = f"postgres://postgres:secret@127.0.0.1:{creme.server.port}/crm"
    checked = subprocess.run([HOZON, "profile", "check", address], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    require(checked.returncode == 0 and "Creme CRM" in checked.stdout and "missing" not in checked.stdout, checked.stdout, checked.stderr)
    connection["connection"]["profile"] = "creme"
    hozon.call("PUT", "/connection", connection)
    hozon.back_up()
    archive = hozon.download(folder / "named")
    known = [json.loads(line) for line in creme.script("print_labels.py").splitlines()]
    labels = {table: label for table, label, _ in known}
    entities = {table for table, _, is_entity in known if is_entity}
    modules = list(archive.files)
    found = {module: json.loads(archive.archive.read(f"fields/{module}.json"))["label"] for module in modules}
    differing = {module: label for module, label in found.items() if label != labels.get(module, module if module not in NAMED else label)}
    require(not differing and len(labels.keys() & found.keys()) > 80, "labels differ from Creme's:", differing)
    first = [module for module in modules if module in entities]
    require(modules[: len(first)] == first and first[:2] == ["persons_contact", "persons_organisation"], "entities do not come first:", modules[:40])
    left_out = {part["module"] for part in archive.manifest["left_out"]}
    documents = {table for table in tables(creme.server) if table.startswith("documents_")}
    require(documents | {"emails_entityemail", "emails_lightweightemail"} <= left_out and not left_out & set(modules), "left out:", left_out)
    omitted = {gap["module"] for gap in archive.manifest["gaps"]}
    require(set(modules) | left_out | omitted == set(tables(creme.server)), "tables are neither in the backup nor named as left out")
    say(f"with its profile: {len(labels.keys() & found.keys())} labels are Creme's own, {len(first)} entities come first, {len(left_out)} tables of documents, mails and integrations left out")


def main():
    creme = Creme(Database(), "postgresql")
    how = "the kept database was loaded" if creme.was_kept else "made and filled anew"
    say(f"Creme {creme.version()}: {how} in {creme.seconds:.0f} s")
    with program({ORGANISATION: "Own"}) as running, tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        hozon = Hozon(running, ORGANISATION)
        connection = connect(hozon, creme)
        moving = back_up_while_amounts_move(hozon, creme, folder)
        hozon.write_plain_csv()
        hozon.back_up()
        quiet = hozon.download(folder / "quiet")
        require_that_instants_differ(moving, quiet)
        compare_with_postgres(quiet, creme.server, folder)
        compare_escaped(moving, quiet)
        compare_with_creme(quiet, creme)
        compare_with_profile(hozon, creme, connection, folder)


if __name__ == "__main__":
    main()
