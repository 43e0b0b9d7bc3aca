"""Airbyte's source for Zoho CRM, unchanged, reads every module of the test server. Its hosts are fixed in its code, so that the
names of Zoho's hosts lead to a TLS proxy on loopback, whose certificate is the only one that this process trusts."""

import logging
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse

import certifi
from zoho_crm_server import server

HOSTS = ("accounts.zoho.com", "zohoapis.com")
# Modules by the names of their streams.
MODULES = {
    name.lower().replace("_", "__"): name
    for name in (
        "Leads", "Accounts", "Contacts", "Deals", "Tasks", "Events", "Calls", "Products", "Quotes", "Inspections", "Notes", "Attachments",
        "Quoted_Items", "Findings",
    )
}


def certificate(folder):
    key, made = folder / "key.pem", folder / "certificate.pem"
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", f"subjectAltName={names}"]
    subprocess.run([*command, "-keyout", key, "-out", made], check=True, capture_output=True)
    return key, made


def pump(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side has ended; the other ends as well.
        source.close()


def proxy(url, key, made):
    """Ends TLS before the server, on a port of its own."""
    address = urllib.parse.urlsplit(url)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            plain, _ = listener.accept()
            try:
                client = context.wrap_socket(plain, server_side=True)
            except OSError as error:
                print("  a connection without TLS:", error)
                continue
            behind = socket.create_connection((address.hostname, address.port))
            for pair in ((client, behind), (behind, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def trust(made):
    """The source's streams ask no variable for the certificates that they trust, so it is said before `requests` reads them."""
    os.environ["REQUESTS_CA_BUNDLE"] = str(made)
    certifi.where = lambda: str(made)


def lead_hosts_to(port):
    before = socket.getaddrinfo

    def resolve(host, asked, *more, **named):
        if host in HOSTS:
            return before("127.0.0.1", port, *more, **named)
        if host not in ("127.0.0.1", "localhost"):
            sys.exit(f"the source asks for {host}")
        return before(host, asked, *more, **named)

    socket.getaddrinfo = resolve


def compare(stream, rows, held):
    found = {int(row["id"]): row for row in rows}
    if sorted(found) != sorted(held) or len(rows) != len(held):
        sys.exit(f"{stream}: {len(rows)} records instead of {len(held)}")
    subforms = {"Quoted_Items", "Findings"}
    for id, row in found.items():
        for name, value in row.items():
            if value != held[id].get(name):
                sys.exit(f"{stream} {id} {name}: {value!r} instead of {held[id].get(name)!r}")
        if missing := set(held[id]) - set(row) - subforms:
            sys.exit(f"{stream} {id}: without {missing}")
    print(f"  {stream}: {len(rows)} records equal")


def read(zoho):
    from airbyte_cdk.models import ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, DestinationSyncMode, SyncMode, Type
    from source_zoho_crm import SourceZohoCrm

    config = {
        "client_id": zoho.client["client_id"], "client_secret": zoho.client["client_secret"], "refresh_token": zoho.tokens["refresh_token"],
        "environment": "Production", "dc_region": "US",
    }
    source, logger = SourceZohoCrm(), logging.getLogger("airbyte")
    logger.setLevel(logging.ERROR)
    status = source.check(logger, config)
    print("  check:", status.status)
    streams = source.discover(logger, config).streams
    wanted = ConfiguredAirbyteCatalog(streams=[
        ConfiguredAirbyteStream(stream=stream, sync_mode=SyncMode.full_refresh, destination_sync_mode=DestinationSyncMode.append) for stream in streams
    ])
    rows = {stream.name: [] for stream in streams}
    for message in source.read(logger, config, wanted, {}):
        if message.type == Type.RECORD:
            rows[message.record.stream].append(message.record.data)
    return rows


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, server() as zoho:
        key, made = certificate(pathlib.Path(folder))
        trust(made)
        lead_hosts_to(proxy(zoho.url, key, made))
        rows = read(zoho)
        for name, found in rows.items():
            module = MODULES[name.removeprefix("incremental_").removesuffix("_zoho_crm_stream")]
            compare(module, found, zoho.records(module))
        print("  calls:", zoho.told("usage")["calls"])
        if len(rows) != len(MODULES):
            sys.exit(f"{len(rows)} streams instead of {len(MODULES)}")
    print(f"airbyte-source-zoho-crm reads {len(rows)} modules.")
