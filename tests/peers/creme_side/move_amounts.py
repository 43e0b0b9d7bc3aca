"""Moves amounts between opportunities through Creme's models, until standard input ends. Prints how many it moved. Runs in Creme's environment."""

import random
import sys
import threading

import django

django.setup()

from django.db.transaction import atomic

from creme.opportunities.models import Opportunity

# Leaves some of the machine to the backup.
PAUSE_SECONDS = 0.02
ended = threading.Event()


def wait_for_the_end():
    sys.stdin.read()
    ended.set()


threading.Thread(target=wait_for_the_end, daemon=True).start()
ids = list(Opportunity.objects.filter(estimated_sales__isnull=False).values_list("id", flat=True))
moved = 0
while not ended.wait(PAUSE_SECONDS):
    one, other = (Opportunity.objects.get(id=id) for id in random.sample(ids, 2))
    if not one.estimated_sales:
        continue
    amount = random.randint(1, one.estimated_sales)
    one.estimated_sales -= amount
    other.estimated_sales += amount
    # Creme writes a line of history for each.
    with atomic():
        one.save()
        other.save()
    moved += 1
    print(moved, flush=True)
