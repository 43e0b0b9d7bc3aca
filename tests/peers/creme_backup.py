"""What backups of Creme must hold, whatever database it uses: one instant, and what Creme's own models say."""

import datetime
import hashlib
import json
import pathlib
import tempfile
import uuid
from collections import Counter

from backup import Hozon, require, say
from local import program

ORGANISATION = "Creme"
# What moving an amount changes.
MOVED = {"creme_core_cremeentity", "creme_core_historyline", "opportunities_opportunity"}


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


def back_up_while_amounts_move(hozon, creme, folder, backups=1):
    """Each backup shows one instant: the sum is that before, and every amount is the one that the history in the same backup says. Returns the last."""
    wanted, moves = creme.sum_of_amounts(), [0]
    with creme.moving_amounts() as moved:
        for number in range(backups):
            hozon.back_up()
            archive = hozon.download(folder / f"moving {number}")
            found, (last, lines) = amounts(archive), last_amounts(archive)
            require(str(sum(found.values())) == wanted, "the sum is", sum(found.values()), "instead of", wanted)
            require(lines % 2 == 0 and lines // 2 > moves[-1], lines, "lines of history, after", moves, "moves")
            require(last and last.items() <= found.items(), "amounts differ from the history in the same backup")
            moves.append(lines // 2)
    require(moves[-1] < moved[0], "nothing was moved after the last snapshot:", moves, moved)
    say(f"backed up {backups} times while {moved[0]} amounts were moved: {', '.join(map(str, moves[1:]))} moves whole, always the sum {wanted}, and {len(last)} amounts as Creme's history says")
    return archive


def require_that_instants_differ(earlier, later):
    """The comparison would have found a table that was read at another time."""
    last, _ = last_amounts(earlier)
    require(not last.items() <= amounts(later).items(), "amounts of another time were not noticed")


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


def text(value, kind):
    """A cell in the form of print_records.py."""
    if value is None:
        return None
    match kind:
        case "timestamp with time zone":
            return datetime.datetime.fromisoformat(value).isoformat()
        case "datetime(6)":
            return datetime.datetime.fromisoformat(value).replace(tzinfo=datetime.timezone.utc).isoformat()
        case "tinyint(1)":
            return "t" if value == "1" else "f"
        case "char(32)":
            return str(uuid.UUID(value))
        case "json" | "jsonb":
            return json.dumps(json.loads(value), sort_keys=True)
    return value


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


def back_up_and_compare(creme, connect, compare_with_server, backups=1, further=lambda *_: None):
    """Backs Creme up while it is in use and when nobody writes, and compares the backups with the server's database, with one another, and with Creme's own models."""
    how = "the kept database was loaded" if creme.was_kept else "made and filled anew"
    say(f"Creme {creme.version()}: {how} in {creme.seconds:.0f} s")
    with program({ORGANISATION: "Own"}) as running, tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        hozon = Hozon(running, ORGANISATION)
        connection = connect(hozon, creme)
        moving = back_up_while_amounts_move(hozon, creme, folder, backups)
        hozon.write_plain_csv()
        hozon.back_up()
        quiet = hozon.download(folder / "quiet")
        require_that_instants_differ(moving, quiet)
        compare_with_server(quiet, creme.server, folder)
        compare_escaped(moving, quiet)
        compare_with_creme(quiet, creme)
        further(hozon, creme, connection, folder)
