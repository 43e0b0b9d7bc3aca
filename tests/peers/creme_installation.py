"""An installation of Creme CRM on a database server of its own, filled with records by Creme's own tools. The filled databases are kept in target/creme."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from moving import moving_amounts

ROOT = pathlib.Path(__file__).parents[2]
PYTHON = ROOT / "target/venv-creme/bin/python"
SCRIPTS = ROOT / "tests/peers/creme_side"
KEPT = ROOT / "target/creme"
USER, PASSWORD = "creme", "creme"
SUM = """
import django
django.setup()
from django.db.models import Sum
from creme.opportunities.models import Opportunity
print(Opportunity.objects.aggregate(sum=Sum("estimated_sales"))["sum"])
"""
# Amounts that are moved before anything is compared.
MOVES_BEFORE = 50

# Django asks for mysqlclient, which has to be compiled; PyMySQL has the same interface.
DRIVERS = {"mysql": """
import pymysql
pymysql.version_info = (2, 2, 7, "final", 0)
pymysql.install_as_MySQLdb()
"""}
# Without the first line Creme takes SQLite and says nothing.
SETTINGS = "\nfrom .local_settings import *\n"
LOCAL_SETTINGS = """
TIME_ZONE = "Asia/Tokyo"
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.{engine}", "HOST": "127.0.0.1", "PORT": {port}, "NAME": "crm", "USER": "{user}", "PASSWORD": "{password}",
}}}}
"""


class Creme:
    """A Creme project in a temporary folder, and its database on a server. `engine` is Django's name for the kind of server."""

    def __init__(self, server, engine):
        begun = time.monotonic()
        self.server, self.engine = server, engine
        self.server.own(USER, PASSWORD)
        self.folder = tempfile.TemporaryDirectory(prefix="hozon-creme-")
        self.make_project()
        dump = KEPT / f"{engine}-{self.key()}.dump"
        self.was_kept = dump.exists()
        if self.was_kept:
            self.server.load(dump, USER, PASSWORD)
        else:
            self.fill()
            self.keep(dump)
        self.server.analyze()
        self.seconds = time.monotonic() - begun

    def make_project(self):
        self.management("creme_start_project", "crm", settings="creme.settings", cwd=self.folder.name)
        self.project = pathlib.Path(self.folder.name) / "crm"
        with open(self.project / "crm/settings.py", "a") as file:
            file.write(SETTINGS)
        with open(self.project / "crm/local_settings.py", "a") as file:
            file.write(DRIVERS.get(self.engine, "") + LOCAL_SETTINGS.format(engine=self.engine, port=self.server.port, user=USER, password=PASSWORD))

    def command(self, *arguments, settings="crm.settings", cwd=None):
        """Arguments for a process in Creme's environment."""
        environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": settings, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}
        cwd = cwd or self.project
        return {"args": [PYTHON, *arguments], "cwd": cwd, "env": environment | {"PYTHONPATH": str(cwd)}, "text": True}

    def run(self, *arguments, **how):
        done = subprocess.run(**self.command(*arguments, **how), capture_output=True)
        if done.returncode:
            sys.exit(f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def management(self, *arguments, **how):
        return self.run("-m", "creme.manage", *arguments, **how)

    def script(self, name):
        return self.run(SCRIPTS / name)

    def moving_amounts(self):
        """Moves amounts between opportunities meanwhile. Yields a list, to which the number of moves is added at the end."""
        return moving_amounts(self.command(SCRIPTS / "move_amounts.py"), pathlib.Path(self.folder.name) / "moving.log", MOVES_BEFORE)

    def key(self):
        """Names all that the kept database depends on."""
        packages = subprocess.run([PYTHON, "-m", "pip", "freeze"], check=True, capture_output=True).stdout
        server = self.server.version().encode()
        parts = [packages, server, (SCRIPTS / "fill.py").read_bytes(), pathlib.Path(__file__).read_bytes()]
        return hashlib.sha256(json.dumps([hashlib.sha256(part).hexdigest() for part in parts]).encode()).hexdigest()[:16]

    def fill(self):
        self.management("migrate", "--verbosity", "0")
        self.management("creme_populate", "--verbosity", "0")
        self.script("fill.py")

    def keep(self, dump):
        KEPT.mkdir(exist_ok=True)
        for earlier in KEPT.glob(f"{self.engine}-*"):
            earlier.unlink()
        unfinished = dump.with_suffix(f".{os.getpid()}")
        self.server.dump(unfinished)
        unfinished.rename(dump)

    def sum_of_amounts(self):
        return self.run("-c", SUM).strip()

    def version(self):
        return self.run("-c", "import creme; print(creme.__version__)").strip()
