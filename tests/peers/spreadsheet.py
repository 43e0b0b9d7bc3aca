"""LibreOffice opens and saves the CSV files of a backup; the saved files are imported, and nothing differs.

1,200 nasty cells, the same in every run, in text fields; typed fields of the sample. Our own undo and those in docs/csv agree on all.
"""

import csv
import io
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOZON = ROOT / "target/debug/hozon"
sys.path.insert(0, str(ROOT / "docs/csv"))
from undo import undo  # noqa: E402

csv.field_size_limit(1 << 30)
KNOWN = [
    "4876876000000000001", "+819012345678", "0000037", "1e5", "1E5", "12E4", "1.50", "1.5", "1200.5", "-5", "-0", "0", "1-2", "1/2", "1 1/2", "2026-11-26",
    "2026-001", "100-0001", "03-1234-5678", "0120-123-456", "(03) 1234-5678", "03 1234 5678", "2026-11-26T04:00:00Z", "2026-11-26 04:00:05", "11/26/2026 4:30 PM",
    "12:30", "3 p", "Mar 5", "5. März 2026", "5 de mayo de 2026", "2026年11月26日", "令和8年11月26日", "R8.11.26", "午後3時", "TRUE", "true", "FALSE", "Falsch", "WAHR",
    "ＴＲＵＥ", "#N/A", "#n/a", "5%", "7.125%", "$5", "￥100", "¥100", "10円", "EUR 5", "5 €", "(5)", "5-", "1,234", "1.234", "1.234,50", "1'234", "1 234", "1\u00a0234", " 1",
    "1 ", "\u00a01", "\u30001", "１２３", "１Ｅ５", "٣٤", "−5", "\x1c5", "\u200b5", "=1+1", "=A1", "@SUM(A1)", "+81-3-1234-5678", "-1-1", "＝1", "'=1", "''=1", "'", "''", "'90s",
    "'0037", "'\x1d+1", "\x1d+1", "\t=1", "\r", "\n", "\r\n", "a\rb", "a\r\nb", "a\n\rb", "a\nb\n", "a\0b", "\0", "␍", "␀", "␛", "=␍", "'␛␍\r", '"', '""', '"x', "a;b",
    "a\tb", "a,b", "\ufeffx", "\ufffe", "1e400", "1e-320", "123456789012", "12345678901", "0.1", "0.10", "0.512", ".5", "5.", "1_000", "0x1F", "1d5", "INF", "NaN", "Jan-26", "26.11.",
    "1:2:3", "24:00", "1h", "T5", "R8", "A-1", "Sakura", "見積書 3", "x ", " x", "  ", "😀", "e\u0301", "\u202eabc", "192.168.0.1", "1.2.3", "2026/11", "11.2026", "1.10",
]
PARTS = [
    "0", "1", "7", "12", "26", "2026", "00", "0.5", "1234567890", "１", "٣", "+", "-", "=", "@", "＝", "/", ":", ".", ",", " ", "  ", "%", "e", "E", "(", ")", "$", "¥", "￥", "€", "'", "’",
    '"', ";", "\t", "\r", "\n", "\r\n", "\0", "\x1c", "\x1d", "\x85", "\u00a0", "\u3000", "\u2028", "\u200b", "\ufeff", "␀", "␍", "␛", "年", "月", "日", "時", "令和", "円", "AM", "pm", "Mar",
    "March", "May", "Mai", "Okt", "Sun", "TRUE", "false", "T", "Z", "#N/A", "x", "あ", "\\", "_", "−", "–", "½", "①", "H", "USD",
]
# As LibreOffice opens a file by default, and with detection of special numbers, in four languages.
WAYS = {"plain": "44,34,76", **{name: f"44,34,76,1,,{code},false,true" for name, code in {"en": 1033, "ja": 1041, "de": 1031, "fr": 1036}.items()}}


def nasty_cells(count=1200):
    chance = random.Random(13)
    made = ["".join(chance.choices(PARTS, k=chance.randint(1, 6))) for _ in range(count - len(KNOWN))]
    return KNOWN + made


def hozon(data, *arguments):
    ran = subprocess.run([HOZON, "--data", data, "--port", "0", *arguments], capture_output=True, text=True, cwd=data.parent)
    if ran.returncode:
        sys.exit(f"hozon {arguments}: {ran.stdout}{ran.stderr}")
    return ran.stdout


def back_up(data, organisation):
    out = hozon(data, "backup", "--org", organisation)
    return Path(re.search(r"^  (.*Data_001\.zip) ", out, re.M)[1])


def table(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def save_again(folder, way, files):
    """Opens the files in LibreOffice and saves them as CSV; returns their bytes by name."""
    out = folder / f"saved-{way}"
    ran = subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile-{way}", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76",
         f"--infilter=CSV:{WAYS[way]}", "--outdir", out, *files], capture_output=True, text=True, timeout=240)
    saved = {file.name: out / file.name for file in files}
    if not all(path.exists() for path in saved.values()):
        sys.exit(f"LibreOffice ({way}): {ran.stdout}{ran.stderr}")
    return {name: path.read_bytes() for name, path in saved.items()}


