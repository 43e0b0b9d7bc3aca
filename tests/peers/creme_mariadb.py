"""Backs up a real CRM, Creme on MariaDB, through the API while Creme is in use, and compares every cell with what MariaDB and Creme say."""

import pathlib
import sys
import uuid

from backup import require, say
from creme_backup import back_up_and_compare
from creme_installation import Creme

sys.path.append(str(pathlib.Path(__file__).parents[1] / "servers"))
from mariadb import Database
from postgres import page_sql

# Backups while amounts are moved.
BACKUPS = 3
BLOBS = ("tinyblob", "blob", "mediumblob", "longblob", "binary", "varbinary")


def connect(hozon, creme):
    """Checks and connects a role made as the operators' page says."""
    password = uuid.uuid4().hex
    creme.server.sql(page_sql("CREATE USER", a_long_random_password=password))
    connection, _ = hozon.connect("mysql", {"port": creme.server.port, "user": "hozon", "password": password}, tables(creme.server))
    return connection


def tables(server):
    return sorted(name for (name,) in server.sql("select table_name from information_schema.tables where table_schema = 'crm'"))


def columns(server, table):
    found = server.sql(f"select column_name, data_type from information_schema.columns where table_schema = 'crm' and table_name = '{table}' order by ordinal_position")
    return dict(found)


def escaped(cell):
    """A cell in the form that LOAD DATA reads by default (MariaDB documentation: LOAD DATA INFILE)."""
    if cell is None:
        return "\\N"
    return cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def load(archive, table, kinds, file):
    """Statements that load a table's rows into a copy of the table, and select the numbers of rows, and of those that differ or were changed to fit the columns, such as a NULL that became an empty text."""
    header, *rows = archive.rows(table)
    require(header == list(kinds), table, "has other columns:", header)
    file.write_text("".join("\t".join(map(escaped, row)) + "\n" for row in rows), encoding="utf-8", newline="")
    places = [f"@{number}" if kind in BLOBS else f"`{name}`" for number, (name, kind) in enumerate(kinds.items())]
    sets = [f"`{name}` = unhex(substring(@{number}, 3))" for number, (name, kind) in enumerate(kinds.items()) if kind in BLOBS]
    cells = ", ".join(f"cast(`{name}` as binary)" for name in kinds)
    one, other = f"select {cells} from crm.`{table}`", f"select {cells} from copied.`{table}`"
    return f"""create table copied.`{table}` like crm.`{table}`;
load data local infile '{file}' into table copied.`{table}` character set utf8mb4 ({", ".join(places)}) {"set " + ", ".join(sets) if sets else ""};
set @changed = @@warning_count;
select '{table}', (select count(*) from copied.`{table}`), {len(kinds)}, @changed + (select count(*) from ({one} except all {other}) x) + (select count(*) from ({other} except all {one}) x);
"""


def compare_with_mariadb(archive, server, folder):
    """MariaDB loads every cell and says how many rows differ."""
    names = tables(server)
    require(sorted(archive.files) == names, "the backup has other tables:", set(archive.files) ^ set(names))
    script = ["create database copied; set time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO';\n"]
    script += [load(archive, name, columns(server, name), folder / f"{number}.txt") for number, name in enumerate(names)]
    compared = [(name, int(rows), int(width), int(differing)) for name, rows, width, differing in server.sql("".join(script))]
    require(sorted(name for name, *_ in compared) == names, "MariaDB compared", compared)
    differing = [(name, count) for name, _, _, count in compared if count]
    require(not differing, "rows differ:", differing)
    counted = {name: int(server.sql(f"select count(*) from `{name}`")[0][0]) for name in names}
    require({name: rows for name, rows, *_ in compared} == counted, "numbers of rows differ")
    rows, cells = sum(rows for _, rows, _, _ in compared), sum(rows * width for _, rows, width, _ in compared)
    say(f"MariaDB has loaded {len(names)} tables, {rows:,} rows, {cells:,} cells; every one is equal")


def main():
    creme = Creme(Database(), "mysql")
    back_up_and_compare(creme, connect, compare_with_mariadb, BACKUPS)


if __name__ == "__main__":
    main()
