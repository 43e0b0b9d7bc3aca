"""Starts the local program for clients that we did not write."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import tempfile

HOZON = pathlib.Path(__file__).parents[2] / "target/debug/hozon"


class Program:
    """A running program, and its tokens by organisation and role."""

    def __init__(self, process):
        self.url, self.tokens, organisation = None, {}, None
        for line in process.stdout:
            if found := re.match(r"Console:\s+(\S+)/\S*$", line):
                self.url = found[1].split("/#")[0].rstrip("/")
            if found := re.match(r"Tokens for (.*), seven days", line):
                organisation = found[1]
            if found := re.match(r"  (administrator|plain user)\s+(\S+)", line):
                self.tokens[organisation, found[1]] = found[2]
            if line.startswith("Ctrl-C"):
                return
        raise SystemExit("the program did not start")


@contextlib.contextmanager
def program(organisations):
    """Runs the program with organisations of those names and plans, each with a few records; "Large" with many."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for size, count in {"small": 1000, "large": 400_000}.items():
            (folder / size).mkdir()
            rows = "".join(f"{number},Name {number}\n" for number in range(count))
            (folder / size / "Leads.csv").write_text("Id,Name\n" + rows, encoding="utf-8")
        command = [HOZON, "--data", folder / "data", "--port", "0"]
        for name, plan in organisations.items():
            size = folder / ("large" if name == "Large" else "small")
            subprocess.run([*command, "import", size, "--org", name, "--plan", plan], check=True, capture_output=True)
        # Zoho's SDK writes a file of its own where it stands.
        os.chdir(folder)
        process = subprocess.Popen([*command, "serve"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            yield Program(process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
            os.chdir(pathlib.Path(__file__).parents[2])
