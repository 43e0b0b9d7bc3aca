#!/usr/bin/env python3
"""Imports files of other tools, well-formed and malformed: each case is a kind of file, with the expected exit code and words.

Usage: imports.py [path of hozon]
"""
import os, pathlib, struct, subprocess, sys, tempfile, zipfile, zlib

HOZON = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/debug/hozon")
CSV = b"Id,Name\r\n1,A\r\n"
failures = []


def run(folder, *arguments):
    """Runs an import; returns exit code, output, peak memory in KiB and CPU seconds."""
    with tempfile.TemporaryFile() as out:
        command = [HOZON, "--data", str(folder / "data"), "--port", "0", "import", "--org", "O", *arguments]
        child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return child.returncode, out.read().decode(), usage.ru_maxrss, usage.ru_utime + usage.ru_stime


def case(name, make, code, words, *arguments, memory=None, cpu=None):
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        made = make(folder)
        found, output, peak, seconds = run(folder, *(arguments or made or ["in"]))
        wrong = [] if found == code else [f"exit {found} instead of {code}"]
        wrong += [f"no word of {word!r}" for word in ([words] if isinstance(words, str) else words) if word not in output]
        wrong += [f"{peak} KiB"] if memory and peak > memory else []
        wrong += [f"{seconds:.1f} s of CPU"] if cpu and seconds > cpu else []
        wrong += ["a panic"] if found == 101 or "panicked" in output else []
        print(f"{'FAIL' if wrong else 'ok  '} {name}{': ' + ', '.join(wrong) if wrong else ''}")
        if wrong:
            failures.append(name)
            print("    " + output[-600:].replace("\n", "\n    "))


def files(**content):
    def make(folder):
        for name, data in content["entries"].items():
            path = folder / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return make


def tree(entries):
    return files(entries=entries)


def pack(entries, *, local_extra=b"", host=0, flags=0, method=0, front=b"", back=b"", partial=None, unpacked=None):
    """Builds a zip by hand. `entries` are (name, data, extra field of the directory)."""
    out, directory = bytearray(front), bytearray()
    for name, data, extra in entries:
        offset, crc = len(out), zlib.crc32(data)
        size = len(data) if unpacked is None else unpacked
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, flags, method, 0, 33, crc, len(data), size, len(name), len(local_extra))
        out += name + local_extra + data
        fields = [size, len(data), offset]
        if partial:
            values = b"".join(struct.pack("<Q", fields[at]) for at in partial)
            extra += struct.pack("<HH", 1, len(values)) + values
            fields = [0xFFFFFFFF if at in partial else value for at, value in enumerate(fields)]
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, host << 8 | 45, 45, flags, method, 0, 33, crc, fields[1], fields[0],
                                 len(name), len(extra), 0, 0, 0, 0, fields[2]) + name + extra
    start, count = len(out), len(entries) & 0xFFFF
    return bytes(out + directory) + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), start, 0) + back


def zipped(bytes_of):
    def make(folder):
        (folder / "x.zip").write_bytes(bytes_of() if callable(bytes_of) else bytes_of)
        return ["x.zip"]
    return make


def shell(script, *inputs):
    def make(folder):
        (folder / "Leads.csv").write_bytes(CSV)
        subprocess.run(["bash", "-ec", script], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return list(inputs)
    return make


def unicode_path(raw, name):
    data = b"\1" + struct.pack("<I", zlib.crc32(raw)) + name.encode()
    return struct.pack("<HH", 0x7075, len(data)) + data


def deflated(head, unit, count):
    packer, packed, crc, size = zlib.compressobj(9, 8, -15), [], 0, 0
    for piece in [head] + [unit] * count:
        packed.append(packer.compress(piece))
        crc, size = zlib.crc32(piece, crc), size + len(piece)
    packed = b"".join(packed) + packer.flush()
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 33, crc, len(packed), size, 9, 0) + b"Leads.csv" + packed
    record = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 33, crc, len(packed), size, 9, 0, 0, 0, 0, 0, 0) + b"Leads.csv"
    return local + record + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(record), len(local), 0)


def many(folder):
    with zipfile.ZipFile(folder / "x.zip", "w") as out:
        out.writestr("Leads.csv", CSV)
        for number in range(100_000):
            out.writestr(f"files/f{number}.txt", b"x")
    return ["x.zip"]


