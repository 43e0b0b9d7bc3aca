"""Gives every document its file again: the kept database comes without them. Prints where Creme keeps them. Runs in Creme's environment."""

import random

import common  # noqa: F401, the setup comes before Creme's models
from django.conf import settings
from django.core.files.base import ContentFile

from creme.documents.models import Document

random.seed(18)
for document in Document.objects.order_by("id"):
    storage, path = document.filedata.storage, document.filedata.name
    bytes = random.randbytes(random.randrange(100_000))
    if not storage.exists(path) and storage.save(path, ContentFile(bytes)) != path:
        raise SystemExit(f"{path} was saved under another name")
print(settings.MEDIA_ROOT)
