"""Measures `hozon compare` beside other programs that compare CSV files by a key: the same rows, of which 1% changed, 0.5% vanished and 0.5% are new."""

import pathlib
import shutil
import subprocess
import sys

from harness import BIN, HERE, measured, say

MB = 1_000_000
FIRST_ID = 5_725_767_000_000_100_000
HEADER = "Id,Owner,Name,Phone,Status,Amount,Modified_Time,Description\n"
STATUS = ["New", "Contacted", "Won", "Lost", ""]
# Time after which a peer is stopped, in seconds.
PATIENCE = 1200


def row(number, status):
    spread = number * 104_729 % 100_000_000
    note = f'"Called the customer, who asks for an offer by {number % 28 + 1}日. {spread:x}"' if number % 3 else ""
    return (
        f"{FIRST_ID + number},{number % 97},商談 {number},+81 90 {10_000_000 + number * 7919 % 89_999_999},{STATUS[status % 5]},{spread / 100:.2f},"
        f"2026-0{number % 9 + 1}-1{number % 10}T0{number % 10}:00:00+09:00,{note}\n"
    )


def make(folder, rows):
    """Writes both states, and the later one in another order. Returns how many rows changed, vanished and are new."""
    for name in ["before", "after", "shuffled"]:
        (folder / name).mkdir(parents=True)
    edits = [0, 0, 0]
    with (folder / "before/Leads.csv").open("w") as before, (folder / "after/Leads.csv").open("w") as after:
        before.write(HEADER)
        after.write(HEADER)
        for number in range(rows):
            line = row(number, number)
            if number % 200 == 11:
                after.write(line)
                edits[2] += 1
                continue
            before.write(line)
            if number % 200 == 7:
                edits[1] += 1
            elif number % 100 == 3:
                after.write(row(number, number + 1))
                edits[0] += 1
            else:
                after.write(line)
    script = "(head -n 1 after/Leads.csv; tail -n +2 after/Leads.csv | shuf --random-source=before/Leads.csv) > shuffled/Leads.csv"
    subprocess.run(["sh", "-c", script], cwd=folder, check=True)
    return edits


def back_up(folder, name):
    """Makes a backup of a state, and returns its data zip."""
    data = folder / f"data-{name}"
    for command in [["import", "--org", name, folder / name], ["backup", "--org", name]]:
        subprocess.run([BIN / "hozon", "--data", data, "--port", "0", *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return next((data / "s3/archives").rglob("Data_001.zip"))


def ours(folder, before, after, edits):
    """Compares, and checks that exactly the edits were found."""
    csv = folder / "differences.csv"
    took = measured([BIN / "hozon", "compare", before, after, "--limit", "0", "--csv", csv], codes=[1], stdout=(folder / "said").open("w"))
    changed, deleted, added = (f"{count:,}" for count in edits)
    said = (folder / "said").read_text()
    if f"{added} added, {changed} changed, {deleted} deleted" not in said:
        sys.exit(f"hozon compare found something else: {said}")
    return took


def table(title, size, results):
    say(f"\n{title}")
    say(f"{'':44} {'s':>8} {'CPU s':>8} {'peak MB':>8} {'MB/s':>7} {'s, ours=1':>10}")
    first = next(iter(results.values()))
    for name, took in results.items():
        if took is None:
            say(f"{name:44} stopped after {PATIENCE} s, or without memory")
            continue
        say(
            f"{name:44} {took['wall']:8.1f} {took['cpu']:8.1f} {took['peak_kb'] / 1024:8.0f} {size / MB / took['wall']:7.1f} {took['wall'] / first['wall']:9.1f}x"
        )
    say("")


def beside_peers(folder, rows):
    edits = make(folder, rows)
    before, after = folder / "before/Leads.csv", folder / "after/Leads.csv"
    size = before.stat().st_size + after.stat().st_size

    def peer(*command):
        return measured(command, codes=[0, 1], patience=PATIENCE, stdout=subprocess.DEVNULL)

    results = {"Hozon": ours(folder, before, after, edits)}
    results["Python csv-diff"] = peer(pathlib.Path(sys.executable).parent / "csv-diff", before, after, "--key", "Id", "--json")
    results["daff (Node)"] = peer("node", "--max-old-space-size=16000", HERE / "peers/node_modules/daff/bin/daff.js", "--id", "Id", "--output", folder / "daff.csv", before, after)
    table(f"{rows:,} rows on each side, {size / MB:.0f} MB of CSV, in the same order", size, results)


def alone(folder, rows):
    edits = make(folder, rows)
    size = sum((folder / name / "Leads.csv").stat().st_size for name in ["before", "after"])
    zips = [back_up(folder, name) for name in ["before", "after", "shuffled"]]
    results = {
        "Hozon, two data zips": ours(folder, zips[0], zips[1], edits),
        "Hozon, two data zips, in another order": ours(folder, zips[0], zips[2], edits),
        "Hozon, CSV files": ours(folder, folder / "before", folder / "after", edits),
    }
    table(f"{rows:,} rows on each side, {size / MB:.0f} MB of CSV", size, results)


def differences(work, rows):
    for part, count in [(beside_peers, min(rows, 1_000_000)), (alone, rows)]:
        folder = work / "differences"
        shutil.rmtree(folder, ignore_errors=True)
        part(folder, count)
        shutil.rmtree(folder)
