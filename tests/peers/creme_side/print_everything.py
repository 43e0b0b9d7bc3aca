"""Prints the SHA-256 of every record of every model, and of every document's file: one JSON line for each. Runs in Creme's environment."""

import hashlib
import json

from common import models

from creme.documents.models import Document


def digest(bytes):
    return hashlib.sha256(bytes).hexdigest()


def plain(value):
    """What JSON has no form for."""
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else str(value)


for model in models():
    names = [field.attname for field in model._meta.concrete_fields]
    for key, *values in model._base_manager.order_by("pk").values_list("pk", *names).iterator():
        print(json.dumps([model._meta.db_table, str(key), digest(json.dumps(values, default=plain, sort_keys=True).encode())]))
for document in Document.objects.order_by("id"):
    storage, path = document.filedata.storage, document.filedata.name
    print(json.dumps(["file", str(document.id), digest(storage.open(path).read()) if storage.exists(path) else None]))
