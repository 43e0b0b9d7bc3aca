"""Checks where infra/deploy puts the console. Stand-ins for `sam` and `aws` record how they were called."""

import os
import pathlib
import subprocess
import tempfile

from stack import ROOT

CONFIG = """
version = 0.1
[default.deploy.parameters]
stack_name = "trial"
region = "eu-west-1"
[prod.global.parameters]
region = "ap-northeast-1"
[prod.deploy.parameters]
stack_name = "backups"
"""
SAM = '#!/bin/sh\necho "sam $*" >> "$CALLS"\n'
AWS = """#!/bin/sh
echo "aws $*" >> "$CALLS"
while [ $# -gt 0 ]; do
  case $1 in --stack-name) stack=$2 ;; --query) query=$2 ;; esac
  shift
done
case $query in *ConsoleFiles*) echo "files-of-$stack" ;; *TableIsProtected*) echo "$PROTECTED" ;; *) echo "something" ;; esac
"""


def main():
    synced("the default", [], "trial", "eu-west-1")
    synced("another environment", ["--config-env", "prod"], "backups", "ap-northeast-1")
    synced("another environment, in one word", ["--config-env=prod", "--guided"], "backups", "ap-northeast-1")
    synced("what the command line says", ["--config-env", "prod", "--stack-name", "other", "--region", "us-east-1"], "other", "us-east-1")
    output, calls = deploy(["--config-env", "nowhere"], protected="true")
    expect("an environment that is not there is named", "no stack_name for nowhere" in output, output)
    expect("nothing is copied then", not any("s3 sync" in call for call in calls), calls)
    expect("an unprotected table is reported", "set DeletionProtection=true" in deploy([], protected="false")[0], output)
    expect("a protected one is not", "DeletionProtection" not in deploy([], protected="true")[0], output)
    print("infra/deploy puts the console into the stack that it deployed")


def synced(what, arguments, stack, region):
    output, calls = deploy(arguments, protected="true")
    sam, *rest = calls
    expect(f"{what}: sam gets the arguments", all(one in sam.split() for one in arguments), sam)
    copies = [call for call in rest if call.startswith("aws s3")]
    expect(f"{what}: three copies", len(copies) == 3, output)
    expect(f"{what}: into {stack}'s bucket, in {region}", all(f"s3://files-of-{stack}/" in one and f"--region {region}" in one for one in copies), copies)


def deploy(arguments, protected):
    """Returns the output and the calls."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        for name, text in (("sam", SAM), ("aws", AWS)):
            (place / name).write_text(text)
            (place / name).chmod(0o755)
        (place / "samconfig.toml").write_text(CONFIG)
        kept = {name: value for name, value in os.environ.items() if name not in ("STACK", "AWS_REGION")}
        environment = {**kept, "PATH": f"{place}:{os.environ['PATH']}", "CALLS": str(place / "calls"), "PROTECTED": protected}
        command = [ROOT / "infra/deploy", "--config-file", str(place / "samconfig.toml"), *arguments]
        done = subprocess.run(command, env=environment, text=True, capture_output=True)
        return done.stdout + done.stderr, (place / "calls").read_text().splitlines()


def expect(what, holds, seen):
    if not holds:
        raise SystemExit(f"infra/deploy: not so: {what}: {seen}")


if __name__ == "__main__":
    main()
