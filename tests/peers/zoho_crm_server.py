"""Starts the test server that speaks Zoho CRM's API, and reads its own state for comparison."""

import contextlib
import json
import pathlib
import subprocess
import urllib.request

SERVER = pathlib.Path(__file__).parents[2] / "target/debug/hozon-emulator-zoho"


class Server:
    """A running server. What it says of itself comes by calls that Zoho does not have."""

    def __init__(self, url):
        self.url = url
        self.client = self.told("client")
        self.tokens = self.told("tokens", "POST")

    def told(self, path, method="GET"):
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_test/{path}", method=method)) as answer:
            return json.load(answer)

    def records(self, module):
        """All records of a module by id, as the server holds them."""
        with urllib.request.urlopen(f"{self.url}/_test/state/{module}") as lines:
            return {int(record["id"]): record for record in map(json.loads, lines)}


@contextlib.contextmanager
def server(size="small"):
    process = subprocess.Popen([SERVER, size], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Server(process.stdout.readline().strip())
    finally:
        process.stdin.close()
        process.wait(20)
