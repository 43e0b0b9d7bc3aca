"""Sets a measurement up: stores, data, our worker and the peers."""

import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time

import boto3

HERE = pathlib.Path(__file__).parent
# The unoptimised programs, to try the harness itself.
BIN = HERE.parent / os.environ.get("HOZON_BENCH_PROGRAMS", "target/deploy")
PYTHON = sys.executable


def say(text):
    print(text, flush=True)


class Stores:
    """Embedded S3 and DynamoDB in a separate process."""

    def __init__(self, data):
        self.process = subprocess.Popen([BIN / "hozon-bench", "stores", data], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.text = self.process.stdout.readline().decode().strip()
        self.at = json.loads(self.text)
        self.s3 = boto3.client(
            "s3",
            endpoint_url=self.at["s3"],
            region_name="us-east-1",
            aws_access_key_id=self.at["key"],
            aws_secret_access_key=self.at["secret"],
            config=boto3.session.Config(s3={"addressing_style": "path"}),
        )

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def measured(command, codes=(0,), patience=None, **options):
    """Runs a command; returns CPU seconds, wall seconds and peak memory of the command and its children. With `patience`, it returns None if the
    command takes more seconds or fails."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command, **options)
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_of(process.pid))
        time.sleep(0.01)
        if patience and time.monotonic() - begun > patience:
            process.kill()
            process.wait()
    if process.returncode not in codes:
        if patience:
            return None
        sys.exit(f"{command[0]} failed with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": time.monotonic() - begun, "peak_kb": peak}


def peak_of(process):
    """Peak resident memory. wait4's figure would include this script's own."""
    try:
        status = pathlib.Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


class Bench:
    """Work folder with a data folder, and the stores that serve it."""

    def __init__(self, work):
        self.work, self.data = work, work / "data"
        self.input = {}
        self.work.mkdir(parents=True, exist_ok=True)

    def start(self):
        self.stores = Stores(self.data)

    def stop(self):
        self.stores.stop()

    def load(self, org, folder):
        self.input[org] = folder
        command = [BIN / "hozon", "import", "--data", self.data, "--org", org, folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def forget(self):
        """Deletes blocks, packs and large files, so that the next backup stores all of them."""
        for stored in (self.data / "s3/crm/org").glob("*/%stored"):
            shutil.rmtree(stored)

    def repeat(self, org, times):
        """Lists the attachments of an organisation repeatedly."""
        command = [BIN / "hozon-bench", "repeat", "--stores", self.stores.text, "--org", org, "--data", self.data, str(times)]
        subprocess.run(command, check=True)

    def worker(self, org, *options, keep=False):
        command = [BIN / "hozon-bench", "worker", "--stores", self.stores.text, "--data", self.data, "--org", org, *options]
        told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        told["size"] = sum(zip["size"] for zip in told["zips"])
        if not keep:
            for zip in told["zips"]:
                (self.data / "s3/archives" / zip["key"]).unlink(missing_ok=True)
        return told

    def ours(self, org, *options, **more):
        """Stores an organisation's input and backs it up."""
        self.forget()
        return self.worker(org, "--input", self.input[org], "--tasks", "begin,store,plan,pack,assemble,finish", *options, **more)

    def alone(self, org, *options):
        """The same with files in place of the S3 emulator."""
        scratch = self.work / "scratch"
        told = self.ours(org, "--disk", scratch, *options, keep=True)
        shutil.rmtree(scratch)
        return told


def generate(kind, mb, to):
    """Generates the given MiB of rows or files."""
    sizes = {"rows": 0, "files": 0, kind: mb}
    command = [BIN / "hozon-bench", "generate", "--csv", str(sizes["rows"]), "--files", str(sizes["files"]), to]
    subprocess.run(command, check=True)


class Compared(Bench):
    """The data of the comparison: rows and files, each as an organisation and as a folder."""

    def __init__(self, work, mb):
        super().__init__(work)
        for kind in ["rows", "files"]:
            self.input[kind] = folder = work / kind
            if not folder.exists():
                say(f"Making {mb} MiB of {kind} ...")
                generate(kind, mb, folder)
                self.load(kind, folder)
        self.bytes = {kind: sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) for kind, folder in self.input.items()}
        self.start()


def peers(bench, kind):
    """Maps a name to a function that zips the data once and returns what it took."""
    folder, target, key = bench.input[kind], bench.work / "peer.zip", f"peer/{kind}.zip"
    listed = bench.work / f"{kind}.json"
    if not listed.exists():
        pairs = []
        for number, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
            pairs.append([f"peer/{kind}/{number}", str(path.relative_to(folder))])
            bench.stores.s3.upload_file(str(path), bench.stores.at["bucket"], pairs[-1][0])
        listed.write_text(json.dumps(pairs))

    def file(*command, cwd=folder):
        def run():
            target.unlink(missing_ok=True)
            took = measured(command, cwd=cwd, stdout=subprocess.DEVNULL)
            return took | {"size": target.stat().st_size}

        return run

    def s3(*command):
        def run():
            took = measured([*command, bench.stores.text, listed, key])
            size = bench.stores.s3.head_object(Bucket=bench.stores.at["bucket"], Key=key)["ContentLength"]
            bench.stores.s3.delete_object(Bucket=bench.stores.at["bucket"], Key=key)
            return took | {"size": size}

        return run

    def pigz():
        took = measured(["sh", "-c", f"find . -type f -print0 | sort -z | xargs -0 cat | pigz -6 -p 2 > {target}"], cwd=folder)
        return took | {"size": target.stat().st_size, "peak_kb": 0}

    return {
        "Info-ZIP zip -6": file("zip", "-q", "-6", "-r", target, "."),
        "7-Zip -tzip, 1 thread": file("7z", "a", "-tzip", "-mmt=1", "-bso0", "-bsp0", target, "."),
        "7-Zip -tzip, 2 threads": file("7z", "a", "-tzip", "-mmt=2", "-bso0", "-bsp0", target, "."),
        "Python zipfile": file(PYTHON, HERE / "peers/python_zipfile.py", ".", target),
        "zipstream-ng + boto3 -> S3": s3(PYTHON, HERE / "peers/zipstream_boto3.py"),
        "archiver + SDK v3 -> S3": s3("node", HERE / "peers/archiver_s3.mjs"),
        "pigz -6, 2 threads (no zip)": pigz,
    }


def medians(runs):
    numbers = [name for name, value in runs[0].items() if isinstance(value, (int, float))]
    return runs[0] | {name: statistics.median(run[name] for run in runs) for name in numbers}
