"""Runs schemathesis against the local program: no server error, no undeclared answer."""

import pathlib
import subprocess
import sys

from local import program

with program({"Paid": "Own"}) as hozon:
    schemathesis = pathlib.Path(sys.executable).with_name("schemathesis")
    token = hozon.tokens["Paid", "administrator"]
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
    command = [schemathesis, "run", f"{hozon.url}/openapi.json", "--checks", checks, "--max-examples", "100", "--seed", "2026"]
    command += ["--header", f"Authorization: Zoho-oauthtoken {token}", "--phases", "examples,coverage,fuzzing,stateful"]
    sys.exit(subprocess.run(command, timeout=600, cwd=pathlib.Path(__file__).parents[2] / "target").returncode)
