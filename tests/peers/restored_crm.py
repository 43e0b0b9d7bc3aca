"""Restores a CRM that was damaged with its own tools, through the API, and undoes it. The CRM itself and PostgreSQL's own dump say what there is."""

import json
import re
import time
import urllib.request

from backup import Hozon, require, say

RESTORES = "/crm/bulk/v8/restores"
RESTORE_SECONDS = 900


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


class RestoredCrm:
    """A CRM that is damaged and restored. Each of them says what it has."""

    name: str

    def everything(self):
        """SHA-256 of every record and file by module and id."""
        raise NotImplementedError

    def dumped(self):
        """The rows of the dump that backups have."""
        raise NotImplementedError

    def damage(self):
        """Deletes and garbles records and files, and adds newer ones. Returns how many of each."""
        raise NotImplementedError

    def is_enough(self, damage, count):
        """Whether that is much, of so many records and files."""
        raise NotImplementedError

    def is_gone(self, found, key):
        """Whether a record or file is known as one that is gone."""
        raise NotImplementedError

    def restore(self, hozon, backup):
        """Restores the backup of the CRM as it was then. Returns the restore, with what was there before it."""
        then, dump_then = self.everything(), self.dumped()
        damage = self.damage()
        damaged, dump_damaged = self.everything(), self.dumped()
        lost = [key for key in differing(then, damaged) if key in then]
        say(f"damage: {damage}; {len(lost):,} of {len(then):,} records and files differ")
        require(self.is_enough(damage, len(then)), "too little is damaged:", damage)
        begun = time.monotonic()
        planned = hozon.planned(body={"backup": backup, "policy": {"change": True, "delete": False}})
        done = hozon.confirmed(planned)
        plan, seconds = planned["plan"], time.monotonic() - begun
        say(f"restored in {seconds:.0f} s: {plan['create']:,} created, {plan['change']:,} changed back, {plan['leave']:,} newer left, files {plan['files']}")
        found = self.everything()
        differ = [key for key in differing(then, found) if key in then]
        require(not differ, len(differ), "records and files are not as before:", differ[:10])
        newer = {key: digest for key, digest in damaged.items() if key not in then}
        require(newer and {key: digest for key, digest in found.items() if key not in then} == newer, "newer records were touched")
        dump = self.dumped()
        other = set(dump_then) - set(dump) | set(dump) - set(dump_then) - set(dump_damaged)
        require(not other, "the dump is another one:", sorted(other)[:6])
        say(f"{self.name}'s models: {len(then):,} records and files as before, {len(newer):,} newer ones untouched; {len(dump):,} rows of pg_dump as before, or newer")
        return done, damaged, dump_damaged

    def undo(self, hozon, done, damaged, dump_damaged):
        """Undone, everything is as before the restore, but for files that were gone then: they stay."""
        planned = hozon.planned(f"/{done['id']}/actions/undo")
        hozon.confirmed(planned)
        dump = self.dumped()
        require(dump == dump_damaged, "the dump is another one than before the restore:", sorted(set(dump) ^ set(dump_damaged))[:4])
        differ = differing(damaged, self.everything())
        require(all(key[0] == "file" and self.is_gone(damaged, key) for key in differ), "not as before the restore:", differ[:10])
        plan = planned["plan"]
        say(f"undone: {plan['delete']:,} deleted, {plan['change']:,} changed, {plan['files']['change']} files; all {len(dump):,} rows of pg_dump are those of before, and {len(differ)} files stay that were gone")
