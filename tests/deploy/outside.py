"""Emulates what lies outside AWS: the token issuer, the part of Stripe that an order needs, and a webhook's receiver."""

import hashlib
import hmac
import http.server
import json
import threading
import time
import urllib.parse

from joserfc import jwk, jwt

from serving import Handler

ISSUER, AUDIENCE = "https://id.example.com", "hozon"


class Outside:
    """One loopback server for all three."""

    def __init__(self):
        self.key = jwk.ECKey.generate_key("P-256", {"kid": "key-1", "use": "sig", "alg": "ES256"}, private=True)
        self.sessions, self.received, self.takes_webhooks = {}, [], True
        outside = self

        class Answering(Handler):
            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, answer = outside.answer(self.command, urllib.parse.urlsplit(self.path).path, body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = handle_any

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"

    def places(self):
        return {"HOZON_OIDC_JWKS_URL": f"{self.url}/jwks.json", "HOZON_PAYMENT_ENDPOINT": self.url}

    def token(self, org, role="administrator"):
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "1", "org": str(org), "role": role, "name": "Admin", "iat": now, "exp": now + 600,
                  "email": f"admin-{org}@example.org", "locale": "ja"}
        return jwt.encode({"alg": "ES256", "kid": "key-1"}, claims, self.key)

    def answer(self, method, path, body):
        match method, path.strip("/").split("/"):
            case "GET", ["jwks.json"]:
                return 200, {"keys": [self.key.as_dict(private=False)]}
            case "POST", ["hook"]:
                self.received.append(json.loads(body))
                return (200 if self.takes_webhooks else 503), {}
            case "POST", ["v1", "customers"]:
                return 200, {"id": "cus_1", "object": "customer"}
            case "POST", ["v1", "checkout", "sessions"]:
                return 200, self.open(dict(urllib.parse.parse_qsl(body.decode())))
            case "POST", ["v1", "checkout", "sessions", id, "expire"]:
                self.sessions[id]["status"] = "expired"
                return 200, self.sessions[id]
            case "GET", ["v1", "checkout", "sessions", id]:
                return 200, self.sessions[id]
        return 404, {"error": {"type": "invalid_request_error"}}

    def open(self, fields):
        id = f"cs_test_{len(self.sessions)}"
        metadata = {name: fields[f"metadata[{name}]"] for name in ("org", "order")}
        lines = [name for name in fields if name.endswith("[unit_amount]")]
        self.sessions[id] = {
            "id": id, "object": "checkout.session", "mode": fields["mode"], "status": "open", "payment_status": "unpaid", "metadata": metadata,
            "client_reference_id": fields["client_reference_id"], "amount_total": sum(int(fields[name]) for name in lines),
            "currency": fields["line_items[0][price_data][currency]"], "customer": "cus_1", "subscription": None, "invoice": None,
            "payment_intent": None, "url": f"{self.url}/pay/{id}", "expires_at": int(fields["expires_at"]), "created": int(time.time()),
        }
        return self.sessions[id]

    def pay(self, id):
        """Pays a session and returns the signed message about it."""
        session = self.sessions[id]
        charge = {"id": "ch_1", "object": "charge", "receipt_url": "https://pay.example.com/receipts/1"}
        intent = {"id": "pi_1", "object": "payment_intent", "status": "succeeded", "latest_charge": charge, "metadata": session["metadata"]}
        session |= {"status": "complete", "payment_status": "paid", "payment_intent": intent, "url": None}
        event = {"id": f"evt_{id}", "object": "event", "type": "checkout.session.completed", "api_version": "2024-06-20",
                 "created": int(time.time()), "livemode": False, "data": {"object": {**session, "payment_intent": "pi_1"}}}
        body, now = json.dumps(event), int(time.time())
        signature = hmac.new(b"whsec_1", f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
        return body, f"t={now},v1={signature}"
