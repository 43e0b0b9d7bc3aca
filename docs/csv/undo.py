"""Undoes the escaping of a CSV file of a backup: python undo.py < Leads.csv > plain.csv"""

import csv
import re
import sys

SIGN = re.compile("\u241b[\u2400\u240d\u241b]|[\u2400\u240d]")
STANDS_FOR = {"\u2400": "\0", "\u240d": "\r"}


def undo(written):
    if not written.startswith("'"):
        return written
    return SIGN.sub(lambda sign: STANDS_FOR.get(sign[0], sign[0][-1]), written[1:])


if __name__ == "__main__":
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(open(0, encoding="utf-8-sig", newline=""), strict=True)
    csv.writer(open(1, "w", encoding="utf-8", newline="")).writerows([undo(cell) for cell in row] for row in rows)
