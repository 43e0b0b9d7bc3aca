"""A MariaDB server for tests: in a temporary folder, on a free loopback port. It ends with the program that started it, however that ends."""

import atexit
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

START_SECONDS = 60
PASSWORD = "secret"
SMALL = ["--innodb-log-file-size=64M", "--aria-log-file-size=8M"]
SETTINGS = ["--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=128M", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync", "--character-set-server=utf8mb4", "--local-infile=1", "--max-allowed-packet=64M"]


class Database:
    """A server with one database, `crm`."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hozon-mariadb-"))
        if os.getuid() == 0:
            shutil.chown(self.folder, "mysql", "mysql")
        user = ["--user=mysql"] if os.getuid() == 0 else []
        # A server that starts deletes the temporary tables in its folder, whichever server they are of.
        self.places = [f"--datadir={self.folder / 'data'}", f"--tmpdir={self.folder}"]
        made = subprocess.run(
            ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
             *self.places, *SMALL, *user], capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        server = "/usr/sbin/mariadbd" if pathlib.Path("/usr/sbin/mariadbd").exists() else "mariadbd"
        command = ["setpriv", "--pdeathsig=TERM", "--", server, "--no-defaults", *self.places, f"--port={self.port}", f"--socket={self.folder / 'socket'}"]
        self.process = subprocess.Popen([*command, *SMALL, *SETTINGS, *user], stdout=subprocess.DEVNULL, stderr=self.log("w"))
        atexit.register(self.stop)
        self.wait_until_ready()
        passwords = "".join(f"alter user root@'{host}' identified by '{PASSWORD}';" for host in ("localhost", "127.0.0.1"))
        self.sql(f"create database crm; {passwords}", name="", password="")

    def log(self, mode):
        return open(self.folder / "log", mode)

    def wait_until_ready(self):
        end = time.monotonic() + START_SECONDS
        while self.client("mariadb", "-e", "select 1", name="", password="", capture_output=True).returncode:
            assert self.process.poll() is None and time.monotonic() < end, self.log("r").read()
            time.sleep(0.05)

    def client(self, program, *options, user="root", password=PASSWORD, name="crm", **how):
        """Runs one of MariaDB's client programs."""
        command = [program, "--no-defaults", "-h", "127.0.0.1", "-P", str(self.port), "-u", user, "--default-character-set=utf8mb4", *map(str, options)]
        environment = {"PATH": os.environ["PATH"], "MYSQL_PWD": password}
        return subprocess.run([*command, name] if name else command, env=environment, **how)

    def sql(self, sql, name="crm", user="root", password=PASSWORD):
        """Runs statements with MariaDB's own client; returns rows as lists of texts, NULL as `NULL`."""
        done = self.client("mariadb", "-N", "--local-infile=1", user=user, password=password, name=name, input=sql, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def own(self, user, password):
        """Gives the database to a user of its own."""
        self.sql(f"create user {user} identified by '{password}'; grant all on crm.* to {user}")

    def version(self):
        return self.sql("select version()")[0][0]

    def dump(self, file):
        with open(file, "wb") as output:
            self.client("mariadb-dump", "--single-transaction", "--hex-blob", stdout=output, check=True)

    def load(self, file, user, password):
        with open(file, "rb") as input:
            self.client("mariadb", user=user, password=password, stdin=input, check=True)

    def analyze(self):
        """InnoDB does so itself."""

    def stop(self):
        """Ends the server as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
