"""Zoho's official Node SDK against the local program: starts the program and zoho_node.mjs."""

import json
import pathlib
import subprocess
import sys

from local import program

with program({"Paid": "Standard", "Nothing free": "Free", "Large": "Own"}) as hozon:
    tokens = {f"{organisation} {role}": token for (organisation, role), token in hozon.tokens.items()}
    script = pathlib.Path(__file__).with_name("zoho_node.mjs")
    sys.exit(subprocess.run(["node", script, hozon.url], input=json.dumps(tokens), text=True, timeout=120).returncode)
