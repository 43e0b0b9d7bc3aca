#!/usr/bin/env bash
# Northwind, a data set that none of us made: imported, backed up, verified, imported into a second organisation, backed up again; both
# backups hold the same files.
set -euo pipefail
cd "$(dirname "$0")"
hozon=$(cd ../.. && pwd)/target/debug/hozon
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { "$hozon" --data "$work/data" --port 0 "$@"; }

mkdir "$work/csv"
node northwind_csv.mjs "$work/csv"
run import "$work/csv" --org Northwind
run backup --org Northwind | grep -o '/.*\.zip  ' | tr -d ' ' > "$work/first"
mapfile -t first < "$work/first"
run verify "${first[@]}"
run import "${first[@]}" --org "Northwind again"
run backup --org "Northwind again" | grep -o '/.*\.zip  ' | tr -d ' ' > "$work/second"
mapfile -t second < "$work/second"
for number in 0 1; do
  mkdir -p "$work/a/$number" "$work/b/$number"
  unzip -q "${first[$number]}" -d "$work/a/$number" -x manifest.json
  unzip -q "${second[$number]}" -d "$work/b/$number" -x manifest.json
done
diff -r "$work/a" "$work/b"
python3 - "$work/csv" "$work/a/0" <<'PY'
import csv, pathlib, sys
for original in sorted(pathlib.Path(sys.argv[1]).glob("*.csv")):
    backed_up = pathlib.Path(sys.argv[2], original.name)
    read = lambda path, encoding: list(csv.reader(open(path, encoding=encoding, newline="")))
    ours = [[cell[1:] if cell[:1] == "'" and cell[1:2] in "=+-@" and len(cell) > 1 else cell for cell in row] for row in read(backed_up, "utf-8-sig")]
    assert ours == read(original, "utf-8"), original.name
PY
echo "Northwind: the same after backup, import and backup."
