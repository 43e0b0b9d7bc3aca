"""Prints the SHA-256 of every record of every model, and of every attached file, as Tryton reads them: one JSON line for each. Runs in Tryton's environment."""

import hashlib
import json

from inside import models, stored, transaction


def digest(bytes):
    return hashlib.sha256(bytes).hexdigest()


def plain(value):
    """What JSON has no form for."""
    return bytes(value).hex() if isinstance(value, (bytes, bytearray, memoryview)) else str(value)


def ids_of(model, opened):
    """Ids of the rows. Tryton itself shows settings that were never saved as a record."""
    table, cursor = model.__table__(), opened.connection.cursor()
    cursor.execute(*table.select(table.id, order_by=table.id))
    return [id for id, in cursor.fetchall()]


known = models()
with transaction(readonly=True) as opened:
    for name, model in known.items():
        names = [field for field in stored(model) if (name, field) != ("ir.attachment", "data")]
        ids = ids_of(model, opened)
        for values in sorted(model.read(ids, names) if ids else [], key=lambda values: values["id"]):
            print(json.dumps([name, str(values["id"]), digest(json.dumps(values, default=plain, sort_keys=True).encode())]))
    attachment = known["ir.attachment"]
    for file in attachment.search([("type", "=", "data")], order=[("id", "ASC")]):
        try:
            print(json.dumps(["file", str(file.id), digest(bytes(file.data)) if file.data is not None else None]))
        except OSError:
            print(json.dumps(["file", str(file.id), None]))
