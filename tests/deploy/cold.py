"""Measures cold starts of release binaries on this machine, alternating with a minimal function: the time from the start of the process to its
first request for an event (init), to the first answer, and to the next answer, each without the emulated AWS's own time.
`cold.py <folder of binaries> [<rounds>]`"""

import statistics
import sys
import threading
import time

from lambda_host import Host
from services import cloudtrail_delivers
from stories import BACKUP, Organisation, signed_links
from world import World


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    world = World(sys.argv[1])
    organisation = Organisation(world)
    hosts = {name.lower(): (host, event) for name, host, event in events(world, organisation)}
    hello = Host("Hello", "arn", [world.binaries / "examples/hello"], world.variables("Authorize"), None)
    hosts = {"hello": (hello, {}), **hosts}
    for host, _ in hosts.values():
        host.observe = lambda *_: None
    aws = Waits(world.gate)
    times = {name: [] for name in hosts}
    for _ in range(rounds):
        for name, (host, event) in hosts.items():
            host.stop()
            times[name].append(measure(host, event, aws))
    print(f"{'':<10} {'init':>6} {'first answer':>13} {'next answer':>12}   medians of {rounds}, in ms, without the emulated AWS's time")
    for name, found in times.items():
        init, first, following = (1000 * statistics.median(one) for one in zip(*found))
        print(f"{name:<10} {init:6.1f} {first:13.1f} {following:12.1f}")
    hello.stop()
    world.stop()


def events(world, organisation):
    """One repeatable event for each function."""
    organisation.back_up()
    link = signed_links(organisation)[0]
    calls = {
        "Authorize": lambda: organisation.call("GET", "/history"),
        "Schedule": lambda: organisation.call("GET", "/summary"),
        "Download": lambda: world.api.call("GET", f"{BACKUP}/urls", token=organisation.token),
        "Activity": lambda: organisation.call("GET", "/history"),
        "Explore": lambda: organisation.call("GET", f"/{organisation.items('BACKUP#')[0]['sk']['S'].removeprefix('BACKUP#')}/modules"),
        "Purchase": lambda: organisation.call("GET", "/subscriptions"),
        "Connection": lambda: organisation.call("GET", "/connection"),
        "Archive": organisation.back_up,
        "Access": lambda: cloudtrail_delivers(world, link),
        "Trigger": lambda: world.hosts["Trigger"].invoke({"sweep": {}}),
        "Notify": lambda: world.hosts["Notify"].invoke({"again": {}}),
    }
    for name, call in calls.items():
        host, seen = world.hosts[name], []
        invoke = host.invoke
        host.invoke = lambda event, invoke=invoke, seen=seen: seen.append(event) or invoke(event)
        call()
        host.invoke = invoke
        yield name, host, seen[0]


class Waits:
    """Measures how long requests to the emulated AWS were in flight."""

    def __init__(self, gate):
        self.total, self.under_way, self.since, self.lock = 0.0, 0, 0.0, threading.Lock()
        self.answered, gate.answer = gate.answer, self.answer

    def answer(self, request):
        self.count(1)
        try:
            return self.answered(request)
        finally:
            self.count(-1)

    def count(self, change):
        with self.lock:
            now = time.monotonic()
            if self.under_way:
                self.total += now - self.since
            self.since, self.under_way = now, self.under_way + change


def measure(host, event, aws):
    host.started = None
    begun, waited = time.monotonic(), aws.total
    host.start()
    while host.started is None:
        assert host.process.poll() is None, host.written()
        time.sleep(0.0005)
    init = host.started - begun - (aws.total - waited)
    return init, timed(host, event, aws), timed(host, event, aws)


def timed(host, event, aws):
    called, waited = time.monotonic(), aws.total
    host.invoke(event)
    return time.monotonic() - called - (aws.total - waited)


if __name__ == "__main__":
    main()
