"""An installation of Creme CRM on a PostgreSQL server of its own, filled with records by Creme's own tools. The filled database is kept in target/creme."""

import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests/servers"))
from postgres import Database

PYTHON = ROOT / "target/venv-creme/bin/python"
SCRIPTS = ROOT / "tests/peers/creme_side"
KEPT = ROOT / "target/creme"
USER, PASSWORD = "creme", "creme"
# Amounts that are moved before anything is compared.
MOVES_BEFORE = 50

# Without the first line Creme takes SQLite and says nothing.
SETTINGS = "\nfrom .local_settings import *\n"
LOCAL_SETTINGS = """
TIME_ZONE = "Asia/Tokyo"
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": {port}, "NAME": "crm", "USER": "{user}", "PASSWORD": "{password}",
}}}}
"""


class Creme:
    """A Creme project in a temporary folder, and its database."""

    def __init__(self):
        begun = time.monotonic()
        self.server = Database()
        self.server.sql(f"create role {USER} login password '{PASSWORD}'; alter database crm owner to {USER}", name="postgres")
        self.folder = tempfile.TemporaryDirectory(prefix="hozon-creme-")
        self.make_project()
        dump = KEPT / f"{self.key()}.dump"
        self.was_kept = dump.exists()
        if self.was_kept:
            self.load(dump)
        else:
            self.fill()
            self.keep(dump)
        self.server.sql("analyze")
        self.seconds = time.monotonic() - begun

    def make_project(self):
        self.management("creme_start_project", "crm", settings="creme.settings", cwd=self.folder.name)
        self.project = pathlib.Path(self.folder.name) / "crm"
        with open(self.project / "crm/settings.py", "a") as file:
            file.write(SETTINGS)
        with open(self.project / "crm/local_settings.py", "a") as file:
            file.write(LOCAL_SETTINGS.format(port=self.server.port, user=USER, password=PASSWORD))

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

    @contextlib.contextmanager
    def moving_amounts(self):
        """Moves amounts between opportunities meanwhile. Yields a list, to which the number of moves is added at the end."""
        moved, log = [], pathlib.Path(self.folder.name) / "moving.log"
        with open(log, "w") as errors:
            process = subprocess.Popen(**self.command(SCRIPTS / "move_amounts.py"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        try:
            if all(process.stdout.readline() for _ in range(MOVES_BEFORE)):
                yield moved
        finally:
            process.stdin.close()
            counted = process.stdout.read().split()
            if process.wait() or not counted:
                sys.exit(log.read_text())
        moved.append(int(counted[-1]))

    def key(self):
        """Names all that the kept database depends on."""
        packages = subprocess.run([PYTHON, "-m", "pip", "freeze"], check=True, capture_output=True).stdout
        server = self.server.sql("show server_version_num").encode()
        parts = [packages, server, (SCRIPTS / "fill.py").read_bytes(), pathlib.Path(__file__).read_bytes()]
        return hashlib.sha256(json.dumps([hashlib.sha256(part).hexdigest() for part in parts]).encode()).hexdigest()[:16]

    def fill(self):
        self.management("migrate", "--verbosity", "0")
        self.management("creme_populate", "--verbosity", "0")
        self.script("fill.py")

    def keep(self, dump):
        KEPT.mkdir(exist_ok=True)
        for earlier in KEPT.iterdir():
            earlier.unlink()
        unfinished = dump.with_suffix(f".{os.getpid()}")
        with open(unfinished, "wb") as file:
            self.server.client("pg_dump", "-Fc", stdout=file, check=True)
        unfinished.rename(dump)

    def load(self, dump):
        self.server.client("pg_restore", "--no-owner", "-j", 2, dump, user=USER, password=PASSWORD, check=True)

    def version(self):
        return self.run("-c", "import creme; print(creme.__version__)").strip()
