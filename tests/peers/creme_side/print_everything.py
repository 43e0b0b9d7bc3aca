"""Prints the SHA-256 of every record of every model, and of every document's file: one JSON line for each. Runs in Creme's environment."""

import hashlib
import json

from common import models
from django.db.models import BinaryField

from creme.documents.models import Document


def digest(bytes):
    return hashlib.sha256(bytes).hexdigest()


def text(field, record):
    """A value as Creme's own exports have it."""
    value = field.value_from_object(record)
    if value is None or isinstance(field, BinaryField):
        return repr(value and bytes(value))
    return json.dumps(field.value_to_string(record), sort_keys=True, default=str)


for model in models():
    for record in model._base_manager.order_by("pk").iterator():
        values = [text(field, record) for field in model._meta.concrete_fields]
        print(json.dumps([model._meta.db_table, str(record.pk), digest(repr(values).encode())]))
for document in Document.objects.order_by("id"):
    storage, path = document.filedata.storage, document.filedata.name
    print(json.dumps(["file", str(document.id), digest(storage.open(path).read()) if storage.exists(path) else None]))
