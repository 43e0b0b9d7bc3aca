"""Prints what Creme calls its tables: one JSON line for each model that has a name of its own. Runs in Creme's environment."""

import json

import django

django.setup()

from django.apps import apps
from django.utils import translation
from django.utils.text import camel_case_to_spaces

from creme.creme_core.models import CremeEntity

translation.activate("en")
for model in apps.get_models():
    options = model._meta
    if str(options.verbose_name_plural) != camel_case_to_spaces(options.object_name) + "s" and options.app_label.split(".")[0] != "auth":
        is_entity = issubclass(model, CremeEntity) and model is not CremeEntity
        print(json.dumps([options.db_table, str(options.verbose_name_plural), is_entity]))
