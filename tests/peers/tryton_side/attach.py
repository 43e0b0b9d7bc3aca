"""Attaches files to parties and opportunities through proteus, wherever Tryton's settings say that files lie. Runs in Tryton's environment."""

import random
import sys

from session import begin

from proteus import Model

FILES = 40
# Names that a path, a zip or a CSV file may change.
HOSTILE = ["=1+1.pdf", "../../passwd", "a/b\\c:*?.txt", '"quoted", and a comma.txt', "髙橋 𠮷野家 見積書.pdf", "semi;colon, and a comma.txt", "same.pdf", "same.pdf", "x" * 200]
LARGE_BYTES = 3_000_000


def size(number):
    return LARGE_BYTES if number == len(HOSTILE) else random.randrange(3_000)


random.seed(sys.argv[1])
begin()
parties, opportunities = (Model.get(name).find([], order=[("id", "ASC")]) for name in ("party.party", "sale.opportunity"))
made = []
for number in range(FILES):
    name = HOSTILE[number] if number < len(HOSTILE) else f"見積 {number}.pdf"
    # The files of hostile names are all at one record.
    record = parties[0] if number < len(HOSTILE) else random.choice([*parties, *opportunities])
    data = random.randbytes(size(number)) or b"x"
    made.append(Model.get("ir.attachment")(name=name, type="data", data=data, resource=record))
made.append(Model.get("ir.attachment")(name="a link, no file", type="link", link="https://example.com/", resource=parties[0]))
Model.get("ir.attachment").save(made)
