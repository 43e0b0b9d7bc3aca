"""Prints contacts, organisations and opportunities as Creme's models have them: one JSON line for each. Runs in Creme's environment."""

import datetime
import json

import django

django.setup()

from creme.opportunities.models import Opportunity
from creme.persons.models import Contact, Organisation


def text(value):
    """A value as a text that does not depend on the database."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return None if value is None else str(value)


for model in (Contact, Organisation, Opportunity):
    for record in model.objects.order_by("id").iterator():
        fields = {f"{field.model._meta.db_table}.{field.column}": text(field.value_from_object(record)) for field in model._meta.concrete_fields}
        print(json.dumps([model._meta.db_table, fields]))
