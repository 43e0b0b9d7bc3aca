"""Backs up a real CRM, Creme on PostgreSQL, through the API while Creme is in use, and compares every cell with what PostgreSQL and Creme say."""

import csv
import datetime
import hashlib
import importlib.util
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
import zipfile
from collections import Counter

from creme_installation import Creme
from local import HOZON, program
from postgres import page_sql

ROOT = pathlib.Path(__file__).parents[2]
ORGANISATION = "Creme"
API = "/crm/bulk/v8/backup"
BACKUP_SECONDS = 300
PLAIN_CSV = {"byte_order_mark": False, "escape_formulas": False, "protect_values": False}
# Tables that the profile names, and Creme does not.
NAMED = {"creme_core_fileref"}
# What moving an amount changes.
MOVED = {"creme_core_cremeentity", "creme_core_historyline", "opportunities_opportunity"}
CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)')

undo_file = importlib.util.spec_from_file_location("undo", ROOT / "docs/csv/undo.py")
undo = importlib.util.module_from_spec(undo_file)
undo_file.loader.exec_module(undo)


def say(fact):
    print(f"  {fact}", flush=True)


def require(holds, *fault):
    if not holds:
        sys.exit(" ".join(map(str, fault)))


class Hozon:
    """The API of the running program, for one administrator."""

    def __init__(self, running):
        self.url, self.token = running.url, running.tokens[ORGANISATION, "administrator"]

    def call(self, method, path, body=None, **headers):
        data = None if body is None else json.dumps(body).encode()
        headers |= {"Authorization": f"Zoho-oauthtoken {self.token}"}
        request = urllib.request.Request(self.url + API + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def write_plain_csv(self):
        self.call("PUT", "/settings", {"settings": {"csv": PLAIN_CSV}}, **{"If-Match": "*"})

    def back_up(self):
        """Requests a backup and waits for it, which must lack nothing."""
        self.call("POST", "")
        end = time.monotonic() + BACKUP_SECONDS
        while True:
            backup = self.call("GET", "/summary")["summary"]["backup"]
            if backup["finished_time"]:
                require(backup["status"] == "COMPLETED" and not backup["losses"], backup)
                return
            require(time.monotonic() < end, "no backup after", BACKUP_SECONDS, "seconds:", backup)
            time.sleep(1)

    def download(self, folder):
        """Saves the newest backup's zips; returns that of the rows."""
        folder.mkdir()
        links = self.call("GET", "/urls")["urls"]
        saved = []
        for link in links["data_links"] + links["attachment_links"]:
            saved.append(folder / link.split("?")[0].rpartition("/")[2])
            with urllib.request.urlopen(link) as answer:
                saved[-1].write_bytes(answer.read())
        verified = subprocess.run([HOZON, "verify", *saved], capture_output=True, text=True)
        require(verified.returncode == 0, verified.stdout, verified.stderr)
        return Zip(saved[0])


class Zip:
    """The zip of a backup's rows."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path)
        require(self.archive.testzip() is None, path, "is damaged")
        self.manifest = json.loads(self.archive.read("manifest.json"))
        self.files = {file["module"]: file["path"] for file in self.manifest["files"] if "rows" in file}
        require(len(self.files) == sum("rows" in file for file in self.manifest["files"]), "a table has more than one file")

    def rows(self, table):
        """Cells of a table's CSV file, the header first. `None` is NULL: an empty cell without quotes."""
        text = self.archive.read(self.files[table]).decode("utf-8-sig")
        restore = undo.undo if self.manifest["csv"]["escaped"] else str
        rows, row, at = [], [], 0
        while at < len(text):
            cell = CELL.match(text, at)
            at = cell.end()
            quoted, plain, end = cell.groups()
            row.append(restore(quoted.replace('""', '"')) if quoted is not None else restore(plain) if plain else None)
            if end != ",":
                rows.append(row)
                row = []
        return rows

    def records(self, table):
        header, *rows = self.rows(table)
        return [dict(zip(header, row, strict=True)) for row in rows]

    def types(self, table):
        described = json.loads(self.archive.read(f"fields/{table}.json"))
        return {field["api_name"]: field["data_type"] for field in described["fields"]}


def connect(hozon, creme):
    """Checks and connects a role made as the operators' page says."""
    password = uuid.uuid4().hex
    creme.server.sql(page_sql(0, a_long_random_password=password, sales="public", crm_owner="creme"))
    database = {"host": "127.0.0.1", "port": creme.server.port, "name": "crm", "user": "hozon", "password": password}
    connection = {"connection": {"kind": "postgres", "database": database, "omitted": []}}
    check = hozon.call("POST", "/connection/actions/check", connection)["check"]
    require(check["status"] == "reached", check)
    report = check["report"]
    modules = [module["api_name"] for module in report["modules"]]
    require(sorted(modules) == tables(creme), "the check does not show the tables of the database:", set(modules) ^ set(tables(creme)))
    require(not report["gaps"] and "user_may_write" not in report["advice"], report["gaps"], report["advice"])
    require(report["recognised"] and report["recognised"]["name"] == "creme", "the database is not recognised:", report["recognised"])
    hozon.call("PUT", "/connection", connection)
    say(f"check as a role that can only read: {report['server']}, {len(modules)} tables, none missing, none more, no gap")
    return connection


def tables(creme):
    listed = creme.server.sql("select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE' "
                              "and table_schema not in ('pg_catalog', 'information_schema', 'copied') order by 2")
    names = list(csv.DictReader(io.StringIO(listed)))
    require({name["table_schema"] for name in names} == {"public"}, names)
    return sorted(name["table_name"] for name in names)


def amounts(archive):
    """Amount of each opportunity that has one."""
    return {row["cremeentity_ptr_id"]: int(row["estimated_sales"]) for row in archive.records("opportunities_opportunity") if row["estimated_sales"]}


def last_amounts(archive):
    """Amount that each opportunity's last line of history has given it, and the number of these lines."""
    found, lines = {}, 0
    for line in sorted(archive.records("creme_core_historyline"), key=lambda line: int(line["id"])):
        changes = json.loads(line["value"])[1:] if line["type"] == "2" else []
        for change in changes:
            if change[0] == "estimated_sales":
                found[line["entity_id"]] = change[-1]
                lines += 1
    return found, lines


def back_up_while_amounts_move(hozon, creme, folder):
    """The backup shows one instant: the sum is that before, and every amount is the one that the history in the same backup says."""
    wanted = creme.server.sql("select sum(estimated_sales) from opportunities_opportunity").split()[1]
    with creme.moving_amounts() as moved:
        hozon.back_up()
    archive = hozon.download(folder / "moving")
    found, (last, lines) = amounts(archive), last_amounts(archive)
    require(str(sum(found.values())) == wanted, "the sum is", sum(found.values()), "instead of", wanted)
    require(lines % 2 == 0 and 0 < lines // 2 < moved[0], lines, "lines of history, of", moved, "moves")
    require(last and last.items() <= found.items(), "amounts differ from the history in the same backup")
    say(f"backup while {moved[0]} amounts were moved: holds {lines // 2} moves whole, the sum {wanted}, and {len(last)} amounts as its own history says")
    return archive


def require_that_instants_differ(earlier, later):
    """The comparison would have found a table that was read at another time."""
    last, _ = last_amounts(earlier)
    require(not last.items() <= amounts(later).items(), "amounts of another time were not noticed")


def compare_with_postgres(archive, creme, folder):
    """PostgreSQL loads every CSV file and says how many rows differ."""
    names = tables(creme)
    require(sorted(archive.files) == names, "the backup has other tables:", set(archive.files) ^ set(names))
    script = ["create schema copied;"]
    for number, name in enumerate(names):
        file = folder / f"{number}.csv"
        file.write_bytes(archive.archive.read(archive.files[name]))
        script.append(f"""create table copied."{name}" (like public."{name}");
\\copy copied."{name}" from '{file}' with (format csv, header match)
select '{name}', (select count(*) from public."{name}"),
    (select count(*) from information_schema.columns where table_schema = 'public' and table_name = '{name}'),
    (select count(*) from (select t::text from public."{name}" t except all select t::text from copied."{name}" t) x)
    + (select count(*) from (select t::text from copied."{name}" t except all select t::text from public."{name}" t) x);""")
    printed = creme.server.sql("\\t on\n" + "\n".join(script))
    compared = [(name, int(rows), int(columns), int(differing)) for name, rows, columns, differing in csv.reader(io.StringIO(printed))]
    require(sorted(name for name, *_ in compared) == names, "PostgreSQL compared", compared)
    differing = [(name, count) for name, _, _, count in compared if count]
    require(not differing, "rows differ:", differing)
    rows, cells = sum(rows for _, rows, _, _ in compared), sum(rows * columns for _, rows, columns, _ in compared)
    say(f"PostgreSQL has loaded {len(names)} tables, {rows:,} rows, {cells:,} cells; every one is equal")


def compare_escaped(escaped, plain):
    """CSV files in the form for spreadsheets, undone, have the same cells."""
    cells = nulls = empty = 0
    for table in sorted(set(plain.files) - MOVED):
        one, other = escaped.rows(table), plain.rows(table)
        require(Counter(map(tuple, one)) == Counter(map(tuple, other)), table, "differs after undoing the escaping")
        flat = [cell for row in one[1:] for cell in row]
        cells, nulls, empty = cells + len(flat), nulls + flat.count(None), empty + flat.count("")
    require(nulls and empty, "neither NULLs nor empty texts")
    say(f"escaped for spreadsheets, and undone: {cells:,} cells the same, {nulls:,} NULLs and {empty:,} empty texts among them")


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
    documents = {table for table in tables(creme) if table.startswith("documents_")}
    require(documents | {"emails_entityemail", "emails_lightweightemail"} <= left_out and not left_out & set(modules), "left out:", left_out)
    omitted = {gap["module"] for gap in archive.manifest["gaps"]}
    require(set(modules) | left_out | omitted == set(tables(creme)), "tables are neither in the backup nor named as left out")
    say(f"with its profile: {len(labels.keys() & found.keys())} labels are Creme's own, {len(first)} entities come first, {len(left_out)} tables of documents, mails and integrations left out")


def text(value, kind):
    """A cell in the form of print_records.py."""
    if value is None:
        return None
    if kind == "timestamp with time zone":
        return datetime.datetime.fromisoformat(value).isoformat()
    return json.dumps(json.loads(value), sort_keys=True) if kind == "jsonb" else value


def compare_with_creme(archive, creme):
    """Contacts, organisations and opportunities are those of Creme's own models."""
    known = {}
    for line in creme.script("print_records.py").splitlines():
        table, fields = json.loads(line)
        known.setdefault(table, []).append(fields)
    require(len(known) == 3, known.keys())
    entities = {entity["creme_core_cremeentity.id"]: entity for entity in described(archive, "creme_core_cremeentity")}
    for table, wanted in known.items():
        found = [{**row, **entities[row[f"{table}.cremeentity_ptr_id"]]} for row in described(archive, table)]
        found.sort(key=lambda row: int(row["creme_core_cremeentity.id"]))
        differing = [(one, other) for one, other in zip(wanted, found) if one != other]
        require(len(wanted) == len(found) and not differing, table, len(wanted), len(found), differing[:1])
        checksums = {hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest() for rows in (wanted, found)}
        require(len(checksums) == 1, table, checksums)
        say(f"Creme's models and the backup: {table} {len(wanted):,} records, SHA-256 {checksums.pop()[:16]}…")


def described(archive, table):
    """Records with their tables' names before the columns'."""
    types = archive.types(table)
    return [{f"{table}.{column}": text(cell, types[column]) for column, cell in record.items()} for record in archive.records(table)]


def main():
    creme = Creme()
    how = "the kept database was loaded" if creme.was_kept else "made and filled anew"
    say(f"Creme {creme.version()}: {how} in {creme.seconds:.0f} s")
    with program({ORGANISATION: "Own"}) as running, tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        hozon = Hozon(running)
        connection = connect(hozon, creme)
        moving = back_up_while_amounts_move(hozon, creme, folder)
        hozon.write_plain_csv()
        hozon.back_up()
        quiet = hozon.download(folder / "quiet")
        require_that_instants_differ(moving, quiet)
        compare_with_postgres(quiet, creme, folder)
        compare_escaped(moving, quiet)
        compare_with_creme(quiet, creme)
        compare_with_profile(hozon, creme, connection, folder)


if __name__ == "__main__":
    main()
