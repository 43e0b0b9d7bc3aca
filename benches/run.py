"""Runs the archive engine and its peers alternately and prints one table. Called by benches/run."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

from capture import capture
from differences import differences
from harness import BIN, HERE, PYTHON, Bench, Compared, generate, medians, peers, say
from snapshots import snapshots

MB = 1_000_000
PARTS = ["compare", "large", "bounds", "sweep", "capture", "differences", "snapshots"]


def compare(bench, kind, rounds):
    """Runs everything alternately and prints the table of one kind of data."""
    size = bench.bytes[kind]
    subjects = {"Hozon, stored and backed up": lambda: bench.ours(kind, "--at-once", "1")}
    subjects["Hozon, 2 items at once"] = lambda: bench.ours(kind, "--at-once", "2")
    if kind == "rows":
        subjects["Hozon, the engine alone"] = lambda: bench.alone(kind, "--at-once", "1")

        def limit():
            told = json.loads(subprocess.run([BIN / "hozon-bench", "limit", bench.input[kind]], check=True, stdout=subprocess.PIPE).stdout)
            scale = size / told["bytes"]
            return {name: told[name] * scale for name in ["cpu", "wall", "size"]} | {"peak_kb": 0}

        subjects["zlib-rs in memory, our level"] = limit
    subjects |= peers(bench, kind)
    runs = {name: [] for name in subjects}
    for round in range(rounds):
        for name, run in subjects.items():
            if round and name.startswith("7-Zip"):
                continue  # It takes longer than all the others together.
            runs[name].append(run())
            say(f"  {kind}, round {round + 1}: {name}: {runs[name][-1]['cpu']:.1f} CPU s, {runs[name][-1]['wall']:.1f} s")
    result = {name: medians(all) for name, all in runs.items()}
    table(kind, size, result)
    return result


def table(kind, size, result):
    us = result["Hozon, stored and backed up"]
    info = result["Info-ZIP zip -6"]
    say(f"\n{kind}: {size / MB:.0f} MB")
    say(f"{'':30} {'MB/CPU s':>9} {'MB/s':>7} {'CPU, ours=1':>11} {'peak MB':>8} {'output MB':>10} {'of zip -6':>10}")
    for name, took in result.items():
        peak = f"{took['peak_kb'] / 1024:8.0f}" if took["peak_kb"] else " " * 8
        say(
            f"{name:30} {size / MB / took['cpu']:9.1f} {size / MB / took['wall']:7.1f} {took['cpu'] / us['cpu']:10.2f}x {peak} "
            f"{took['size'] / MB:10.1f} {100 * took['size'] / info['size']:9.1f}%"
        )
    say("")


def together(bench, results):
    """The table of rows and files as one amount of work."""
    both = {}
    for name, files in results["files"].items():
        rows = results["rows"][name]
        both[name] = {key: rows[key] + files[key] for key in ["cpu", "wall", "size"]}
        both[name]["peak_kb"] = max(rows["peak_kb"], files["peak_kb"])
    table("rows and files", sum(bench.bytes.values()), both)


def requests_of(took):
    counts = took["requests"]
    puts = sum(counts.get(name, 0) for name in ["put", "begin", "part", "copy", "complete", "list"])
    gets = sum(counts.get(name, 0) for name in ["get", "head"])
    return puts, gets


def price(size, took):
    """Prices Lambda time, S3 requests, and seven days of storage, per GB of data."""
    prices = tomllib.loads((HERE / "prices.toml").read_text())
    puts, gets = requests_of(took)
    lambda_ = took["cpu"] * prices["lambda_gb_of_a_core"] * prices["lambda_gb_second"] + 10 * prices["lambda_request"]
    requests = puts * prices["s3_put"] + gets * prices["s3_get"]
    kept = took["size"] / 1e9 * prices["s3_gb_month"] * (7 + 35) / 30
    gb = size / 1e9
    return lambda_ / gb, requests / gb, kept / gb


def prices(bench, results):
    say("Price per GB of data (unit prices: benches/prices.toml); zips lie seven days, what is stored 35")
    for kind, result in results.items():
        took = result["Hozon, stored and backed up"]
        lambda_, requests, kept = price(bench.bytes[kind], took)
        puts, gets = requests_of(took)
        assemble = took["tasks"]["assemble"]["requests"]
        say(
            f"{kind:6} Lambda ${lambda_:.6f}, S3 requests ${requests:.6f} ({puts} writes, {gets} reads), keeping ${kept:.6f}; "
            f"assemble read {assemble.get('received', 0) / MB:.2f} MB, sent {assemble.get('sent', 0) / MB:.2f} MB, "
            f"copied {assemble.get('copied', 0) / MB:.1f} MB inside S3"
        )
    say("")


def sweep(work, mb):
    """Time grows linearly with the data and memory does not."""
    say("The same with 1, 2, 4, 8 times the data (rows, engine and store, 2 items at once)")
    for times in [1, 2, 4, 8]:
        small = Bench(work / f"sweep-{times}")
        generate("rows", mb * times, small.work / "rows")
        small.load("rows", small.work / "rows")
        small.start()
        runs = medians([small.ours("rows", "--at-once", "2") for _ in range(3)])
        small.stop()
        shutil.rmtree(small.work)
        size = mb * times << 20
        say(f"  {size / MB:7.0f} MB: {runs['cpu']:6.2f} CPU s, {size / MB / runs['cpu']:6.1f} MB/CPU s, {runs['wall']:6.2f} s, peak {runs['peak_kb'] / 1024:.0f} MB")
    say("")


def ten_gigabytes(work):
    """A zip of 10 GB from one attachment of 200 MiB, listed fifty times and copied inside S3."""
    large = Bench(work / "large")
    given = large.work / "input"
    attached = given / "attachments/Leads/5725767000000100001"
    attached.mkdir(parents=True)
    with (attached / "recording.mp4").open("wb") as file:
        for _ in range(200):
            file.write(os.urandom(1 << 20))
    (given / "Leads.csv").write_text("Id,Name\n5725767000000100001,One\n")
    large.load("large", given)
    large.start()
    single = large.ours("large", "--at-once", "2")
    read = single["tasks"]["assemble"]["requests"].get("received", 0)
    say(f"An attachment of 200 MiB: {read / (1 << 20):.3f} MiB of it read when the zip is assembled, lists and rows included")
    large.repeat("large", 50)
    told = large.worker("large", "--at-once", "2", keep=True)
    assemble = told["tasks"]["assemble"]
    share = 100 * assemble["requests"].get("received", 0) / told["size"]
    say(
        f"Assembling {told['size'] / 1e9:.2f} GB: {assemble['wall']:.1f} s on the S3 emulator, {assemble['cpu']:.2f} CPU s, "
        f"{assemble['requests'].get('received', 0) / MB:.3f} MB read ({share:.4f}%), {assemble['requests']['copied'] / 1e9:.2f} GB copied inside S3; "
        f"peak {told['peak_kb'] / 1024:.0f} MB"
    )
    for command in [["unzip", "-tqq"], ["7z", "t", "-bso0", "-bsp0"], [PYTHON, "-m", "zipfile", "-t"]]:
        for zip in told["zips"]:
            subprocess.run([*command, large.data / "s3/archives" / zip["key"]], check=True, stdout=subprocess.DEVNULL)
    say("unzip, 7-Zip and Python's zipfile read all of it")
    large.stop()
    shutil.rmtree(large.work)
    say("")


def bounds(work):
    """Memory depends neither on the number of attachments nor on the size of a cell. Objects are files here, because a million small
    requests would take the S3 emulator minutes."""
    many = Bench(work / "bounds")
    folder = many.work
    attached = folder / "many/attachments/Leads/1"
    attached.mkdir(parents=True)
    (attached / "note.txt").write_text("short\n" * 100)
    (folder / "many/Leads.csv").write_text("Id,Name\n1,One\n")
    (folder / "cell").mkdir()
    with (folder / "cell/Leads.csv").open("w") as file:
        file.write("Id,Name,Notes\n1,One,")
        for _ in range(240):
            file.write("保存 keeping safe " * (1_000_000 // 20))
        file.write("\n2,Two,short\n")
    many.load("many", folder / "many")
    many.load("cell", folder / "cell")
    many.start()
    for org, what, times in [("many", "1,000,000 attachments", 1_000_000), ("cell", "a cell of 240 MB", 1)]:
        told = many.alone(org, "--at-once", "2", "--times", str(times))
        tasks = ", ".join(f"{task} {took['peak_kb'] / 1024:.0f} MB, {took['wall']:.1f} s" for task, took in told["tasks"].items())
        say(f"A backup with {what}: peak memory {told['peak_kb'] / 1024:.0f} MB ({tasks})")
    many.stop()
    shutil.rmtree(folder)
    say("")


def main():
    arguments = argparse.ArgumentParser(prog="benches/run")
    arguments.add_argument("--mb", type=int, default=1024, help="MiB of CSV, and of attachments")
    arguments.add_argument("--rows", type=int, default=10_000_000, help="rows of the captured table, and of the compared ones")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", nargs="*", choices=PARTS)
    arguments.add_argument("--keep", type=pathlib.Path, help="work in this folder and keep its data")
    chosen = arguments.parse_args()
    parts = chosen.only or PARTS
    work = chosen.keep or pathlib.Path(tempfile.mkdtemp(prefix="hozon-bench-", dir=HERE.parent / "target"))
    work.mkdir(parents=True, exist_ok=True)
    try:
        if "compare" in parts:
            bench = Compared(work, chosen.mb)
            results = {kind: compare(bench, kind, chosen.rounds) for kind in ["rows", "files"]}
            together(bench, results)
            prices(bench, results)
            bench.stop()
        if "large" in parts:
            ten_gigabytes(work)
        if "bounds" in parts:
            bounds(work)
        if "capture" in parts:
            capture(work, chosen.rows)
        if "differences" in parts:
            differences(work, chosen.rows)
        if "snapshots" in parts:
            snapshots(work, chosen.rows)
        if "sweep" in parts:
            sweep(work, max(chosen.mb // 8, 8))
    finally:
        if not chosen.keep:
            shutil.rmtree(work, ignore_errors=True)


main()
