"""Prints parties, addresses, contact mechanisms, opportunities and attachments as proteus has them: one JSON line for each. Runs in Tryton's environment."""

import hashlib
import json

from session import begin

from proteus import Model

FIELDS = {
    "party.party": ["name", "code", "active"],
    "party.address": ["party", "street_unstructured", "city", "active"],
    "party.contact_mechanism": ["party", "type", "value", "comment"],
    "sale.opportunity": ["number", "party", "company", "start_date", "description", "comment", "amount", "conversion_probability", "state"],
    "ir.attachment": ["name", "type", "link", "resource", "data"],
}


def text(value, kind):
    """A value of a field of that kind as PostgreSQL would write it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if kind == "reference":
        return f"{value.__class__.__name__},{value.id}"
    return str(value.id if isinstance(value, Model) else value)


begin()
for name, fields in FIELDS.items():
    kinds = {field: Model.get(name)._fields[field]["type"] for field in fields}
    for record in Model.get(name).find([("active", "in", [True, False])] if "active" in fields else [], order=[("id", "ASC")]):
        print(json.dumps([name.replace(".", "_"), {"id": str(record.id), **{field: text(getattr(record, field), kind) for field, kind in kinds.items()}}]))
