"""Runs Zoho's official Node and TypeScript SDKs against the local program, by zoho_node.mjs and zoho_typescript.cjs."""

import json
import pathlib
import subprocess
import sys

from local import program

with program({"Paid": "Standard", "Nothing free": "Free", "Large": "Own", "TypeScript": "Standard"}) as hozon:
    tokens = {f"{organisation} {role}": token for (organisation, role), token in hozon.tokens.items()}
    for script, given in (("zoho_node.mjs", json.dumps(tokens)), ("zoho_typescript.cjs", tokens["TypeScript administrator"])):
        command = ["node", pathlib.Path(__file__).with_name(script), hozon.url]
        if code := subprocess.run(command, input=given, text=True, timeout=120).returncode:
            sys.exit(code)
