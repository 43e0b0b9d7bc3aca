"""Measures a backup of a large table of PostgreSQL, captured and archived, beside PostgreSQL's own ways to copy it, and backups after little has changed."""

import pathlib
import shutil
import subprocess
import sys

from harness import BIN, Bench, measured, say

sys.path.append(str(pathlib.Path(__file__).parents[1] / "tests/servers"))
from postgres import PASSWORD, Database

MB = 1_000_000
ORGANISATION = "capture"
TASKS = "begin,capture,plan,pack,assemble,finish"
ROWS = """
create table deal (id bigint primary key, owner int, name text, phone text, amount numeric(12,2), closed date, changed timestamptz, note text);
insert into deal select n, n % 97, '商談 ' || n, '+81 90 ' || 10000000 + (n * 7919) % 89999999, (n * 104729) % 100000000 / 100.0,
    case when n % 5 > 0 then date '2020-01-01' + (n % 2500)::int end, timestamptz '2020-01-01 00:00+09' + n * interval '7.3 s',
    case n % 3 when 0 then null when 1 then md5(n::text) else 'Called the customer, who asks for an offer by ' || n % 28 + 1 || '日. ' || left(md5(n::text), 12) end
from generate_series(1::bigint, {rows}) n;
"""


class Source(Database):
    """A database with one table of many rows."""

    def __init__(self, rows):
        super().__init__()
        self.rows = rows
        self.sql(ROWS.format(rows=rows))
        self.settle()

    def settle(self):
        """Does the server's own work now, so that it disturbs nothing later."""
        self.sql("vacuum analyze deal")
        self.sql("checkpoint")

    def address(self):
        return f"postgres://postgres:{PASSWORD}@127.0.0.1:{self.port}/crm"

    def peer(self, command):
        """Runs a shell command with PostgreSQL's own client programs."""
        environment = {"PGPASSWORD": PASSWORD, "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres", "PGDATABASE": "crm", "PATH": "/usr/bin:/bin"}
        return measured(["bash", "-o", "pipefail", "-c", command], env=environment, stdout=subprocess.DEVNULL) | {"peak_kb": 0}

    def bytes(self):
        """Size of all rows as COPY writes them, which is what a backup reads."""
        copied = subprocess.Popen(["wc", "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.client("psql", "-X", "-q", "-c", "copy deal to stdout", stdout=copied.stdin, check=True)
        return int(copied.communicate()[0])


def kept(bench):
    """Bytes that the store of captured data holds."""
    return sum(path.stat().st_size for path in (bench.data / "s3/crm").rglob("*") if path.is_file())


def back_up(bench, source):
    before = kept(bench)
    told = bench.worker(ORGANISATION, "--at-once", "2", "--source", source.address(), "--tasks", TASKS)
    capture = told["tasks"]["capture"]
    return told | {"written": capture["requests"].get("sent", 0), "kept": kept(bench) - before, "capture": capture}


def line(name, took, first, size, rows):
    peak = f"{took['peak_kb'] / 1024:8.0f}" if took["peak_kb"] else ""
    say(f"{name:34} {took['cpu']:8.1f} {size / MB / took['cpu']:9.1f} {rows / took['wall']:11,.0f} {first['cpu'] / took['cpu']:8.2f} {peak}")


def compare(bench, source, scratch):
    """A first backup beside COPY through deflate and beside pg_dump, all in the same run."""
    size = source.bytes()
    ours = back_up(bench, source)
    copy = source.peer(f'psql -X -q -c "copy deal to stdout" | {BIN / "hozon-bench"} deflate')
    dump = source.peer(f"pg_dump -Fd -j 2 -f {scratch}")
    shutil.rmtree(scratch)
    say(f"\n{source.rows:,} rows, {size / MB:.0f} MB as COPY writes them")
    say(f"{'':34} {'CPU s':>8} {'MB/CPU s':>9} {'rows/s':>11} {'of ours':>8} {'peak MB':>8}")
    line("Hozon: capture and archive", ours, ours, size, source.rows)
    line("psql COPY | zlib-rs, our level", copy, ours, size, source.rows)
    line("pg_dump -Fd -j 2", dump, ours, size, source.rows)
    say(f"capture alone: {ours['capture']['cpu']:.1f} CPU s, peak {ours['capture']['peak_kb'] / 1024:.0f} MB; the server's own time is not in these figures\n")
    return size, ours


CHANGES = {
    "nothing": None,
    "the newest 1% of the rows": "update deal set note = 'changed ' || id where id > {rows} * 0.99",
    "1% of the rows, scattered": "update deal set note = 'changed ' || id where id % 100 = 7",
}


def after_changes(bench, source, size, first):
    """Backups after little has changed, in comparison with the first."""
    say(f"{'changed':34} {'CPU s':>8} {'read MB':>9} {'written MB':>11} {'of first':>9} {'kept MB':>9}")
    name = "(first backup)"
    for change, took in [(name, first), *((name, None) for name in CHANGES)]:
        if took is None:
            if CHANGES[change]:
                source.sql(CHANGES[change].format(rows=source.rows))
                source.settle()
            took = back_up(bench, source)
        share = 100 * took["written"] / max(first["written"], 1)
        say(f"{change:34} {took['cpu']:8.1f} {size / MB:9.1f} {took['written'] / MB:11.2f} {share:8.2f}% {took['kept'] / MB:9.2f}")
    say("")


def capture(work, rows):
    bench = Bench(work / "capture")
    (bench.work / "rows").mkdir()
    (bench.work / "rows/Leads.csv").write_text("Id,Name\n1,One\n")
    bench.load(ORGANISATION, bench.work / "rows")
    say(f"Making {rows:,} rows ...")
    source = Source(rows)
    bench.start()
    try:
        size, first = compare(bench, source, bench.work / "dump")
        after_changes(bench, source, size, first)
    finally:
        bench.stop()
        source.stop()
        shutil.rmtree(bench.work)
