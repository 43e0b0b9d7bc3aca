"""Deletes and garbles 5% of the records of all models with Tryton's own models, files included, and adds newer ones through proteus. Prints a summary as JSON. Runs in Tryton's
environment. Its argument is the folder of the file store."""

import collections
import json
import pathlib
import random
import sys

import psycopg
from inside import fields, models, stored, transaction
from session import begin
from trytond.exceptions import TrytonException

from proteus import Model

SHARE = 20
NEWER = 25
# Tryton itself is made of these: it does not start without its own models, fields, views and modules.
SPARED = ("ir.", "res.")
NOT_SPARED = ("ir.attachment", "ir.note", "ir.translation", "ir.message")
GARBLED = (fields.Char, fields.Text, fields.Boolean, fields.Integer, fields.Float, fields.Numeric)
random.seed(18)
done = collections.Counter()


def attempt(kind, work):
    """Does what Tryton and the database allow, in a transaction of its own. Returns whether they did."""
    try:
        with transaction():
            work()
    except (TrytonException, psycopg.Error):
        done[f"{kind}, refused"] += 1
        return False
    done[kind] += 1
    return True


def another(field, value, key):
    """Another value of a field; the same one if it has no other."""
    if isinstance(field, (fields.Char, fields.Text)):
        return f"garbled {key}"[: getattr(field, "size", None) or 100]
    if isinstance(field, fields.Boolean):
        return not value
    return type(value)((value or 0) + 1) if value is not None else 1


def garble(model, key):
    names = [name for name in stored(model) if isinstance(model._fields[name], GARBLED) and name not in ("id", "active", "name_attachment")]
    names.sort(key=lambda name: not isinstance(model._fields[name], (fields.Char, fields.Text)))
    for name in names:
        def write(name=name):
            record = model(key)
            before = getattr(record, name)
            after = another(model._fields[name], before, key)
            if after == before:
                raise TrytonException("no other value")
            model.write([record], {name: after})
        if attempt("garbled", write):
            return


def damage(known):
    touched = set()
    for name, model in known.items():
        if name.startswith(SPARED) and name not in NOT_SPARED:
            continue
        with transaction(readonly=True):
            keys = [record.id for record in model.search([], order=[("id", "ASC")])]
        if len(keys) < SHARE:
            continue
        before = done["deleted"] + done["garbled"]
        for number, key in enumerate(random.sample(keys, max(2, len(keys) // SHARE))):
            if number % 2:
                attempt("deleted", lambda model=model, key=key: model.delete([model(key)]))
            else:
                garble(model, key)
        if done["deleted"] + done["garbled"] > before:
            touched.add(name)
    return touched


def damage_files(known, folder):
    """Of the files in the folder that are left, some get other bytes, and some are gone. Of those in the database, some get other bytes."""
    with transaction(readonly=True):
        left = known["ir.attachment"].search([("type", "=", "data")], order=[("id", "ASC")])
        places = sorted({file.file_id for file in left if file.file_id})
        inside = [file.id for file in left if not file.file_id]
    for number, place in enumerate(random.sample(places, max(4, len(places) // SHARE * 2))):
        path = folder / place[0:2] / place[2:4] / place
        if number % 2:
            path.unlink()
        else:
            path.write_bytes(b"garbled")
        done["files gone" if number % 2 else "files garbled"] += 1
    for key in random.sample(inside, 3):
        with transaction() as opened:
            opened.connection.cursor().execute("update ir_attachment set data = %s where id = %s", (b"garbled", key))
        done["files garbled"] += 1


def add_newer():
    begin()
    parties = []
    for number in range(NEWER):
        party = Model.get("party.party")(name=f"新しい {number}")
        party.addresses[0].city = "新宿区"
        parties.append(party)
    Model.get("party.party").save(parties)
    Model.get("ir.attachment")(name="newer.pdf", type="data", data=b"newer", resource=parties[0]).save()
    done["newer"] += NEWER + 1


known = models()
touched = damage(known)
damage_files(known, pathlib.Path(sys.argv[1]))
add_newer()
print(json.dumps({**done, "models": len(touched)}))
