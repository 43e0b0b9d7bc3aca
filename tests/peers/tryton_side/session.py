"""Opens Tryton's own client library, proteus, on the database. Runs in Tryton's environment."""

import os

from proteus import Model, config


def begin():
    """Logs in as the administrator. Inside a company, if there is one."""
    opened = config.set_trytond(database=os.environ["DATABASE"], config_file=os.environ["TRYTOND_CONFIG"])
    opened._context = Model.get("res.user").get_preferences(True, {})
    return opened
