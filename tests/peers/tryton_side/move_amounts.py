"""Moves amounts between opportunities through proteus, until standard input ends. Prints how many it moved. Runs in Tryton's environment."""

import random
import sys
import threading

from session import begin

from proteus import Model

# Leaves some of the machine to the backup.
PAUSE_SECONDS = 0.02
ended = threading.Event()


def wait_for_the_end():
    sys.stdin.read()
    ended.set()


threading.Thread(target=wait_for_the_end, daemon=True).start()
begin()
Opportunity = Model.get("sale.opportunity")
known = Opportunity.find([("amount", "!=", None)])
moved = 0
while not ended.wait(PAUSE_SECONDS):
    one, other = random.sample(known, 2)
    if not one.amount:
        continue
    amount = random.randint(1, int(one.amount))
    one.amount -= amount
    other.amount += amount
    # Tryton saves both in one transaction.
    Opportunity.save([one, other])
    moved += 1
    print(moved, flush=True)
