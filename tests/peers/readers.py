"""Opens every zip left by the stories with third-party readers, and loads every CSV file.

Usage: readers.py FOLDER. Exit status 1 and one line per failure if any reader objects.
"""

import csv
import hashlib
import io
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import pandas

csv.field_size_limit(1 << 30)
SPREADSHEET_STORIES = {"small", "numbered"}
failures = []


def check(what, zip_path, ok, detail=""):
    if not ok:
        failures.append(f"{zip_path}: {what}: {detail.strip()[-500:]}")


def command(what, zip_path, *arguments):
    ran = subprocess.run([*arguments, str(zip_path)], capture_output=True, text=True, errors="replace")
    check(what, zip_path, ran.returncode == 0, ran.stdout + ran.stderr)


def headers(zip_path, archive):
    """Walks the local headers: no data descriptor, the UTF-8 flag, and the directory's sizes."""
    with open(zip_path, "rb") as file:
        for entry in archive.infolist():
            file.seek(entry.header_offset)
            head = struct.unpack("<4s5H3L2H", file.read(30))
            flags, crc, packed, size, name_length, extra_length = head[2], *head[6:11]
            name = file.read(name_length).decode("utf-8")
            if size == 0xFFFFFFFF:
                extra = file.read(extra_length)
                size, packed = struct.unpack("<QQ", extra[4:20])
            same = (crc, packed, size, name) == (entry.CRC, entry.compress_size, entry.file_size, entry.orig_filename)
            check("local header", zip_path, flags == 0x800 and same, f"{name} {head}")


def digests(zip_path, archive):
    """Compares each file with the CRC-32 and SHA-256 that the manifest gives for it, or for each of its ranges."""
    if "manifest.json" not in archive.namelist():
        return
    for record in json.loads(archive.read("manifest.json"))["files"]:
        whole = [{"bytes": record["bytes"], "sha256": record["sha256"]}] if "sha256" in record else record["ranges"]
        crc32 = 0
        with archive.open(record["path"]) as file:
            for part in whole:
                data = file.read(part["bytes"])
                crc32 = zlib.crc32(data, crc32)
                check("SHA-256", zip_path, hashlib.sha256(data).hexdigest() == part["sha256"], record["path"])
            check("ranges", zip_path, not file.read(1) and crc32 == record["crc32"], record["path"])


def rows(zip_path, archive):
    """Loads each CSV file with Python's csv and with pandas; both see the manifest's rows."""
    if "manifest.json" not in archive.namelist():
        return
    manifest = json.loads(archive.read("manifest.json"))
    for record in manifest["files"]:
        if "rows" not in record:
            continue
        data = archive.read(record["path"])
        table = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
        widths = {len(row) for row in table}
        check("csv", zip_path, len(table) == record["rows"] + 1 and len(widths) == 1, f"{record} {len(table)}")
        # pandas ends a cell at NUL and drops a row of one empty cell, so only csv reads those files.
        if b"\0" in data or len(table[0]) == 1:
            continue
        frame = pandas.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig", engine="python")
        check("pandas", zip_path, len(frame) == record["rows"], f"{record} {len(frame)}")


def spreadsheet(zip_path, archive):
    """LibreOffice opens the CSV files and finds the same number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        names = [name for name in archive.namelist() if name.endswith(".csv") and "/" not in name]
        archive.extractall(folder, names)
        # UTF-8, comma, quote; write CSV again.
        arguments = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76",
                     "--infilter=CSV:44,34,76", "--outdir", f"{folder}/out", *[f"{folder}/{name}" for name in names]]
        ran = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
        for name in names:
            converted = Path(folder, "out", name)
            check("LibreOffice", zip_path, converted.exists(), ran.stdout + ran.stderr)
            if converted.exists():
                with open(converted, encoding="utf-8", newline="") as out, open(Path(folder, name), encoding="utf-8-sig", newline="") as original:
                    check("LibreOffice", zip_path, len(list(csv.reader(out))) == len(list(csv.reader(original))), name)


def main(folder):
    zips = sorted(Path(folder).rglob("*.zip"))
    if not zips:
        sys.exit(f"no zips in {folder}")
    for zip_path in zips:
        is_huge = zip_path.stat().st_size > 1 << 32
        with zipfile.ZipFile(zip_path) as archive:
            headers(zip_path, archive)
            command("unzip", zip_path, "unzip", "-tqq")
            command("7-Zip", zip_path, "7z", "t", "-bso0", "-bsp0")
            command("bsdtar", zip_path, "bsdtar", "-tf")
            command("jar", zip_path, "jar", "-tf")
            if not is_huge:
                check("zipfile", zip_path, archive.testzip() is None)
                command("zipdetails", zip_path, "zipdetails")
                digests(zip_path, archive)
                rows(zip_path, archive)
            if zip_path.parent.name in SPREADSHEET_STORIES and zip_path.name.startswith("Data"):
                spreadsheet(zip_path, archive)
        print(f"{zip_path.parent.name}/{zip_path.name}: opened by every reader", flush=True)
    if failures:
        sys.exit("\n".join(failures))


main(sys.argv[1])
