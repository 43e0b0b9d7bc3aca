"""Runs schemathesis against the local program: no server error, no undeclared answer.
`openapi.py [<examples>]`: that many generated requests per operation and phase at most; 25 if not given."""

import pathlib
import subprocess
import sys

from local import program

EXAMPLES = sys.argv[1] if len(sys.argv) > 1 else "25"

with program({"Paid": "Own"}) as hozon:
    schemathesis = pathlib.Path(sys.executable).with_name("schemathesis")
    token = hozon.tokens["Paid", "administrator"]
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
    command = [schemathesis, "run", f"{hozon.url}/openapi.json", "--checks", checks, "--max-examples", EXAMPLES, "--seed", "2026"]
    command += ["--header", f"Authorization: Zoho-oauthtoken {token}", "--phases", "examples,coverage,fuzzing,stateful"]
    sys.exit(subprocess.run(command, timeout=600, cwd=pathlib.Path(__file__).parents[2] / "target").returncode)
