"""Backs up a real CRM, Tryton with parties and sale opportunities, through the API while Tryton is in use, and compares every cell with what PostgreSQL and Tryton say."""

import json
import pathlib
import tempfile
import uuid

from backup import Hozon, require, say
from local import program
from postgres_comparison import compare_with_postgres, page_sql, require_that_profile_fits, tables
from tryton_installation import SCRIPTS, USER, Tryton

ORGANISATION = "Tryton"
# Backups while amounts are moved.
BACKUPS = 3


def amounts(archive):
    return {row["id"]: int(row["amount"]) for row in archive.records("sale_opportunity") if row["amount"]}


def last_amounts(archive):
    """Amount of each opportunity in the last line of Tryton's history of it, and the number of lines."""
    lines = sorted(archive.records("sale_opportunity__history"), key=lambda line: int(line["__id"]))
    return {line["id"]: int(line["amount"]) for line in lines if line["amount"]}, len(lines)


def back_up_while_amounts_move(hozon, tryton, folder):
    """Each backup shows one instant: the sum is that before, and every amount is the one that the history in the same backup says. Returns the last."""
    wanted = int(tryton.server.sql("select sum(amount) from sale_opportunity").split()[1])
    lines = [int(tryton.server.sql("select count(*) from sale_opportunity__history").split()[1])]
    with tryton.moving_amounts() as moved:
        for number in range(BACKUPS):
            hozon.back_up()
            archive = hozon.download(folder / f"moving {number}")
            found, (last, counted) = amounts(archive), last_amounts(archive)
            require(sum(found.values()) == wanted, "the sum is", sum(found.values()), "instead of", wanted)
            require((counted - lines[0]) % 2 == 0 and counted > lines[-1], counted, "lines of history, after", lines)
            require(last == found, "amounts differ from the history in the same backup")
            lines.append(counted)
    moves = [(counted - lines[0]) // 2 for counted in lines[1:]]
    require(moves[-1] < moved[0], "nothing was moved after the last snapshot:", moves, moved)
    say(f"backed up {BACKUPS} times while {moved[0]} amounts were moved: {', '.join(map(str, moves))} moves whole, always the sum {wanted}, and {len(found)} amounts as Tryton's history says")
    return archive


def records(tryton):
    """Parties, addresses, contact mechanisms, opportunities and attachments by their tables, as Tryton's own client library has them."""
    known = {}
    for line in tryton.run("python", SCRIPTS / "print_records.py").splitlines():
        table, fields = json.loads(line)
        known.setdefault(table, []).append(fields)
    require(len(known) == 5, known.keys())
    return known


def compare_with_tryton(archive, known, but_for=()):
    """Records are those that Tryton has. Columns `but_for` are not in the backup."""
    for table, wanted in known.items():
        rows = sorted(archive.records(table), key=lambda row: int(row["id"]))
        found = [{name: row[name] for name in wanted[0] if name not in but_for} for row in rows]
        require(len(wanted) == len(found), table, "has", len(wanted), "records in Tryton, and", len(found), "in the backup")
        differing = [(one["id"], name, str(one[name])[:80], str(other[name])[:80]) for one, other in zip(wanted, found, strict=True) for name in other if one[name] != other[name]]
        require(not differing, table, "differs:", differing[:3])
    say("Tryton's models and the backup: " + ", ".join(f"{len(rows):,} of {table}" for table, rows in known.items()) + ", every field compared is equal")


def compare_files(archive, known, tryton):
    """Every file that Tryton has is in the backup, at its record, with the bytes that Tryton reads, whether they lie in the database or in the folder."""
    wanted = [(*file["resource"].replace(".", "_").split(","), file["name"], file["data"]) for file in known["ir_attachment"] if file["type"] == "data"]
    found = [(row["module"], row["record_id"], row["original_name"], digest) for row, digest in archive.attached()]
    require(sorted(wanted) == sorted(found), "files differ:", sorted(set(wanted) ^ set(found))[:6])
    places = [int(count) for count in tryton.server.sql("\\t on\nselect count(data), count(file_id) from ir_attachment").split(",")]
    require(all(places) and sum(places) == len(wanted), places, len(wanted))
    say(f"attached files: {len(found)} at their records, {places[0]} from the database and {places[1]} from the folder, each with the SHA-256 of what Tryton reads")


def compare_with_profile(hozon, tryton, connection, folder):
    """With Tryton's profile, its records come first under their labels, attached files are in the backup, and mails and caches are left out."""
    require_that_profile_fits(tryton.server, "Tryton")
    connection["connection"]["profile"] = "tryton"
    hozon.call("PUT", "/connection", connection)
    hozon.back_up()
    archive, known = hozon.download(folder / "named"), records(tryton)
    modules = list(archive.files)
    labels = [json.loads(archive.archive.read(f"fields/{module}.json"))["label"] for module in modules]
    require(labels[:3] == ["Parties", "Addresses", "Contact Mechanisms"], "labels:", labels[:3])
    left_out = {part["module"] for part in archive.manifest["left_out"]}
    omitted = {gap["module"] for gap in archive.manifest["gaps"] if gap["kind"] == "omitted"}
    require(left_out == {"ir_email"} and {"ir_session", "ir_cache"} <= omitted, left_out, omitted)
    require(set(modules) | left_out | omitted == set(tables(tryton.server)), "tables are neither in the backup nor named as left out")
    compare_with_tryton(archive, known, but_for=["data"])
    compare_files(archive, known, tryton)


def main():
    tryton = Tryton()
    how = "the kept database was loaded" if tryton.was_kept else "made and filled anew"
    say(f"Tryton {tryton.version()}: {how} in {tryton.seconds:.0f} s")
    server, password = tryton.server, uuid.uuid4().hex
    server.sql(page_sql("CREATE ROLE", a_long_random_password=password, sales="public", crm_owner=USER))
    # Only the operator may name a folder of files. The administrator's settings of the same database keep it.
    operator = ["connect", f"postgres://hozon:{password}@127.0.0.1:{server.port}/crm", "--org", ORGANISATION, "--files", str(tryton.files / "crm")]
    with program({ORGANISATION: "Own"}, operator) as running, tempfile.TemporaryDirectory() as folder:
        folder, hozon = pathlib.Path(folder), Hozon(running, ORGANISATION)
        connection, _ = hozon.connect("postgres", {"port": server.port, "user": "hozon", "password": password}, tables(server))
        hozon.write_plain_csv()
        moving = back_up_while_amounts_move(hozon, tryton, folder)
        hozon.back_up()
        quiet = hozon.download(folder / "quiet")
        require(last_amounts(moving)[0] != amounts(quiet), "amounts of another time were not noticed")
        compare_with_postgres(quiet, server, folder)
        compare_with_tryton(quiet, records(tryton), but_for=["data"])
        compare_with_profile(hozon, tryton, connection, folder)


if __name__ == "__main__":
    main()