def equal(kind, one, other):
    if one == other:
        return True
    if kind in ("currency", "double", "integer", "percent"):
        number = lambda text: float(text.replace(",", "").rstrip("%")) / (100 if text.endswith("%") else 1)
        return number(one) == number(other)
    return kind == "boolean" and one.lower() == other.lower()


def unzip(zip_path, folder):
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(folder)
        return json.loads(archive.read("manifest.json"))


def compare_undos(manifest, written):
    """docs/csv/undo.py, docs/csv/undo.mjs and the manifest's rule give the same for each written cell."""
    rule = manifest["csv"]["undo"]
    mark, sign = re.compile(rule["mark"]), re.compile(rule["sign"])
    by_rule = lambda cell: sign.sub(lambda m: rule["stands_for"][m[0]], mark.sub("", cell, count=1)) if mark.search(cell) else cell
    cells = [undo(cell) for cell in written]
    assert cells == [by_rule(cell) for cell in written], "docs/csv/undo.py is not the manifest's rule"
    script = f"import {{ undo }} from {json.dumps((ROOT / 'docs/csv/undo.mjs').as_uri())}; console.log(JSON.stringify(JSON.parse(process.argv[1]).map(undo)))"
    ran = subprocess.run(["node", "--input-type=module", "-e", script, "--", json.dumps(written)], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == cells, "docs/csv/undo.mjs is not docs/csv/undo.py"
    for vector in rule["vectors"]:
        assert undo(vector["written"]) == vector["cell"], vector
    return cells


def whole_files(path):
    """Both programs read the whole file and agree."""
    commands = [[sys.executable, ROOT / "docs/csv/undo.py"], ["node", ROOT / "docs/csv/undo.mjs"]]
    python, node = (subprocess.run(command, stdin=path.open("rb"), capture_output=True, check=True).stdout for command in commands)
    assert table(python) == table(node), path
    return table(python)


def nasty(folder):
    cells = nasty_cells()
    rows = [[str(number), *cells[number * 10 : number * 10 + 10]] for number in range(len(cells) // 10)]
    header = ["Id", *(f"Cell{n}" for n in range(10))]
    given = folder / "given"
    given.mkdir()
    with open(given / "Leads.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    data = folder / "data"
    hozon(data, "import", given, "--org", "First")
    first = folder / "first"
    manifest = unzip(back_up(data, "First"), first)
    written = table((first / "Leads.csv").read_bytes())
    undone = compare_undos(manifest, [cell for row in written for cell in row])
    assert undone == [cell for row in [header, *rows] for cell in row], "a cell does not come back from its own file"
    assert whole_files(first / "Leads.csv") == [header, *rows]
    with ThreadPoolExecutor(2) as pool:
        saved = dict(zip(WAYS, pool.map(lambda way: save_again(folder, way, [first / "Leads.csv"])["Leads.csv"], WAYS)))
    for way, content in saved.items():
        differences = [(cell, undo(back)) for row, again in zip([header, *rows], table(content), strict=True) for cell, back in zip(row, again, strict=True) if undo(back) != cell]
        if differences:
            sys.exit(f"LibreOffice ({way}) changed {len(differences)} of {len(cells)} cells: {differences[:20]!r}")
        print(f"LibreOffice ({way}) saved {len(cells)} nasty cells: 0 differ", flush=True)
    (first / "Leads.csv").write_bytes(saved["ja"])
    hozon(data, "import", "--edited", first, "--org", "Second")
    second = unzip(back_up(data, "Second"), folder / "second")
    again = table((folder / "second/Leads.csv").read_bytes())
    assert again == written, "what LibreOffice saved and hozon imported is not what was backed up"
    print(f"imported again and backed up: {second['files'][0]['rows']} rows, 0 differ", flush=True)


def typed(folder):
    """The sample's typed fields come back equal in value, everything else in bytes."""
    out = hozon(folder / "sample", "demo", "--once")
    manifest = unzip(Path(re.search(r"^  (.*Data_001\.zip) ", out, re.M)[1]), folder / "sampled")
    modules = {record["path"]: record["module"] for record in manifest["files"] if "rows" in record}
    saved = save_again(folder, "en", [folder / "sampled" / path for path in modules])
    compared, values = 0, 0
    for path, module in modules.items():
        fields = json.loads((folder / f"sampled/fields/{module}.json").read_text())["fields"]
        kinds = {field["api_name"]: field["data_type"] for field in fields}
        before, after = table((folder / "sampled" / path).read_bytes()), table(saved[path])
        for row, again in zip(before, after, strict=True):
            for name, cell, back in zip(before[0], row, again, strict=True):
                assert equal(kinds[name], undo(cell), undo(back)), f"{module}.{name}: {cell!r} -> {back!r}"
                compared, values = compared + 1, values + (cell != back)
        ids = {row[0] for row in after[1:]}
        assert len(ids) == len(after) - 1, f"{module}: {len(ids)} distinct ids in {len(after) - 1} rows"
    print(f"the sample's {compared} cells: {values} come back in other digits and equal in value, the others in bytes", flush=True)


if shutil.which("soffice") is None:
    sys.exit("soffice is not installed")

with tempfile.TemporaryDirectory() as place:
    nasty(Path(place))
    typed(Path(place))
