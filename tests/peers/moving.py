"""Amounts that a CRM's own code moves between records while backups are made."""

import contextlib
import subprocess

from backup import require


@contextlib.contextmanager
def moving_amounts(command, log, moves_before):
    """Runs a command that moves amounts until its input ends and prints each number of moves, and waits for the first moves. Yields a list, to which the number of moves is added at the end."""
    moved = []
    with open(log, "w") as errors:
        process = subprocess.Popen(**command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
    try:
        if all(process.stdout.readline() for _ in range(moves_before)):
            yield moved
    finally:
        process.stdin.close()
        counted = process.stdout.read().split()
        require(not process.wait() and counted, log.read_text())
    moved.append(int(counted[-1]))
