"""Backs up a real CRM, Creme on PostgreSQL, through the API while Creme is in use, and compares every cell with what PostgreSQL and Creme say."""

import json
import uuid

from backup import require, say
from creme_backup import back_up_and_compare
from creme_installation import Creme
from postgres_comparison import Database, compare_with_postgres, page_sql, require_that_profile_fits, tables

# Tables that the profile names, and Creme does not.
NAMED = {"creme_core_fileref"}


def connect(hozon, creme):
    """Checks and connects a role made as the operators' page says."""
    password = uuid.uuid4().hex
    creme.server.sql(page_sql("CREATE ROLE", a_long_random_password=password, sales="public", crm_owner="creme"))
    connection, report = hozon.connect("postgres", {"port": creme.server.port, "user": "hozon", "password": password}, tables(creme.server))
    require(report["recognised"] and report["recognised"]["name"] == "creme", "the database is not recognised:", report["recognised"])
    return connection


def compare_with_profile(hozon, creme, connection, folder):
    """With Creme's profile, modules have the names that Creme gives them, its entities come first, and documents and mails are left out."""
    require_that_profile_fits(creme.server, "Creme CRM")
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
    back_up_and_compare(creme, connect, compare_with_postgres, further=compare_with_profile)


if __name__ == "__main__":
    main()
