"""Makes backups through the API of the running program, and reads their zips without our code."""

import csv
import hashlib
import importlib.util
import io
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.request
import zipfile

from local import HOZON

ROOT = pathlib.Path(__file__).parents[2]
API = "/crm/bulk/v8/backup"
BACKUP_SECONDS = 300
PLAIN_CSV = {"byte_order_mark": False, "escape_formulas": False, "protect_values": False}
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

    def __init__(self, running, organisation):
        self.url, self.token = running.url, running.tokens[organisation, "administrator"]

    def call(self, method, path, body=None, **headers):
        data = None if body is None else json.dumps(body).encode()
        headers |= {"Authorization": f"Zoho-oauthtoken {self.token}"}
        request = urllib.request.Request(self.url + API + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def connect(self, kind, database, tables, advice=()):
        """Checks a connection, which must show exactly these tables and give no other advice than what holds for every source, and sets it. Returns connection and report."""
        connection = {"connection": {"kind": kind, "database": {"host": "127.0.0.1", "name": "crm", **database}, "omitted": []}}
        check = self.call("POST", "/connection/actions/check", connection)["check"]
        require(check["status"] == "reached", check)
        report = check["report"]
        modules = [module["api_name"] for module in report["modules"]]
        require(sorted(modules) == tables, "the check does not show the tables of the database:", set(modules) ^ set(tables))
        unexpected = set(report["advice"]) - {"not_encrypted", "holds_old_rows", *advice}
        require(not report["gaps"] and not unexpected, report["gaps"], report["advice"])
        self.call("PUT", "/connection", connection)
        say(f"check as a role that can only read: {report['server']}, {len(modules)} tables, none missing, none more, no gap")
        return connection, report

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
        """Saves the newest backup's zips."""
        folder.mkdir()
        links = self.call("GET", "/urls")["urls"]
        require(len(links["data_links"]) == 1, links)
        saved = []
        for link in links["data_links"] + links["attachment_links"]:
            saved.append(folder / link.split("?")[0].rpartition("/")[2])
            with urllib.request.urlopen(link) as answer:
                saved[-1].write_bytes(answer.read())
        verified = subprocess.run([HOZON, "verify", *saved], capture_output=True, text=True)
        require(verified.returncode == 0, verified.stdout, verified.stderr)
        return Zip(*saved)


class Zip:
    """The zip of a backup's rows, and those of its attachments."""

    def __init__(self, path, *attachments):
        self.paths = [path, *attachments]
        self.attachments = [zipfile.ZipFile(path) for path in attachments]
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

    def attached(self):
        """Rows of the attachments' list, and the SHA-256 of the bytes of each."""
        found = []
        for archive in self.attachments:
            for row in csv.DictReader(io.StringIO(archive.read("attachments.csv").decode("utf-8-sig"), newline="")):
                found.append((row, hashlib.sha256(archive.read(row["path"])).hexdigest()))
        return found

    def types(self, table):
        """Types of a table's columns. MariaDB has no type for JSON, but checks texts for it."""
        described = json.loads(self.archive.read(f"fields/{table}.json"))
        checks = {rule.get("expression") for rule in described["structure"].get("constraints", [])}
        json_or = {field["api_name"]: "json" for field in described["fields"] if f"json_valid(`{field['api_name']}`)" in checks}
        return {field["api_name"]: field["data_type"] for field in described["fields"]} | json_or