def zoho(folder):
    """Zips of Zoho with 400,000 rows and an index of a million attachments, of which a thousand are there."""
    record, attachment = "zcrm_536116000000%07d".__mod__, "536116000001%07d".__mod__
    with zipfile.ZipFile(folder / "Data_001.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for part in range(4):
            rows = "".join(f"{record(part * 100_000 + row)},Ann,true\r\n" for row in range(100_000))
            out.writestr(f"Data/Leads_{part + 1:03}.csv", "Record Id,Last Name,Opt Out\r\n" + rows)
        for part in range(10):
            numbers = range(part * 100_000, (part + 1) * 100_000)
            rows = "".join(f"zcrm_{attachment(at)},file {at}.txt,1,{record(at % 400_000)},2026-07-28 12:00:00\r\n" for at in numbers)
            out.writestr(f"Data/Attachments_{part + 1:03}.csv", "Record Id,File Name,Size,Parent Id.id,Created Time\r\n" + rows)
    for part in range(2):
        with zipfile.ZipFile(folder / f"Attachments_00{part + 1}.zip", "w") as out:
            for at in range(part * 500, part * 500 + 500):
                out.writestr(f"{attachment(at * 1000)}_file {at * 1000}.txt", b"x")
    return ["Data_001.zip", "Attachments_001.zip", "Attachments_002.zip"]


LEADS, BELOW = (b"Leads.csv", CSV, b""), "attachments/Leads/1/"
ATTACHED = "Leads: 1 rows, 1 attachments"

for at in range(1, 8):
    which = [field for field in range(3) if at >> field & 1]
    case(f"zip64 field with only {which}", zipped(pack([LEADS], partial=which)), 0, "Leads: 1 rows")
case("70,000 entries without zip64", zipped(lambda: pack([LEADS] + [(b"files/%d" % number, b"", b"") for number in range(69_999)])),
     0, "Leads: 1 rows", "x.zip", "--skip-unknown", cpu=4)
case("a prefixed zip", zipped(b"MZ" * 500 + pack([LEADS])), 0, "Leads: 1 rows")
case("bytes behind the end", zipped(pack([LEADS], back=b"\0" * 9)), 0, "Leads: 1 rows")
case("longer extra fields in local headers", zipped(pack([LEADS], local_extra=b"\xfe\xca\0\0")), 0, "Leads: 1 rows")
case("backslashes", zipped(pack([LEADS, (BELOW.replace("/", "\\").encode() + b"a.txt", b"x", b"")])), 0, ATTACHED)
raw = (BELOW + "Müller.pdf").encode("cp437")
case("a Unicode path", zipped(pack([LEADS, (raw, b"x", unicode_path(raw, BELOW + "Müller.pdf"))])), 0, ATTACHED)
case("a Unicode path of another name", zipped(pack([LEADS, (raw, b"x", unicode_path(b"y", "../evil"))])), 0, ATTACHED)
case("cp437 without a word", zipped(pack([LEADS, ((BELOW + "Größe é.pdf").encode("cp437"), b"x", b"")])), 0, [ATTACHED, "Größe é.pdf"])
case("cp850 by name", zipped(pack([LEADS, ((BELOW + "Straße Ø.pdf").encode("cp850"), b"x", b"")])), 0, "Straße Ø.pdf", "x.zip", "--zip-names", "cp850")
case("gbk by name", zipped(pack([LEADS, ((BELOW + "报价.pdf").encode("gbk"), b"x", b"")])), 0, "报价.pdf", "x.zip", "--zip-names", "gbk")
case("a name that leads out", zipped(pack([LEADS, (b"../x.csv", CSV, b"")])), 1, "unsafe name")
case("encrypted", shell("7z a -psecret -bso0 -bd x.zip Leads.csv", "x.zip"), 1, "encrypted")
case("Deflate64", shell("yes 1,AAAA | head -9000 >> Leads.csv; 7z a -bso0 -bd -tzip -mm=Deflate64 x.zip Leads.csv", "x.zip"), 1, "Deflate64")
case("a split zip", shell("head -c 99999 /dev/urandom > b; 7z a -bso0 -bd -tzip -v64k x.zip Leads.csv b; mv x.zip.002 y.zip", "y.zip"), 1, "cannot be read")
case("a truncated zip", zipped(pack([LEADS])[:-30]), 1, "cannot be read")
case("no zip at all", zipped(b"hello"), 1, "it is not a zip")
case("an entry longer than it says", zipped(pack([LEADS], unpacked=5)), 1, "cannot be read")
case("an entry twice", zipped(pack([LEADS, LEADS])), 1, "appears twice")
case("50 kB that become a header of 50 MB", zipped(lambda: deflated(b"Id", b"," * (1 << 20), 50)), 1, "cells", memory=330_000)
case("400 kB that become a row of line ends", zipped(lambda: deflated(b'Id,N\r\n1,"', b"\n" * (1 << 20), 200)), 1, "larger than", memory=330_000)
case("400 kB that become a row of doubled quotes", zipped(lambda: deflated(b'Id,N\r\n1,"', b'""' * (1 << 19), 280)), 1, "larger than", memory=330_000)
case("a row of 50 MB of commas", zipped(lambda: deflated(b"Id,N\r\n", b"," * (1 << 20), 50)), 1, "cells", memory=330_000)
case("100,001 entries", many, 2, "files are not recognised", cpu=3)

case("Zoho's zips with an index of a million lines", zoho, 0, ["Leads: 400000 rows, 1000 attachments", "998900 more notes like"], memory=400_000)
case("a folder with everything in it", tree({"Leads.csv": CSV, "attachments/Leads/1/a.pdf": b"x", ".DS_Store": b"x"}), 0, [ATTACHED, ".DS_Store"])
case("parents of parents", tree({"a/b/Leads.csv": CSV, "a/b/Attachments/leads/1/a.csv": b"x"}), 0, ATTACHED)
case("other types", tree({"Leads.csv": CSV, "Deals.xlsx": b"x", "Documents/015A": b"x"}), 2, ["Deals.xlsx", "015A"])
case("other types that are skipped", tree({"Leads.csv": CSV, "Deals.xlsx": b"x"}), 0, ["Leads: 1 rows", "Deals.xlsx"], "in", "--skip-unknown")
case("a zip in a zip", shell("zip -q inner.zip Leads.csv; zip -q x.zip Leads.csv inner.zip", "x.zip"), 2, "inner.zip")
case("a zip in a folder", shell("mkdir in; zip -q in/WE_1.ZIP Leads.csv", "in"), 0, "Leads: 1 rows")
case("links, pipes and sockets", shell("mkdir in; cp Leads.csv in; ln -s Leads.csv in/L.csv; mkfifo in/P.csv; "
     "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('in/S.csv')\"", "in"), 2, ["L.csv", "P.csv", "S.csv"])
case("a link in a zip", shell("ln -s Leads.csv L.csv; zip -qy x.zip Leads.csv L.csv", "x.zip"), 2, "L.csv: a symbolic link")
case("a pipe that is named", shell("mkfifo P.csv", "P.csv"), 2, "named pipe")
case("two states", tree({"2025/Leads.csv": CSV, "2026/Leads.csv": CSV}), 1, "both the module Leads")
case("attachments beside a file", shell("mkdir -p attachments/Leads/1; echo p > attachments/Leads/1/p.csv", "Leads.csv", "attachments"), 0, ATTACHED)
case("an empty file", tree({"Leads.csv": b""}), 1, "no header")
case("ragged rows", tree({"Leads.csv": b"Id,N,\r\n1\r\n2,a,b,c\r\n"}), 0, ["line 2", "line 3", "Column 3", "2 rows"], "in", "--lenient")
case("UTF-16 without a mark", tree({"Leads.csv": "Id;Name\r\n1;José\r\n".encode("utf-16-le")}), 0, ["UTF-16LE", "semicolons"])
case("Shift_JIS without a word", tree({"Leads.csv": "Id,名\n1,高橋\n".encode("cp932")}), 1, "--encoding shift_jis")
case("EUC-JP as Shift_JIS", tree({"Leads.csv": "Id,氏名\n1,高橋\n".encode("euc-jp")}), 0, "euc-jp", "in", "--encoding", "shift_jis")
case("an encoding for one file", tree({"Leads.csv": "Id,名\n1,高橋\n".encode("cp932"), "Deals.csv": "Id,名\n1,高\n".encode()}),
     0, "Leads: 1 rows", "in", "--encoding", "Leads.csv=shift_jis")
sys.exit(f"{len(failures)} failed: {failures}" if failures else 0)
