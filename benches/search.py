#!/usr/bin/env python3
"""Measures searches and pages of one module of a backup, over HTTP against the local program.

    cargo build --release --bin hozon
    benches/search.py target/release/hozon [ROWS]

It imports ROWS (1,000,000) rows of eight fields in Japanese and English, backs them up, and calls the API.
"""

import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

SURNAMES = ["佐藤", "鈴木", "高橋", "田中", "渡辺", "伊藤", "山本", "中村", "小林", "加藤", "Smith", "Miller", "Garcia", "Tanaka"]
WORDS = ["見積書", "契約", "更新", "電話", "次回", "訪問", "資料", "送付", "meeting", "contract", "renewal", "invoice", "ＦＡＸ", "ﾒｰﾙ"]
COMPANIES = ["株式会社サクラ商事", "（株）青空物流", "Acme Trading K.K.", "有限会社みどり", "Globex", "東西電機株式会社"]


def write(path, rows):
    """Writes rows in the order of their ids. One in 10,000 has a rare word, and the last has one of its own."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("Id,Last_Name,Company,Phone,Email,City,Amount,Description\r\n")
        for row in range(rows):
            name = chance.choice(SURNAMES)
            words = " ".join(chance.choice(WORDS) for _ in range(18)) + (" くじら" if row % 10_000 == 9_999 else "") + (" unicorn" if row == rows - 1 else "")
            file.write(f"{4876876000000000000 + row},{name} {row},{chance.choice(COMPANIES)},03-{chance.randrange(10**8):08d},"
                       f"user{row}@example.com,{chance.choice(['東京都', '大阪府', 'Sapporo'])},{chance.randrange(10**7)},{words}\r\n")
    return path.stat().st_size


def main():
    hozon, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        size = write(folder / "Leads.csv", rows)
        data = folder / "data"
        run(hozon, "import", "--data", data, "--org", "Search", folder / "Leads.csv")
        serve = subprocess.Popen([hozon, "serve", "--data", data, "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            measure(hozon, data, serve, rows, size)
        finally:
            serve.terminate()
            serve.wait()


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def measure(hozon, data, serve, rows, size):
    url = next(found[0] for line in serve.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
    token = run(hozon, "token", "--data", data, "--org", "Search").strip()

    def call(method, path):
        request = urllib.request.Request(f"{url}/crm/bulk/v8/backup{path}", method=method, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    id = call("POST", "")["backup"]["details"]["id"]
    while call("GET", "/summary")["summary"]["backup"]["status"] == "INPROGRESS":
        time.sleep(1)
    print(f"{rows:,} rows, {size / 1e6:.0f} MB of CSV")
    searches = {f"search {words}": f"/{id}/search?words={urllib.parse.quote(words)}" for words in ("電話", "くじら", "unicorn", "meeting くじら", "nothing", "サクラ 佐藤 unicorn")}
    pages = {"first page of records": f"/{id}/modules/Leads/records", "the same again": f"/{id}/modules/Leads/records",
             "one record": f"/{id}/modules/Leads/records/{4876876000000000000 + rows // 2}"}
    for name, path in (searches | pages).items():
        times, first = [], None
        for _ in range(3):
            began = time.monotonic()
            found = call("GET", path)
            times.append(time.monotonic() - began)
        info = found.get("info", {})
        print(f"{name:<24} {min(times):6.2f} {sorted(times)[1]:6.2f} {max(times):6.2f} s   {info.get('count', '')} {info.get('blocks_searched', '')}/{info.get('blocks', '')}")


if __name__ == "__main__":
    main()
