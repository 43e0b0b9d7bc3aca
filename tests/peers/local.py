"""Starts the local program for third-party clients."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile

HOZON = pathlib.Path(__file__).parents[2] / "target/debug/hozon"


class Program:
    """A running program with its tokens by organisation and role."""

    def __init__(self, process, data):
        self.url = None
        for line in process.stdout:
            if found := re.search(r"(http://[^/\s]+)/#token=", line):
                self.url = found[1]
            if line.startswith("Ctrl-C"):
                break
        else:
            raise SystemExit("the program did not start")
        told = subprocess.run([HOZON, "--data", data, "token", "--json"], check=True, capture_output=True, text=True)
        known = json.loads(told.stdout)
        self.tokens = {(of["organisation"], "administrator"): of["administrator"] for of in known}
        self.tokens |= {(of["organisation"], "plain user"): of["user"] for of in known}


@contextlib.contextmanager
def program(organisations, *commands, options=()):
    """Runs the program with organisations of the given names and plans, each with a few records, "Large" with many. `commands` are given to it before, and `options` always."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for size, count in {"small": 1000, "large": 400_000}.items():
            (folder / size).mkdir()
            rows = "".join(f"{number},Name {number}\n" for number in range(count))
            (folder / size / "Leads.csv").write_text("Id,Name\n" + rows, encoding="utf-8")
        command = [HOZON, "--data", folder / "data", "--port", "0", *options]
        for name, plan in organisations.items():
            size = folder / ("large" if name == "Large" else "small")
            subprocess.run([*command, "import", size, "--org", name, "--plan", plan], check=True, capture_output=True)
        for arguments in commands:
            subprocess.run([*command, *arguments], check=True, capture_output=True)
        # Zoho's SDK writes a file into the working directory.
        os.chdir(folder)
        process = subprocess.Popen([*command, "serve"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            yield Program(process, folder / "data")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
            os.chdir(pathlib.Path(__file__).parents[2])
