"""Recomputes, with python-dateutil and zoneinfo, the occurrences given as JSON lines on standard input."""

import collections
import datetime
import json
import sys
import zoneinfo

from dateutil.rrule import MO, MONTHLY, WEEKLY, rrule, weekday

DAYS = {name: number for number, name in enumerate(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])}


def dates(rule, first, until):
    """The rule's dates by dateutil. It has no fallback for short months, so their last day comes by BYSETPOS."""
    parts = dict(part.split("=") for part in rule.removeprefix("RRULE:").split(";"))
    how = {"interval": int(parts["INTERVAL"]), "dtstart": first, "until": until, "wkst": MO}
    if "BYMONTHDAY" in parts:
        date = int(parts["BYMONTHDAY"])
        how |= {"bymonthday": range(min(date, 28), date + 1), "bysetpos": -1}
    else:
        day, nth = DAYS[parts["BYDAY"][-2:]], parts["BYDAY"][:-2]
        how |= {"byweekday": weekday(day, int(nth)) if nth else weekday(day)}
    return rrule(WEEKLY if parts["FREQ"] == "WEEKLY" else MONTHLY, **how)


def instant(local, zone):
    """The first of two instants; at a skipped time the offset before it, which is the meaning of fold=0 (PEP 495)."""
    return int(local.replace(tzinfo=zone, fold=0).timestamp())


rules, occurrences, skipped, repeated = collections.Counter(), 0, 0, 0
for line in sys.stdin:
    given = json.loads(line)
    zone = zoneinfo.ZoneInfo(given["zone"])
    time = datetime.time.fromisoformat(given["time"])
    first = datetime.datetime.combine(datetime.date.fromisoformat(given["first"]), time)
    last = datetime.datetime.fromtimestamp(given["occurrences"][-1] + 2 * 86_400, zone).replace(tzinfo=None)
    counted = [(local, instant(local, zone)) for local in dates(given["rule"], first, last)]
    wanted = [at for _, at in counted if at <= given["occurrences"][-1]]
    if wanted != given["occurrences"]:
        wrong = next(pair for pair in zip(wanted, given["occurrences"]) if pair[0] != pair[1])
        sys.exit(f"{given['rule']} {given['zone']} {given['time']} from {given['first']}: dateutil {wrong[0]}, we {wrong[1]}")
    rules[given["zone"]] += 1
    occurrences += len(wanted)
    for local, at in counted:
        skipped += datetime.datetime.fromtimestamp(at, zone).replace(tzinfo=None, fold=0) != local
        repeated += local.replace(tzinfo=zone).utcoffset() > local.replace(tzinfo=zone, fold=1).utcoffset()

if len(rules) != 8 or not skipped or not repeated:
    sys.exit(f"too little was compared: {rules}, {skipped} skipped, {repeated} repeated")
print(f"{sum(rules.values())} rules in {len(rules)} zones, {occurrences} occurrences, {skipped} at a skipped time, {repeated} at a repeated one: as dateutil has them.")
