#!/usr/bin/env bash
# Imports the Northwind data set, backs it up, verifies it, imports the backup into a second organisation, and backs that up: both backups
# hold the same files.
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
# The escaping is undone by docs/csv/undo.py; the original is rewritten in the same format.
plain='import csv; csv.writer(open(1, "w", encoding="utf-8", newline="")).writerows(csv.reader(open(0, encoding="utf-8", newline="")))'
for original in "$work"/csv/*.csv; do
  cmp <(python3 -c "$plain" < "$original") <(python3 ../../docs/csv/undo.py < "$work/a/0/${original##*/}")
done
echo "Northwind: the same after backup, import and backup."
