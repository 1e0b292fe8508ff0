"""The documentation as data: its pages, their headings, tables, links and code blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_CELL = re.compile(r"(?<!\\)\|")
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str


def page(name: str) -> str:
    return (ROOT / name).read_text()


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def rows(name: str, heading: str) -> list[dict[str, str]]:
    """The first table below a heading: a dict for each line, by the titles of the columns."""
    lines = _below(page(name), heading).splitlines()
    table = [_cells(line) for line in _first_table(lines)]
    assert len(table) > 2, f"{name} has no table below `{heading}`."
    titles, _, *body = table
    return [dict(zip(titles, cells, strict=True)) for cells in body]


def column(name: str, heading: str, title: str) -> list[str]:
    return [plain(row[title]) for row in rows(name, heading)]


def plain(cell: str) -> str:
    """A cell without its code marks."""
    return cell.replace("`", "").replace("\\|", "|").strip()


def headings(text: str) -> list[str]:
    return _HEADING.findall(without_blocks(text))


def anchor(heading: str) -> str:
    """As GitHub makes it: lower case, punctuation left out, dashes for spaces."""
    return re.sub(r"[^\w\- ]", "", plain(heading).lower()).replace(" ", "-")


def links(text: str) -> list[str]:
    return _LINK.findall(without_blocks(text))


def blocks(text: str) -> Iterator[Block]:
    for match in _FENCE.finditer(text):
        yield Block(match["language"], match["text"])


def without_blocks(text: str) -> str:
    return _FENCE.sub("", text)


def code_words(text: str) -> list[str]:
    """What stands in backticks within a line."""
    return _CODE.findall(without_blocks(text))


def _below(text: str, heading: str) -> str:
    _, found, below = f"\n{text}".partition(f"\n{heading}\n")
    assert found, f"There is no heading `{heading}`."
    return below


def _first_table(lines: list[str]) -> Iterator[str]:
    started = False
    for line in lines:
        if line.startswith("|"):
            started = True
            yield line
        elif started or line.startswith("#"):
            return


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(line.strip().strip("|"))]
