"""Holds the adapters to the ports' promises on emulators that others have made: moto's server, with the table of the template. The same
checks run on the local program's own emulators with every `cargo test`."""

import json
import logging
import os
import subprocess
import sys

from emulator import Emulator
from stack import ROOT, Stack

COMMAND = ["cargo", "test", "--locked", "--workspace", "--test", "contracts"]


def main():
    # The emulators tell at length what checks do on purpose.
    logging.disable(logging.ERROR)
    emulator = Emulator()
    environment = {
        **os.environ,
        "HOZON_CONTRACTS_ENDPOINT": emulator.url,
        "HOZON_CONTRACTS_TABLE": json.dumps(Stack().table()),
    }
    try:
        done = subprocess.run([*COMMAND, *sys.argv[1:]], cwd=ROOT, env=environment)
    finally:
        emulator.stop()
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
