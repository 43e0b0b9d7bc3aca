"""Checks that the adapters keep the ports' promises on an independent emulator: moto's server, with the template's table. The same
checks run on the local program's emulators with every `cargo test`."""

import json
import logging
import os
import subprocess
import sys

from emulator import Emulator
from stack import ROOT, Stack

COMMAND = ["cargo", "test", "--locked", "--workspace", "--test", "contracts"]


def main():
    # The emulators log at length what the checks provoke on purpose.
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
