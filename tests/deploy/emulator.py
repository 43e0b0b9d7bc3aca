"""Runs moto's server with the table's calls serialised.

DynamoDB isolates a transaction from every other call (Amazon DynamoDB Developer Guide: "Isolation levels and conflict handling in DynamoDB
transactions"). Moto answers each request in its own thread and isolates nothing: of two concurrent transactions, the loser may leave some of its
changes behind. A lock around the table's calls restores what DynamoDB promises."""

import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

TABLE_CALLS = "DynamoDB_20120810."


class InOrder:
    """WSGI application that serialises calls of DynamoDB."""

    def __init__(self, application):
        self.application, self.lock = application, threading.Lock()

    def __call__(self, environ, start_response):
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith(TABLE_CALLS):
            return self.application(environ, start_response)
        with self.lock:
            return list(self.application(environ, start_response))


class Emulator:
    """Listens on a free loopback port until it is stopped."""

    def __init__(self):
        application = InOrder(DomainDispatcherApplication(create_backend_app))
        self.server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.server.shutdown()
        self.thread.join()
