"""Deletes and garbles 5% of the records of all models with Creme's own models, files included, and adds newer ones. Prints a summary as JSON. Runs in Creme's environment."""

import collections
import json
import random

from common import models
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import Error, models as fields
from django.db.transaction import atomic

from creme.creme_core.models import CremeUser
from creme.creme_core.views.file_handling import handle_uploaded_file
from creme.documents.models import Document
from creme.persons.models import Contact

SHARE = 20
NEWER = 25
# Everything refers to the kinds of records: Creme does not start without them, and deleting one deletes all records of its kind.
SPARED = {ContentType}
random.seed(18)
done = collections.Counter()


def attempt(kind, work):
    """Does what Creme and the database allow. Returns whether they did."""
    try:
        with atomic():
            changed = work()
    except Error:
        done[f"{kind}, refused"] += 1
        return False
    done[kind] += changed
    return changed > 0


def without_file(document):
    document.filedata.storage.delete(document.filedata.name)


def delete(model, key):
    found = model._base_manager.filter(pk=key)
    documents = list(found) if model is Document else []
    if attempt("deleted", lambda: found.delete()[0]):
        for document in documents:
            without_file(document)


def garbled(field, value, key):
    """Another value of a field; the same one if it has no other."""
    if field.choices:
        return value
    if isinstance(field, (fields.CharField, fields.TextField)):
        return f"garbled {key}"[: field.max_length or 100]
    if isinstance(field, fields.BooleanField):
        return not value
    if isinstance(field, fields.IntegerField):
        return (value or 0) + 1
    return None if field.null else value


def garble(model, key):
    own = [field for field in model._meta.local_concrete_fields if not (field.primary_key or field.unique)]
    own.sort(key=lambda field: not isinstance(field, (fields.CharField, fields.TextField)) or isinstance(field, fields.FileField))
    found = model._base_manager.filter(pk=key)
    for field in own:
        if isinstance(field, (fields.FileField, fields.ForeignKey)):
            continue
        before = found.values_list(field.attname, flat=True).first()
        after = garbled(field, before, key)
        if after != before and attempt("garbled", lambda: found.update(**{field.attname: after})):
            return


def garble_files():
    """Of the documents that are left, some files get other bytes, and some are gone."""
    left = list(Document.objects.order_by("id"))
    for number, document in enumerate(random.sample(left, max(2, len(left) // SHARE) * 2)):
        storage, path = document.filedata.storage, document.filedata.name
        if number % 2:
            without_file(document)
        else:
            with storage.open(path, "wb") as file:
                file.write(b"garbled")
        done["files gone" if number % 2 else "files garbled"] += 1


def add_newer():
    user = CremeUser.objects.order_by("id").first()
    for number in range(NEWER):
        Contact.objects.create(user=user, last_name=f"新しい {number}")
    path = handle_uploaded_file(ContentFile(b"newer", name="newer.pdf"), path=["documents"], max_length=100)
    Document.objects.create(user=user, title="newer", filedata=path, linked_folder=Document.objects.first().linked_folder)
    done["newer"] += NEWER + 1


touched = set()
for model in models():
    keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
    if model in SPARED or len(keys) < SHARE:
        continue
    chosen = random.sample(keys, max(2, len(keys) // SHARE))
    before = done["deleted"] + done["garbled"]
    for number, key in enumerate(chosen):
        (delete if number % 2 else garble)(model, key)
    if done["deleted"] + done["garbled"] > before:
        touched.add(model._meta.db_table)
garble_files()
add_newer()
print(json.dumps({**done, "tables": len(touched)}))
