"""Compares a backup with the PostgreSQL database that it is of, by PostgreSQL itself."""

import csv
import io
import os
import pathlib
import subprocess
import sys

from backup import require, say
from local import HOZON

sys.path.append(str(pathlib.Path(__file__).parents[1] / "servers"))
from postgres import Database, page_sql

__all__ = ["Database", "compare_with_postgres", "page_sql", "require_that_profile_fits", "tables"]


def tables(server):
    listed = server.sql("select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE' "
                              "and table_schema not in ('pg_catalog', 'information_schema', 'copied') order by 2")
    names = list(csv.DictReader(io.StringIO(listed)))
    require({name["table_schema"] for name in names} == {"public"}, names)
    return sorted(name["table_name"] for name in names)


def compare_with_postgres(archive, server, folder):
    """PostgreSQL loads every CSV file and says how many rows differ."""
    names = tables(server)
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
    printed = server.sql("\\t on\n" + "\n".join(script))
    compared = [(name, int(rows), int(columns), int(differing)) for name, rows, columns, differing in csv.reader(io.StringIO(printed))]
    require(sorted(name for name, *_ in compared) == names, "PostgreSQL compared", compared)
    differing = [(name, count) for name, _, _, count in compared if count]
    require(not differing, "rows differ:", differing)
    rows, cells = sum(rows for _, rows, _, _ in compared), sum(rows * columns for _, rows, columns, _ in compared)
    say(f"PostgreSQL has loaded {len(names)} tables, {rows:,} rows, {cells:,} cells; every one is equal")


def require_that_profile_fits(server, title):
    """The program recognises the database, once the copies are gone, and misses nothing that the profile names."""
    server.sql("drop schema copied cascade")
    address = f"postgres://postgres:secret@127.0.0.1:{server.port}/crm"
    checked = subprocess.run([HOZON, "profile", "check", address], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    require(checked.returncode == 0 and title in checked.stdout and "missing" not in checked.stdout, checked.stdout, checked.stderr)
