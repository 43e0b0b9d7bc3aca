"""Runs every story with the template's roles, and finds the statements that none of them uses. Then shows that each statement of each
role is needed: without it, a story fails. `prove.py [--stories] <folder of binaries> [<role>...]`; without a role, for all of them, and with
`--stories`, without the second part."""

import sys
import time
import traceback

import stories_of_access  # noqa: F401 - it adds its stories
import stories_of_erasing  # noqa: F401
import stories_of_exploring  # noqa: F401
import stories_of_programs  # noqa: F401
import stories_of_restores  # noqa: F401
import stories_of_runs  # noqa: F401
import stories_of_sources  # noqa: F401
import stories_of_zoho  # noqa: F401
from stories import STORIES
from world import World


def main():
    started = time.monotonic()
    arguments = [argument for argument in sys.argv[1:] if argument != "--stories"]
    world = World(arguments[0])
    roles = arguments[1:] or list(world.principals.statements)
    try:
        runs = run_all(world, roles)
        unused = [one for one in world.principals.unused() if one[0] in roles]
        if unused:
            raise SystemExit(f"given and never used: {unused}")
        table = [] if "--stories" in sys.argv else prove(world, roles, runs)
    finally:
        world.stop()
    if not table:
        print(f"\n{len(runs)} stories pass, and use every statement; {time.monotonic() - started:.0f} s")
        return
    print(f"\n{'role':<19} {'statement':<24} the story that fails without it")
    for role, statement, name in table:
        print(f"{role:<19} {statement:<24} {name}")
    print(f"\n{len(table)} statements, each needed; {time.monotonic() - started:.0f} s")


class StoryRun:
    """How long a story took, and which statements it used, as pairs of role and statement."""

    def __init__(self, seconds, used):
        self.seconds, self.used = seconds, used


def run_all(world, roles):
    """Runs each story once, with all statements."""
    runs = {}
    for role in roles:
        if role not in STORIES:
            raise SystemExit(f"no story is about {role}")
        for story in STORIES[role]:
            if story in runs:
                continue
            begun = time.monotonic()
            world.cold()
            world.principals.begin_story()
            try:
                story(world)
            except BaseException:
                traceback.print_exc()
                raise SystemExit(f"{words(story)}: failed; refused: {world.principals.refused}") from None
            runs[story] = StoryRun(time.monotonic() - begun, world.principals.used_in_story)
            print(f"{runs[story].seconds:6.2f} s  {role:<19} {words(story)}", flush=True)
    return runs


def prove(world, roles, runs):
    """Leaves one statement out and runs stories until one fails."""
    table = []
    for role in roles:
        for statement in world.principals.statements[role]:
            # A story that does not use a statement cannot miss it.
            using = [story for story in STORIES[role] if (role, statement.id) in runs[story].used]
            failed = first_failure(world, role, statement, sorted(using, key=lambda story: runs[story].seconds))
            if failed is None:
                raise SystemExit(f"{role} does not need {statement.id}: every story passes without it")
            table.append((role, statement.id, words(failed)))
            print(".", end="", flush=True)
    return table


def first_failure(world, role, statement, stories):
    for story in stories:
        # A warm function's memory could hide that it lost the permission to read.
        world.cold()
        world.machine.forget()
        with world.principals.lacking(role, statement.id):
            world.principals.begin_story()
            try:
                story(world)
            except Exception:
                # Without a denial more is allowed, not less.
                if statement.denies or any(principal == role for principal, _, _ in world.principals.refused):
                    return story
                print(f"\n{role} without {statement.id}: {words(story)} fails, and nothing was refused")
                raise
    return None


def words(story):
    return story.__name__.replace("_", " ")


if __name__ == "__main__":
    main()
