"""Stands in front of the emulated AWS and admits what the caller's policies allow. Refusals look like AWS's."""

import http.client
import http.server
import json
import re
import threading
import urllib.parse

from needs import Encryption, Need, needs
from serving import Handler

XML = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
XML_OF_QUERIES = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Access Denied</Message></Error></ErrorResponse>"
XML_OF_EC2 = '<?xml version="1.0"?><Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>'
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        parts = urllib.parse.urlsplit(target)
        self.path, self.query = parts.path, urllib.parse.parse_qs(parts.query, keep_blank_values=True)

    def signer(self):
        """Access key id and service from the signature, which may be in the query."""
        scope = self.query.get("X-Amz-Credential", [None])[0]
        scope = scope or re.search(r"Credential=([^,\s]+)", self.headers.get("authorization", ""))[1]
        # SigV4A signatures name no region.
        key, _date, *_region, service, _end = scope.split("/")
        return key, service


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Ignores the broken connections of killed processes."""


class Gate:
    """Listens on loopback. `keys` maps access key ids to principals; `functions` maps roles to the ARNs of the functions that have them."""

    def __init__(self, principals, emulator_port, encrypted):
        self.principals, self.emulator_port, self.keys, self.functions = principals, emulator_port, {}, {}
        self.encryption = Encryption(encrypted)
        # Services that moto lacks, or that call functions.
        self.others = {}
        gate = self

        class Answering(Handler):
            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, headers, body = gate.answer(Request(self.command, self.path, headers, body))
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                if self.command == "HEAD":
                    self.send_header("content-length", dict((n.lower(), v) for n, v in headers).get("content-length", "0"))
                else:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

        self.server = Server(("127.0.0.1", 0), Answering)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request):
        key, service = request.signer()
        principal = self.keys.get(key)
        asked = needs(service, request, self.encryption)
        if principal is None or not all(self.may(principal, need) for need in asked):
            return refusal(service)
        if service in self.others:
            return self.others[service](request)
        if asked[0].action == "s3:GetObjectRetention":
            return self.retention(request)
        status, headers, body = self.forward(request)
        if service == "secretsmanager" and status == 404:
            # The emulator's own; Secrets Manager answers 400 (API reference: GetSecretValue, "Errors").
            status = 400
        if service == "s3" and status < 300:
            self.encryption.note(request, body)
        if service == "s3" and status == 404 and asked[0].action == "s3:GetObject":
            bucket = asked[0].resource.split("/")[0]
            # S3 answers 403 instead of 404 to callers who may not list the bucket.
            if not self.may(principal, Need("s3:ListBucket", bucket)):
                return refusal(service)
        return status, headers, body

    def retention(self, request):
        """Answers GetObjectRetention from what HeadObject says; moto answers with the object itself."""
        version = urllib.parse.urlencode({"versionId": request.query["versionId"][0]})
        status, headers, _ = self.forward(Request("HEAD", f"{request.path}?{version}", request.headers, b""))
        found = {name.lower(): value for name, value in headers}
        mode, until = (found.get(f"x-amz-object-lock-{part}") for part in ("mode", "retain-until-date"))
        xml = [("content-type", "application/xml")]
        if status >= 300 or not until:
            return 404, xml, b"<Error><Code>NoSuchObjectLockConfiguration</Code></Error>"
        return 200, xml, f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>".encode()

    def may(self, principal, need):
        """Whether the policies allow it. Lambda adds the function to the context of what its code requests (Lambda developer guide: Working with
        Lambda execution environment credentials)."""
        function = self.functions.get(principal)
        source = {"lambda:SourceFunctionArn": function} if function else {}
        return self.principals.may(principal, need.action, need.resource, **need.context, **source)

    def forward(self, request):
        connection = http.client.HTTPConnection("127.0.0.1", self.emulator_port, timeout=60)
        try:
            connection.request(request.method, request.target, request.body, request.headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


def refusal(service):
    if service == "ec2":
        return 403, [("content-type", "application/xml")], XML_OF_EC2.encode()
    if service == "cloudformation":
        return 403, [("content-type", "text/xml")], XML_OF_QUERIES.encode()
    if service in ("s3", "iam"):
        return 403, [("content-type", "application/xml")], XML.encode()
    body = json.dumps({"__type": "AccessDeniedException", "message": "not authorized"}).encode()
    status = 403 if service in ("scheduler", "ses", "xray") else 400
    return status, [("content-type", "application/json"), ("x-amzn-errortype", "AccessDeniedException")], body
