"""Cold starts of release binaries on this machine, alternately with the least function there is: the time from the process to its first
request for an event (init), to its first answer, and of the next answer. `cold.py <folder of binaries> [<rounds>]`"""

import statistics
import sys
import time

from lambda_host import Host
from services import bucket_tells
from stories import BACKUP, Organisation
from world import World


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    world = World(sys.argv[1])
    organisation = Organisation(world)
    begin = first_task(world, organisation)
    (link,) = organisation.call("GET", "/urls")["urls"]["data_links"]
    environment = world.variables("Authorize")
    hello = Host("Hello", "arn", [world.binaries / "examples/hello"], environment, lambda *_: None)
    calls = {
        "hello": (hello, lambda: hello.invoke({})),
        "authorize": (world.hosts["Authorize"], lambda: world.api.authorize("GET", "/", "", {"RouteKey": "$default"}, bearer(organisation))),
        "schedule": (world.hosts["Schedule"], lambda: organisation.call("GET", "/summary")),
        "download": (world.hosts["Download"], lambda: world.api.call("GET", f"{BACKUP}/urls", token=organisation.token)),
        "activity": (world.hosts["Activity"], lambda: organisation.call("GET", "/history")),
        "purchase": (world.hosts["Purchase"], lambda: organisation.call("GET", "/subscriptions")),
        "archive": (world.hosts["Archive"], lambda: world.hosts["Archive"].invoke(begin)),
        "access": (world.hosts["Access"], lambda: bucket_tells(world, link)),
        "trigger": (world.hosts["Trigger"], lambda: world.hosts["Trigger"].invoke({"sweep": {}})),
        "notify": (world.hosts["Notify"], lambda: world.hosts["Notify"].invoke({"again": {}})),
    }
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, (host, call) in calls.items():
            host.stop()
            times[name].append(measure(host, call))
    print(f"{'':<10} {'init':>8} {'first answer':>13} {'next answer':>12}   medians of {rounds}, in ms")
    for name, found in times.items():
        init, first, following = (1000 * statistics.median(one) for one in zip(*found))
        print(f"{name:<10} {init:8.1f} {first:13.1f} {following:12.1f}")
    hello.stop()
    world.stop()


def first_task(world, organisation):
    """Makes a backup; gives the event of its first task, which may be repeated."""
    events, invoke = [], world.hosts["Archive"].invoke
    world.hosts["Archive"].invoke = lambda event: events.append(event) or invoke(event)
    organisation.back_up()
    world.hosts["Archive"].invoke = invoke
    return events[0]


def measure(host, call):
    host.started = None
    begun = time.monotonic()
    host.start()
    while host.started is None:
        assert host.process.poll() is None, host.lines
        time.sleep(0.0005)
    init = host.started - begun
    called = time.monotonic()
    call()
    first = time.monotonic() - called
    called = time.monotonic()
    call()
    return init, init + first, time.monotonic() - called


def bearer(organisation):
    return {"authorization": f"Bearer {organisation.token}"}


if __name__ == "__main__":
    main()
