"""Holds the adapters to the ports' promises on emulators that others have made: moto's server, with the table of the template. The same
checks run on the local program's own emulators with every `cargo test`."""

import json
import logging
import os
import subprocess
import sys

from moto.server import ThreadedMotoServer

from stack import ROOT, Stack

COMMAND = ["cargo", "test", "--locked", "-p", "hozon-tests", "--test", "contracts"]


def main():
    # The emulators tell at length what checks do on purpose.
    logging.disable(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        **os.environ,
        "HOZON_CONTRACTS_ENDPOINT": f"http://{host}:{port}",
        "HOZON_CONTRACTS_TABLE": json.dumps(Stack().table()),
    }
    try:
        done = subprocess.run([*COMMAND, *sys.argv[1:]], cwd=ROOT, env=environment)
    finally:
        server.stop()
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
