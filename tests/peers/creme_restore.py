"""Restores a real CRM, Creme on PostgreSQL: 5% of the records of all models and some files are deleted or garbled with Creme's own models, the
backup is restored through the API, and undone. Creme's models, its files and PostgreSQL's own dump say what there is."""

import json
import pathlib
import re
import tempfile
import time
import urllib.request
import uuid

from backup import ROOT, Hozon, require, say
from creme_installation import Creme
from local import program
from postgres_comparison import Database, page_sql

ORGANISATION = "Creme"
RESTORES = "/crm/bulk/v8/restores"
RESTORE_SECONDS = 900
# What people see as modules, and the tables behind them; the other profile leaves documents out.
PROFILE = re.sub(r', category = "\w+"', "", (ROOT / "infra/profiles/creme.toml").read_text()).replace('name = "creme"', 'name = "whole"')


class Restoring(Hozon):
    """Restores, for an administrator."""

    def restores(self, method, path="", body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + RESTORES + path, data, {"Authorization": f"Zoho-oauthtoken {self.token}"}, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def ended(self, restore, *states):
        """Waits until a restore is planned or completed."""
        end = time.monotonic() + RESTORE_SECONDS
        while restore["status"] in ("PLANNING", "RUNNING"):
            require(time.monotonic() < end, "no end after", RESTORE_SECONDS, "seconds:", restore)
            time.sleep(1)
            restore = self.restores("GET", f"/{restore['id']}")["restore"]
        require(restore["status"] in states, restore)
        return restore

    def planned(self, path="", body=None):
        restore = self.ended(self.restores("POST", path, body)["restore"], "PLANNED")
        require(not restore["plan"]["is_hindered"] and not restore["plan"]["impossible"], restore["plan"])
        return restore

    def confirmed(self, restore):
        """Confirms a plan, whose outcome must be what it says. A file of which only the name has changed is as wanted once its row is."""
        plan = restore["plan"]
        running = self.restores("POST", f"/{restore['id']}/actions/confirm", {"deletes": plan["delete"]})["restore"]
        done = self.ended(running, "COMPLETED")
        records, files = plan["create"] + plan["change"] + plan["delete"], plan["files"]["create"] + plan["files"]["change"]
        has_files = done["file_outcome"]["written"] + done["file_outcome"]["already_there"] == files
        if done["outcome"]["written"] != records or not has_files:
            report = self.restores("GET", f"/{restore['id']}/report")["records"]
            require(False, done["outcome"], done["file_outcome"], [row for row in report if row["outcome"] != "written"][:10])
        return done

    def newest_backup(self):
        return self.call("GET", "/summary")["summary"]["backup"]["id"]


def everything(creme):
    """SHA-256 of every record by table and key, as Creme's models have them, and of every document's file."""
    return {(table, key): digest for table, key, digest in map(json.loads, creme.script("print_everything.py").splitlines())}


def dumped(server, name="crm"):
    """The rows of PostgreSQL's dump of all data, each with its table. Their order in a table, and what sequences give next, is not data."""
    text = server.client("pg_dump", "--data-only", name=name, capture_output=True, check=True).stdout.decode()
    found, table = [], None
    for line in text.split("\n"):
        if begun := re.fullmatch(r"COPY (\S+) \(.*\) FROM stdin;", line):
            table = begun[1]
        elif line == "\\.":
            table = None
        elif table:
            found.append((table, line))
    return sorted(found)


def differing(one, other):
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def restore(creme, hozon, backup):
    """Restores the backup of Creme as it was then. Returns the restore, with what was there before it."""
    then, dump_then = everything(creme), dumped(creme.server)
    damage = json.loads(creme.script("damage.py"))
    damaged, dump_damaged = everything(creme), dumped(creme.server)
    lost = [key for key in differing(then, damaged) if key in then]
    say(f"damage: {damage}; {len(lost):,} of {len(then):,} records and files differ")
    require(damage["deleted"] + damage["garbled"] > len(then) / 50 and damage["tables"] > 20, "too little is damaged:", damage)
    begun = time.monotonic()
    planned = hozon.planned(body={"backup": backup, "policy": {"change": True, "delete": False}})
    done = hozon.confirmed(planned)
    plan, seconds = planned["plan"], time.monotonic() - begun
    say(f"restored in {seconds:.0f} s: {plan['create']:,} created, {plan['change']:,} changed back, {plan['leave']:,} newer left, files {plan['files']}")
    found = everything(creme)
    differ = [key for key in differing(then, found) if key in then]
    require(not differ, len(differ), "records and files are not as before:", differ[:10])
    newer = {key: digest for key, digest in damaged.items() if key not in then}
    require(newer and {key: digest for key, digest in found.items() if key not in then} == newer, "newer records were touched")
    dump = dumped(creme.server)
    require(set(dump_then) <= set(dump) and set(dump) - set(dump_then) <= set(dump_damaged), "the dump is another one")
    say(f"Creme's models: {len(then):,} records and files as before, {len(newer):,} newer ones untouched; {len(dump):,} rows of pg_dump as before, or newer")
    return done, damaged, dump_damaged


def undo(creme, hozon, done, damaged, dump_damaged):
    """Undone, everything is as before the restore, but for files that were gone then: they stay."""
    planned = hozon.planned(f"/{done['id']}/actions/undo")
    hozon.confirmed(planned)
    dump = dumped(creme.server)
    require(dump == dump_damaged, "the dump is another one than before the restore:", sorted(set(dump) ^ set(dump_damaged))[:4])
    found = everything(creme)
    differ = differing(damaged, found)
    require(all(table == "file" and damaged[table, id] is None for table, id in differ), "not as before the restore:", differ[:10])
    plan = planned["plan"]
    say(f"undone: {plan['delete']:,} deleted, {plan['change']:,} changed, {plan['files']['change']} files; all {len(dump):,} rows of pg_dump are those of before, and {len(differ)} files stay that were gone")


def main():
    creme, password = Creme(Database(), "postgresql"), uuid.uuid4().hex
    media = creme.script("make_files.py").splitlines()[-1]
    names = {"a_long_random_password": password, "sales": "public", "crm_owner": "creme"}
    creme.server.sql(page_sql("CREATE ROLE", **names) + page_sql("GRANT INSERT", **names))
    with tempfile.TemporaryDirectory() as profiles:
        (pathlib.Path(profiles) / "whole.toml").write_text(PROFILE)
        address = f"postgres://hozon:{password}@127.0.0.1:{creme.server.port}/crm"
        operator = ["connect", address, "--org", ORGANISATION, "--profile", "whole", "--files", media]
        with program({ORGANISATION: "Own"}, operator, options=["--profiles", profiles]) as running:
            hozon = Restoring(running, ORGANISATION)
            hozon.back_up()
            undo(creme, hozon, *restore(creme, hozon, hozon.newest_backup()))


if __name__ == "__main__":
    main()
