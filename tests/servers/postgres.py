"""A PostgreSQL server for tests: in a temporary folder, on a free loopback port. It ends with the program that started it, however that ends."""

import atexit
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

START_SECONDS = 60
PASSWORD = "secret"
PAGE = pathlib.Path(__file__).parents[2] / "docs/operations/sources.md"


class Database:
    """A server with one database, `crm`."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hozon-database-"))
        (self.folder / "password").write_text(PASSWORD)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data, password = self.folder / "data", self.folder / "password"
        os.chmod(password, 0o644)
        self.run("initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        self.process = subprocess.Popen([*as_postgres("postgres"), "-D", str(data), *options], stdout=subprocess.DEVNULL, stderr=self.log("w"))
        atexit.register(self.stop)
        self.wait_until_ready()
        self.sql("create database crm", name="postgres")

    def log(self, mode):
        return open(self.folder / "log", mode)

    def run(self, program, *arguments):
        done = subprocess.run([*as_postgres(program), *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def wait_until_ready(self):
        end = time.monotonic() + START_SECONDS
        while self.psql("select 1", "postgres", "postgres", PASSWORD).returncode:
            assert self.process.poll() is None and time.monotonic() < end, self.log("r").read()
            time.sleep(0.05)

    def client(self, program, *options, user="postgres", password=PASSWORD, name="crm", **how):
        """Runs one of PostgreSQL's client programs."""
        command = [program, "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "-d", name, *map(str, options)]
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": password, "PGTZ": "UTC", "PGCLIENTENCODING": "UTF8"}
        return subprocess.run(command, env=environment, **how)

    def psql(self, sql, name, user, password):
        options = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "--csv", "-f", "-"]
        return self.client("psql", *options, user=user, password=password, name=name, input=sql, capture_output=True, text=True)

    def sql(self, sql, name="crm", user="postgres", password=PASSWORD):
        """Runs statements with PostgreSQL's own client; returns what it prints."""
        done = self.psql(sql, name, user, password)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def own(self, user, password):
        """Gives the database to a user of its own."""
        self.sql(f"create role {user} login password '{password}'; alter database crm owner to {user}", name="postgres")

    def version(self):
        return self.sql("show server_version_num")

    def dump(self, file):
        with open(file, "wb") as output:
            self.client("pg_dump", "-Fc", stdout=output, check=True)

    def load(self, file, user, password):
        self.client("pg_restore", "--no-owner", "-j", 2, file, user=user, password=password, check=True)

    def analyze(self):
        self.sql("analyze")

    def stop(self):
        """Ends the server as a crash would."""
        pid = self.folder / "data/postmaster.pid"
        if self.process.poll() is None and pid.exists():
            os.kill(int(pid.read_text().split()[0]), 3)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def as_postgres(program):
    """PostgreSQL does not run as root: its programs then run as the user `postgres`, whom Debian's package makes."""
    newest = max(pathlib.Path("/usr/lib/postgresql").glob("*"), key=lambda folder: int(folder.name), default=None)
    path = str(newest / "bin" / program) if newest else program
    identity = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    return ["setpriv", *identity, "--pdeathsig=QUIT", "--", path]


def page_sql(beginning, **names):
    """The SQL example of the operators' page that begins so, with other names in place of its own."""
    blocks = re.findall(r"^```sql\n(.+?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if block.startswith(beginning)]
    return re.sub(r"\b(" + "|".join(names) + r")\b", lambda found: names[found[0]], block)
