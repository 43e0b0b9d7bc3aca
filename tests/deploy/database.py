"""The PostgreSQL server of stories whose organisations have connected a database."""

import functools
import sys

from stack import ROOT

sys.path.append(str(ROOT / "tests/servers"))
from postgres import Database


@functools.cache
def database():
    """The server that all stories share, started with the first; each has a schema of its own."""
    return Database()
