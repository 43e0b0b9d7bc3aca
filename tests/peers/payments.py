"""Runs Stripe's official Python SDK against the local program's Stripe, and our adapter against localstripe, an independent emulator."""

import contextlib
import http.server
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import stripe

ROOT = pathlib.Path(__file__).parents[2]
EXAMPLE = ROOT / "target/debug/examples/payments_peer"
KEY, SECRET = "sk_test_peer", "whsec_peer"

# localstripe listens on every address and keeps its state in a file below /tmp; here it does neither. Its subscription items have Stripe's
# older name for a price, `plan`, only; here they have both names, as Stripe's do.
LOCALSTRIPE = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda self: None
resources.SubscriptionItem.price = property(lambda self: self.plan)
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


def say(what, value):
    print(f"  {what}: {value}", flush=True)


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")
    say(what, found)


def refused(error, call, what):
    try:
        call()
    except error as caught:
        return say(what, f"{type(caught).__name__} {getattr(caught, 'code', None) or ''}".strip())
    sys.exit(f"{what}: no {error.__name__}")


class Received(http.server.BaseHTTPRequestHandler):
    """Keeps posted messages."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.messages.append((self.headers["stripe-signature"], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def receiver():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Received)
    server.messages = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhooks/payments", server.messages
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def process(command, **options):
    running = subprocess.Popen(command, text=True, **options)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(20)


def wait_for(what, is_there):
    for _ in range(200):
        if is_there():
            return
        time.sleep(0.1)
    sys.exit(f"{what} did not come")


def post(url, fields, key=None):
    """Posts a form without following redirects."""

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode())
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.build_opener(NoRedirect).open(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


CARD = {
    "name": "山田花子", "email": "hanako@example.com", "country": "JP", "postal-code": "100-0001", "address": "千代田区1-1",
    "cc-number": "4242 4242 4242 4242", "cc-exp": "12 / 34", "cc-csc": "123",
}


def line(product, amount, **recurring):
    price = {"currency": "jpy", "unit_amount": amount, "product_data": {"name": product, "metadata": {"product": product}}}
    return {"quantity": 1, "price_data": price | ({"recurring": recurring} if recurring else {})}


def checkout(customer, lines, **more):
    return stripe.checkout.Session.create(
        customer=customer, line_items=lines, locale="ja", success_url="http://127.0.0.1:1/done", cancel_url="http://127.0.0.1:1/", **more
    )


def sdk_buys(customer):
    session = checkout(customer.id, [line("extra", 1500)], mode="payment", payment_intent_data={"metadata": {"order": "8"}})
    expect((session.status, session.payment_status, session.amount_total), ("open", "unpaid", 1500), "a new session")
    status, headers, _ = post(session.url, CARD)
    expect((status, headers["location"]), (303, "http://127.0.0.1:1/done"), "the buyer pays")
    session = stripe.checkout.Session.retrieve(session.id, expand=["payment_intent.latest_charge"])
    expect((session.status, session.payment_status), ("complete", "paid"), "the session")
    charge = session.payment_intent.latest_charge
    expect((charge.paid, charge.metadata["order"], charge.payment_method_details.card.last4), (True, "8", "4242"), "its charge")
    expect(stripe.Refund.create(payment_intent=session.payment_intent.id, amount=500).status, "succeeded", "a refund")
    expect(stripe.Charge.retrieve(charge.id).amount_refunded, 500, "the charge's refunds")
    refused(stripe.InvalidRequestError, lambda: stripe.Refund.create(charge=charge.id, amount=1001), "too large a refund")
    stripe.Refund.create(charge=charge.id)
    refused(stripe.InvalidRequestError, lambda: stripe.Refund.create(charge=charge.id), "a refund of what is refunded")


def sdk_subscribes(customer):
    session = checkout(customer.id, [line("extra", 1500), line("addon", 800, interval="month")], mode="subscription")
    post(session.url, CARD)
    session = stripe.checkout.Session.retrieve(session.id, expand=["subscription", "invoice"])
    expect((session.invoice.billing_reason, session.invoice.status), ("subscription_create", "paid"), "the first invoice")
    subscription = session.subscription
    expect((subscription.status, len(subscription["items"].data)), ("active", 1), "the subscription")
    changed = stripe.Subscription.modify(subscription.id, cancel_at_period_end=True, metadata={"note": "n"})
    expect((changed.cancel_at_period_end, changed.metadata["note"]), (True, "n"), "modify")
    expect(stripe.Subscription.cancel(subscription.id, prorate=True, invoice_now=True).status, "canceled", "cancel")
    refused(stripe.InvalidRequestError, lambda: stripe.Subscription.cancel(subscription.id), "cancel again")
    say("credit", stripe.Customer.retrieve(customer.id).balance)


def sdk_against_our_server():
    print("Stripe's SDK", stripe.VERSION, "against the local program's Stripe")
    with tempfile.TemporaryDirectory() as folder, receiver() as (hook, messages):
        with process([EXAMPLE, "serve", folder, hook], stdout=subprocess.PIPE) as server:
            stripe.api_base, stripe.api_key = json.loads(server.stdout.readline())["url"], KEY
            customer = stripe.Customer.create(name="さくら商事", email="a@example.com", idempotency_key="one")
            again = stripe.Customer.create(name="さくら商事", email="a@example.com", idempotency_key="one")
            expect(again.id, customer.id, "the same customer under the same key")
            refused(stripe.IdempotencyError, lambda: stripe.Customer.create(name="x", idempotency_key="one"), "another one")
            refused(stripe.AuthenticationError, lambda: stripe.Customer.create(api_key="sk_test_other"), "another key")
            refused(stripe.InvalidRequestError, lambda: stripe.Customer.retrieve("cus_1"), "another customer")
            sdk_buys(customer)
            sdk_subscribes(customer)
            events = [event.id for event in stripe.Event.list(limit=100).auto_paging_iter()]
            wait_for("all messages", lambda: len(messages) >= len(events))
        received = [stripe.Webhook.construct_event(body, signature, SECRET) for signature, body in messages]
        expect([event.id for event in received], events[::-1], "messages that the SDK believes, in order")
        signature, body = messages[0]
        error = stripe.SignatureVerificationError
        refused(error, lambda: stripe.Webhook.construct_event(body.replace(b"1500", b"1"), signature, SECRET), "a changed one")
        refused(error, lambda: stripe.Webhook.construct_event(body, signature, "whsec_other"), "another secret")


class Adapter:
    """Our adapter; one line for each call."""

    def __init__(self, running):
        self.running = running

    def __call__(self, *words):
        print(*words, file=self.running.stdin, flush=True)
        return json.loads(self.running.stdout.readline())


class Localstripe:
    """localstripe through its API."""

    def __init__(self, url):
        self.url = url

    def __call__(self, path, **fields):
        status, _, body = post(f"{self.url}/{path}", fields, KEY)
        if status != 200:
            sys.exit(f"localstripe refuses {path}: {status} {body!r}")
        return json.loads(body) if body else None


@contextlib.contextmanager
def localstripe():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]

    def is_there():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True

    with process([sys.executable, "-c", LOCALSTRIPE, str(port)]):
        wait_for("localstripe", is_there)
        yield Localstripe(f"http://127.0.0.1:{port}")


def adapter_subscribes(theirs, ours, customer):
    product = theirs("v1/products", **{"name": "Add-on", "metadata[product]": "addon"})["id"]
    plan = theirs("v1/plans", product=product, amount=800, currency="jpy", interval="month")["id"]
    fields = {"customer": customer, "items[0][plan]": plan, "metadata[org]": "7", "metadata[order]": "8"}
    made = theirs("v1/subscriptions", **fields)
    subscription = made["id"]
    active = {
        "is_ours": True, "standing": "Active", "period_end": made["current_period_end"], "ends_with_period": False, "products": ["addon"],
    }
    expect(ours("subscription", subscription), active, "subscription")
    expect(ours("stop", subscription, "other"), active, "stop what it has not")
    for _ in range(2):
        expect(ours("stop", subscription, "addon"), active | {"ends_with_period": True}, "stop")
    for _ in range(2):
        expect(ours("resume", subscription, "addon"), active, "resume")
    # The second cancellation finds it ended. localstripe ignores proration.
    for _ in range(2):
        expect(ours("end", subscription, "addon"), {}, "end")
    expect(ours("subscription", subscription), active | {"standing": "Ended"}, "subscription")
    expect(ours("resume", subscription, "addon"), {"error": "Conflict"}, "resume what has ended")
    expect(ours("subscription", "sub_none"), {"error": "NotFound"}, "a subscription that is not there")
    return subscription


def adapter_charges(theirs, ours, customer):
    # Unlike Stripe, localstripe does not copy an intent's metadata to its charge, so the charge is made directly.
    fields = {"amount": 1500, "currency": "jpy", "customer": customer, "metadata[org]": "7", "metadata[order]": "8"}
    charge = theirs("v1/charges", **fields)["id"]
    state = {"is_ours": True, "paid": "JPY 1500", "refunded": "JPY 0", "disputed": False}
    expect(ours("charge", charge), state, "charge")
    theirs("v1/refunds", charge=charge, amount=500)
    expect(ours("charge", charge), state | {"refunded": "JPY 500"}, "charge after a refund")
    theirs("v1/refunds", charge=charge, amount=1000)
    expect(ours("charge", charge), state | {"refunded": "JPY 1500"}, "charge after another")
    expect(ours("charge", "ch_none"), {"error": "NotFound"}, "a charge that is not there")


def adapter_reads(ours, messages, subscription, folder):
    abouts = {}
    for number, (signature, body) in enumerate(messages):
        file = folder / f"{number}.json"
        file.write_bytes(body)
        abouts[json.loads(body)["type"]] = ours("message", signature, file)["about"]
        file.write_bytes(body.replace(b'"', b"'", 1))
        if ours("message", signature, file) != {"error": "Refused"}:
            sys.exit("a changed message was believed")
    wanted = f'Subscription("{subscription}")'
    of_subscription = {kind for kind, about in abouts.items() if about == wanted}
    kinds = {"customer.subscription.created", "customer.subscription.deleted", "invoice.created", "invoice.payment_succeeded"}
    expect(sorted(of_subscription), sorted(kinds), "messages about the subscription")
    expect(sorted({about for about in abouts.values() if about != wanted}), ["Nothing"], f"the other {len(abouts) - 4} kinds")


def adapter_against_localstripe():
    print("our adapter against localstripe")
    with tempfile.TemporaryDirectory() as folder, receiver() as (hook, messages), localstripe() as theirs:
        theirs("_config/webhooks/hozon", url=hook, secret=SECRET)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with process([EXAMPLE, "adapter", theirs.url], **pipes) as running:
            ours = Adapter(running)
            customer = ours("customer")["id"]
            say("customer", customer)
            card = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2034, "card[cvc]": "123"}
            method = theirs("v1/payment_methods", **card)["id"]
            theirs(f"v1/payment_methods/{method}/attach", customer=customer)
            theirs(f"v1/customers/{customer}", **{"invoice_settings[default_payment_method]": method})
            subscription = adapter_subscribes(theirs, ours, customer)
            adapter_charges(theirs, ours, customer)
            # Each message is sent a second after its event, in any order.
            stripe.api_base = theirs.url
            happened = len(list(stripe.Event.list(limit=100).auto_paging_iter()))
            wait_for("all messages", lambda: len(messages) >= happened)
            adapter_reads(ours, messages, subscription, pathlib.Path(folder))


sdk_against_our_server()
adapter_against_localstripe()
