"""Checks the references in the project's pages: links to files and headings, paths in backticks, and the names that a link to a source file mentions."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
# A path from the root of the repository; patterns and placeholders such as `functions/<name>` are left alone.
PATH = re.compile(r"(?:\.ci|benches|console|docs|functions|infra|shared|tests)/[\w./-]*\w")
SOURCES = {".json", ".js", ".mjs", ".py", ".rs", ".yaml"}


def pages() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    seen: Counter[str] = Counter()
    names = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = LINK.sub(r"\1", heading).replace("`", "").lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        names.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names


def link_fault(page: Path, text: str, target: str) -> str | None:
    """The fault of a link to a file of this repository; `None` if there is none."""
    file, _, anchor = unquote(target).partition("#")
    path = (page.parent / file).resolve() if file else page
    if not path.exists():
        return f"there is no {file}"
    if anchor and path.suffix == ".md" and anchor not in anchors(path.read_text(encoding="utf-8")):
        return f"{path.name} has no heading #{anchor}"
    name = re.fullmatch(r"`([\w:.]+?)(?:\(\))?`", text)
    if name and path.suffix in SOURCES and path.name != name[1]:
        word = re.split(r"::|\.", name[1])[-1]
        if not re.search(rf"\b{word}\b", path.read_text(encoding="utf-8")):
            return f"{file} does not mention {word}"
    return None


def faults(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = []
    for label, target in LINK.findall(text):
        if not re.match(r"[a-z]+:", target):
            found.append(link_fault(page, label, target))
    for code in CODE.findall(text):
        if PATH.fullmatch(code) and not (ROOT / code).exists():
            found.append(f"there is no {code}")
    return [fault for fault in found if fault]


def main() -> int:
    listed = pages()
    wrong = [f"{page.relative_to(ROOT)}: {fault}" for page in listed for fault in faults(page)]
    print("\n".join(wrong) if wrong else f"{len(listed)} pages: no broken reference")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
