"""Writes docs/api-reference.md from docs/openapi.json. `--check` fails if the page is stale, and writes nothing."""

import json
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "api-reference.md"
METHODS = ("get", "post", "put", "delete")
# Described once in the head of the page, for all calls.
COMMON_ANSWERS = {"400", "401", "403", "404", "409", "422", "500", "503"}
COMMON_PARAMETERS = {"v", "Idempotency-Key"}
HEAD = """# API reference

Generated from [openapi.json](openapi.json) by `tests/docs/api_reference.py`; edit the handlers' comments instead. The [guide](api.md) explains
tokens, links, purchases and errors.

Paths begin with `/crm/bulk/<version>` unless the heading says otherwise; the versions, {versions}, answer alike. Any call may also be refused
with an [AnyError](#anyerror): 400, 401, 403, 404, 500 or 503. Every POST but `/webhooks/payments` takes an
[`Idempotency-Key`](api.md#repeats) and may answer 409 or 422. Fields and parameters marked with `?` may be absent or null.
"""


def cell(text: str | None) -> str:
    """Text that fits a cell of a table."""
    return re.sub(r"\s+", " ", text or "").strip().replace("|", "\\|")


def anchor(name: str) -> str:
    return re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")


def table(columns: list[str], rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    lines = [columns, ["---"] * len(columns), *rows]
    return ["", *("| " + " | ".join(line) + " |" for line in lines)]


class Reference:
    def __init__(self, document: dict):
        self.document = document
        self.schemas = document["components"]["schemas"]

    def page(self) -> str:
        versions = self.schemas["ApiVersion"]["enum"]
        lines = [HEAD.format(versions=f"`{versions[0]}` to `{versions[-1]}`").rstrip()]
        for tag in self.document["tags"]:
            lines += ["", f"## {tag['name'].capitalize()}", "", tag["description"]]
            for path, method, call in self.calls(tag["name"]):
                lines += self.call(path, method, call)
        lines += ["", "## Objects"]
        for name in sorted(self.schemas):
            lines += self.schema(name)
        return "\n".join(lines) + "\n"

    def calls(self, tag: str) -> list[tuple[str, str, dict]]:
        paths = self.document["paths"].items()
        return [(path, method, calls[method]) for path, calls in paths for method in METHODS if tag in calls.get(method, {}).get("tags", [])]

    def call(self, path: str, method: str, call: dict) -> list[str]:
        lines = ["", f"### {method.upper()} {path.removeprefix('/crm/bulk/{v}')}", "", cell(call["summary"])]
        if call.get("description"):
            lines += ["", cell(call["description"])]
        named = [parameter for parameter in call.get("parameters", []) if parameter["name"] not in COMMON_PARAMETERS]
        rows = [self.parameter(parameter) for parameter in named]
        lines += table(["parameter", "in", "type", "meaning"], rows)
        answers = [self.body(call["requestBody"])] if "requestBody" in call else []
        answers += [self.answer(status, answer) for status, answer in call["responses"].items() if status not in COMMON_ANSWERS]
        return lines + table(["", "content", "meaning"], answers)

    def parameter(self, parameter: dict) -> list[str]:
        name = f"`{parameter['name']}`" + ("" if parameter.get("required") else " ?")
        return [name, parameter["in"], self.type(parameter["schema"]), cell(parameter.get("description"))]

    def body(self, body: dict) -> list[str]:
        return ["body", self.content(body), cell(body.get("description"))]

    def answer(self, status: str, answer: dict) -> list[str]:
        headers = "".join(f"; header `{name}`" for name in answer.get("headers", {}))
        return [status, self.content(answer), cell(answer.get("description")) + headers]

    def content(self, part: dict) -> str:
        kinds = [(kind, self.type(content["schema"])) for kind, content in part.get("content", {}).items()]
        return ", ".join(shown if kind == "application/json" else f"`{kind}`" for kind, shown in kinds)

    def schema(self, name: str) -> list[str]:
        schema = self.schemas[name]
        lines = ["", f"### {name}"]
        if schema.get("description"):
            lines += ["", cell(schema["description"])]
        if "properties" not in schema:
            return [*lines, "", self.type(schema)]
        required = schema.get("required", [])
        rows = [self.field(field, value, field in required) for field, value in schema["properties"].items()]
        return lines + table(["field", "type", "meaning"], rows)

    def field(self, name: str, value: dict, is_required: bool) -> list[str]:
        described = [value, *value.get("oneOf", [])]
        meaning = next((part["description"] for part in described if part.get("description")), "")
        mark = "" if is_required and not self.is_nullable(value) else " ?"
        return [f"`{name}`{mark}", self.type(value), cell(meaning)]

    def is_nullable(self, value: dict) -> bool:
        return "null" in value.get("type", []) or {"type": "null"} in value.get("oneOf", [])

    def type(self, value: dict) -> str:
        """The type in words, with a link if it has a name."""
        if "$ref" in value:
            name = value["$ref"].rsplit("/", 1)[1]
            return f"[{name}](#{anchor(name)})"
        for key, word in (("oneOf", " or "), ("allOf", " with ")):
            if key in value:
                return word.join(self.type(part) for part in value[key] if part != {"type": "null"})
        if "enum" in value:
            return ", ".join(f"`{word}`" for word in value["enum"])
        if value.get("type") == "array" or "items" in value:
            return f"list of {self.type(value['items'])}"
        if "properties" in value:
            fields = "; ".join(f"`{name}` {self.type(field)}" for name, field in value["properties"].items())
            return f"{{ {fields} }}"
        return self.plain(value)

    def plain(self, value: dict) -> str:
        kinds = value.get("type", "any JSON")
        word = next(kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null")
        if value.get("format") in ("date", "date-time"):
            word = value["format"]
        least, most = value.get("minimum", value.get("minLength")), value.get("maximum", value.get("maxLength"))
        if least and most:
            word += f", {least} to {most}"
        if "example" in value:
            word += f", for example `{value['example']}`"
        return cell(word)


def main() -> int:
    page = Reference(json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))).page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page:
        print("docs/api-reference.md is stale: run tests/docs/api_reference.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
