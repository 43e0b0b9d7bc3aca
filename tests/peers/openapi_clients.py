"""Validates the document with two validators, and makes every call with two generated clients against the local program."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.request

from local import program

HERE = pathlib.Path(__file__).parent
BIN = HERE / "node_modules/.bin"
WORK = HERE.parents[1] / "target/clients"


def run(*command, **options):
    """Runs a tool and returns its output, which is shown if the tool fails."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, **options)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def check(name, printed, wanted):
    """Prints the calls that a client made; every call of the document must be among them."""
    made = {tuple(line.split()[:2]): line for line in printed.splitlines()}
    print(f"{name}:", *(f"  {line}" for line in made.values()), sep="\n")
    if missing := wanted - made.keys():
        sys.exit(f"{name}: not called: {sorted(missing)}; add them to tests/peers/openapi")


def main(hozon):
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    document = WORK / "openapi.json"
    text = urllib.request.urlopen(f"{hozon.url}/openapi.json").read().decode()
    document.write_text(json.dumps(json.loads(text), indent=1))
    run(BIN / "redocly", "lint", "--config", HERE / "openapi/redocly.yaml", document)
    run(BIN / "spectral", "lint", "--fail-severity=warn", "--ruleset", HERE / "openapi/spectral.yaml", document)
    print("redocly, spectral: no finding")
    calls = json.loads(text)["paths"].items()
    wanted = {(method.upper(), path) for path, item in calls for method, call in item.items() if "operationId" in call}
    run(BIN / "openapi-typescript", document, "--output", WORK / "schema.d.ts")
    run(BIN / "tsc", "--project", HERE / "openapi/tsconfig.json")
    token = hozon.tokens["TypeScript", "administrator"]
    check("openapi-typescript, openapi-fetch", run("node", HERE / "openapi/every_call.mjs", hozon.url, token), wanted)
    tools = pathlib.Path(sys.executable).parent
    path = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    generate = ["generate", "--path", document, "--meta", "none", "--output-path", WORK / "python_client"]
    run(tools / "openapi-python-client", *generate, env=path)
    token = hozon.tokens["Python", "administrator"]
    script = HERE / "openapi/every_call.py"
    check("openapi-python-client", run(sys.executable, script, hozon.url, token, document, WORK / "python_client"), wanted)
    print(f"{len(wanted)} calls, each made by both clients.")


with program({"TypeScript": "Standard", "Python": "Standard"}) as hozon:
    main(hozon)
