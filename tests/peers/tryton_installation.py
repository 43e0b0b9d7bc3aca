"""An installation of Tryton on a PostgreSQL server of its own, filled with records through Tryton's own client library. The filled database, and the files outside it, are kept in target/tryton."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from backup import require
from moving import moving_amounts
from postgres_comparison import Database

ROOT = pathlib.Path(__file__).parents[2]
ENVIRONMENT = ROOT / "target/venv-tryton/bin"
SCRIPTS = ROOT / "tests/peers/tryton_side"
KEPT = ROOT / "target/tryton"
MODULES = ["party", "sale_opportunity"]
USER, PASSWORD = "tryton", "tryton"
# Amounts that are moved before anything is compared.
MOVES_BEFORE = 20
SETTINGS = """[database]
uri = postgresql://{user}:{password}@127.0.0.1:{port}/
path = {path}
[attachment]
filestore = {filestore}
"""


class Tryton:
    """Tryton, its database, and the folder of its files. Attached files once lay in the database, and lie in the folder since."""

    def __init__(self):
        begun = time.monotonic()
        self.server = Database()
        self.server.own(USER, PASSWORD)
        self.folder = tempfile.TemporaryDirectory(prefix="hozon-tryton-")
        self.files = pathlib.Path(self.folder.name) / "files"
        self.settings, self.earlier_settings = self.write_settings(True), self.write_settings(False)
        kept = KEPT / self.key()
        self.was_kept = kept.exists()
        if self.was_kept:
            self.server.load(kept / "dump", USER, PASSWORD)
            shutil.copytree(kept / "files", self.files)
        else:
            self.fill()
            self.keep(kept)
        self.server.analyze()
        self.seconds = time.monotonic() - begun

    def write_settings(self, filestore):
        file = pathlib.Path(self.folder.name) / f"filestore-{filestore}.conf"
        file.write_text(SETTINGS.format(user=USER, password=PASSWORD, port=self.server.port, path=self.files, filestore=filestore))
        return file

    def key(self):
        """Names all that the kept database depends on."""
        packages = subprocess.run([ENVIRONMENT / "python", "-m", "pip", "freeze"], check=True, capture_output=True).stdout
        sources = [SCRIPTS / "fill.py", SCRIPTS / "attach.py", pathlib.Path(__file__)]
        parts = [packages, self.server.version().encode(), *(source.read_bytes() for source in sources)]
        return hashlib.sha256(b"\n".join(parts)).hexdigest()[:16]

    def command(self, *arguments, settings=None):
        """Arguments for a process in Tryton's environment."""
        password = pathlib.Path(self.folder.name) / "password"
        password.write_text(PASSWORD)
        environment = {"PATH": os.environ["PATH"], "TRYTOND_CONFIG": str(settings or self.settings), "DATABASE": "crm", "TRYTONPASSFILE": str(password), "PYTHONPATH": str(SCRIPTS),
                       "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}
        return {"args": [ENVIRONMENT / arguments[0], *arguments[1:]], "env": environment, "cwd": self.folder.name, "text": True}

    def run(self, *arguments, **how):
        done = subprocess.run(**self.command(*arguments, **how), capture_output=True)
        require(done.returncode == 0, arguments, done.stdout, done.stderr)
        return done.stdout

    def fill(self):
        self.run("trytond-admin", "-c", self.settings, "-d", "crm", "--all", "--email", "admin@example.com", "-l", "ja")
        self.run("trytond-admin", "-c", self.settings, "-d", "crm", "-u", *MODULES, "--activate-dependencies")
        self.run("python", SCRIPTS / "fill.py")
        self.run("python", SCRIPTS / "attach.py", "in the database", settings=self.earlier_settings)
        self.run("python", SCRIPTS / "attach.py", "in the folder")

    def keep(self, kept):
        shutil.rmtree(KEPT, ignore_errors=True)
        unfinished = KEPT / f"unfinished-{os.getpid()}"
        unfinished.mkdir(parents=True)
        self.server.dump(unfinished / "dump")
        shutil.copytree(self.files, unfinished / "files")
        unfinished.rename(kept)

    def version(self):
        return self.run("python", "-c", "import trytond; print(trytond.__version__)").strip()

    def moving_amounts(self):
        """Moves amounts between opportunities meanwhile. Yields a list, to which the number of moves is added at the end."""
        return moving_amounts(self.command("python", SCRIPTS / "move_amounts.py"), pathlib.Path(self.folder.name) / "moving.log", MOVES_BEFORE)
