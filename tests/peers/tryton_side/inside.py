"""Opens Tryton's server side, on which its clients and assistants rest: all models, and reading and writing them without regard to rights. Runs in Tryton's environment."""

import contextlib
import os

from trytond.config import config

config.update_etc(os.environ["TRYTOND_CONFIG"])

from trytond.model import ModelSQL, fields  # noqa: E402, the settings come before the models
from trytond.pool import Pool  # noqa: E402
from trytond.transaction import Transaction  # noqa: E402

DATABASE = os.environ["DATABASE"]
# What backups with Tryton's profile leave out.
OMITTED = {"ir.session", "ir.session.wizard", "ir.cache", "ir.queue", "ir.avatar.cache", "ir.cron.log", "res.user.login.attempt", "company.company.logo.cache", "ir.filestore.queue", "ir.email"}


@contextlib.contextmanager
def transaction(readonly=False):
    """Everything in it is one transaction of an administrator who sees inactive records, too."""
    with Transaction().start(DATABASE, 1, readonly=readonly, context={"active_test": False, "_check_access": False}) as opened:
        yield opened


def models():
    """All models with a table of their own, by name."""
    pool = Pool(DATABASE)
    if not pool.classes.get("model"):
        pool.init()
    known = {name: model for name, model in pool.iterobject(type="model") if issubclass(model, ModelSQL) and not has_query(model)}
    return {name: known[name] for name in sorted(known.keys() - OMITTED)}


def has_query(model):
    return callable(getattr(model, "table_query", None))


def stored(model):
    """Names of the fields that have a column."""
    computed = (fields.Function, fields.One2Many, fields.Many2Many)
    return sorted(name for name, field in model._fields.items() if not isinstance(field, computed) and not isinstance(field, fields.MultiValue))
