"""What scripts in Creme's environment share: Creme's models, and its files."""

import django

django.setup()

from django.apps import apps

# Locks, sessions and lists of recent records, which backups of Creme leave out.
OMITTED = {"django_session", "creme_core_mutex", "creme_core_lastviewedentity"}


def models():
    """All models that have a table of their own, relations between others included."""
    known = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy}
    return [known[table] for table in sorted(known.keys() - OMITTED)]
