"""Measures the comparison of two snapshots of many rows, of which every block differs."""

import csv
import json
import shutil
import subprocess

from harness import BIN, Bench, say

ORGANISATION = "snapshots"


def write(folder, rows, edited):
    """Writes the rows. Edited, one in 300 is changed, one in 10,000 deleted, and as many are added."""
    folder.mkdir(parents=True)
    with open(folder / "Leads.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["Id", "Name", "Phone", "Amount", "Note"])
        for id in range(1, rows + 1):
            if edited and id % 10_000 == 5_000:
                id += rows
            note = "changed" if edited and id % 300 == 7 else "asks for an offer"
            out.writerow([4876876000000000000 + id, f"商談 {id}", f"+81 90 {10000000 + id * 7919 % 89999999}", id * 104729 % 100000000 / 100, note])


def snapshots(work, rows):
    bench = Bench(work / "snapshots")
    (bench.work / "first").mkdir()
    (bench.work / "first/Leads.csv").write_text("Id,Name\n1,One\n")
    bench.load(ORGANISATION, bench.work / "first")
    bench.start()
    try:
        for name, edited in [("before", False), ("after", True)]:
            say(f"Storing {rows:,} rows ({name}) ...")
            write(bench.work / name, rows, edited)
            bench.worker(ORGANISATION, "--input", bench.work / name, "--tasks", "begin,store,plan,pack,assemble,finish")
        command = [BIN / "hozon-bench", "compare", "--stores", bench.stores.text, "--data", bench.data, "--org", ORGANISATION]
        told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    finally:
        bench.stop()
    found = told["totals"]["rows"]
    moved = rows // 10_000
    assert (found["added"], found["deleted"]) == (moved, moved), found
    say(f"{rows:,} rows on each side: {found['added']:,} added, {found['changed']:,} changed, {found['deleted']:,} deleted")
    say(f"{told['wall']:.1f} s, {told['cpu']:.1f} CPU s, peak {told['peak_kb'] / 1024:.0f} MB")
    shutil.rmtree(bench.work)
