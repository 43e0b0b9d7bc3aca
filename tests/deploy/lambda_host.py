"""Runs one function's binary behind the Lambda Runtime API, as Lambda does: hands over events one at a time, and writes the function's log
and trace with the function's role."""

import contextlib
import http.server
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
import uuid

from serving import Handler

START_SECONDS, ANSWER_SECONDS = 30, 60


class Failed(Exception):
    """Raised when the function answers with an error or ends."""

    def __init__(self, error):
        super().__init__(json.dumps(error))
        self.error = error


class Host:
    """One function: `command` starts its process in `environment`; `observe` receives its log lines after each call."""

    def __init__(self, name, arn, command, environment, observe):
        self.name, self.arn, self.command, self.environment, self.observe = name, arn, command, environment, observe
        self.calling = threading.Lock()
        self.events, self.answers = queue.Queue(), queue.Queue()
        self.process, self.started = None, None
        # The file that the process writes to, and how many of its bytes have been read.
        self.output, self.read = None, 0
        # What Lambda does before a cold start.
        self.attach = lambda: None
        host = self

        class Answering(Handler):
            def do_GET(self):
                host.started = host.started or time.monotonic()
                id, event = host.events.get()
                headers = {
                    "lambda-runtime-aws-request-id": id,
                    "lambda-runtime-deadline-ms": str(int(time.time() * 1000) + ANSWER_SECONDS * 1000),
                    "lambda-runtime-invoked-function-arn": host.arn,
                    "lambda-runtime-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
                    "content-type": "application/json",
                }
                self.reply(200, json.dumps(event).encode(), headers)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                is_answer = self.path.endswith("/response")
                host.answers.put((self.path, is_answer, json.loads(body) if body else None))
                self.reply(202, b"{}", {})

            def reply(self, status, body, headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def invoke(self, event):
        """Makes one call; starts the function if it is not running."""
        with self.calling:
            if self.process is None or self.process.poll() is not None:
                self.attach()
                self.start()
            id = str(uuid.uuid4())
            self.events.put((id, event))
            is_answer, answer = self.wait(id)
            lines = self.written()
        self.observe(self.name, lines or ["END"])
        if not is_answer:
            raise Failed(answer)
        return answer

    def wait(self, id):
        """Returns the answer to that event and skips answers left by a killed process."""
        end = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < end:
            try:
                path, is_answer, answer = self.answers.get(timeout=0.2)
                if id in path or path.endswith("/init/error"):
                    return is_answer, answer
            except queue.Empty:
                if self.process is None or self.process.poll() is not None:
                    output = "\n".join(self.written())
                    self.events = queue.Queue()
                    return False, {"errorType": "Runtime.ExitError", "errorMessage": f"the process ended: {output}"}
        self.stop()
        return False, {"errorType": "Sandbox.Timedout", "errorMessage": "no answer in time"}

    def start(self):
        runtime = f"127.0.0.1:{self.server.server_port}"
        environment = {"PATH": os.environ["PATH"], **self.environment, "AWS_LAMBDA_RUNTIME_API": runtime}
        # A file, not a pipe: what the function has written before it answers can be read when the answer is there.
        self.output, self.read = tempfile.TemporaryFile(), 0
        self.process = subprocess.Popen(self.command, env=environment, stdout=self.output, stderr=subprocess.STDOUT)

    def written(self):
        """Returns the lines that the process has written since this method was last called."""
        if self.output is None:
            return []
        size = os.fstat(self.output.fileno()).st_size
        # The process shares the file's offset, so the place to read from is given.
        new, self.read = os.pread(self.output.fileno(), size - self.read, self.read), size
        return new.decode(errors="replace").splitlines()

    def stop(self):
        """Ends the process, so that the next call starts cold."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            # A reader left by the killed process would take the next event.
            self.events, self.answers, self.process, self.output = queue.Queue(), queue.Queue(), None, None


class Instances:
    """A function that is called again while it works: Lambda then starts another instance of it."""

    def __init__(self, make):
        self.make, self.free, self.all = make, [], [make()]
        self.free.append(self.all[0])
        self.arn = self.all[0].arn

    def invoke(self, event):
        try:
            host = self.free.pop()
        except IndexError:
            host = self.make()
            self.all.append(host)
        try:
            return host.invoke(event)
        finally:
            self.free.append(host)

    @contextlib.contextmanager
    def with_variables(self, **variables):
        """Changes the function's environment for a while."""
        made, self.all, self.free = (self.make, self.all, self.free), [], []

        def make():
            host = made[0]()
            host.environment = {**host.environment, **variables}
            return host

        self.make = make
        try:
            yield
        finally:
            self.stop()
            self.make, self.all, self.free = made

    def stop(self):
        """Ends the processes, so that the next calls start cold."""
        for host in self.all:
            host.stop()
