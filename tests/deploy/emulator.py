"""Runs moto's server with the table's calls serialised.

DynamoDB isolates a transaction from every other call (Amazon DynamoDB Developer Guide: "Isolation levels and conflict handling in DynamoDB
transactions"). Moto answers each request in its own thread and isolates nothing: of two concurrent transactions, the loser may leave some of its
changes behind. A lock around the table's calls restores what DynamoDB promises.

For each item of a transaction, moto copies the whole table with all records of its stream, so that each transaction takes longer than the one
before. Here a copy shares what never changes, and an item is copied when it is updated."""

import copy
import threading

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
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


def copy_of_table(table, _memo):
    """A copy with items and stream records of its own, which share their contents with those of `table`."""
    copied = copy.copy(table)
    copied.items = table.items.copy()
    for key, items in table.items.items():
        copied.items[key] = copy.copy(items)
    if table.stream_shard:
        copied.stream_shard = copy.copy(table.stream_shard)
        copied.stream_shard.table, copied.stream_shard.items = copied, list(table.stream_shard.items)
    return copied


def update_of_copy(update):
    """Lets `update`, which changes an item in its place, change a copy of it instead."""
    def update_item(backend, table_name, key, *arguments, **named):
        table = backend.get_table(table_name)
        items, range_key = table.items.get(DynamoType(key[table.hash_key_attr]), {}), DynamoType(key[table.range_key_attr])
        if range_key in items:
            items[range_key] = copy.deepcopy(items[range_key])
        return update(backend, table_name, key, *arguments, **named)
    return update_item


Table.__deepcopy__ = copy_of_table
DynamoDBBackend.update_item = update_of_copy(DynamoDBBackend.update_item)


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
