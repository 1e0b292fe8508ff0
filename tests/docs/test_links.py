"""Nothing in the documentation points into the void: links, anchors, files, and names inside files."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchor, code_words, headings, links, name_of, without_blocks

TOP = {file.name for file in ROOT.iterdir() if not file.name.startswith(".")}

_FILE = re.compile(r"(?P<path>[\w.-]+(?:/[\w.-]+)*/?)(?:: (?P<name>\w+))?")

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def broken(page: Path, link: str) -> bool:
    path, _, fragment = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return True
    return bool(fragment) and fragment not in {anchor(heading) for heading in headings(target.read_text())}


def named_files(text: str) -> list[tuple[str, str]]:
    """The paths from the root that stand in code marks, each with the name inside the file that follows it, or ''."""
    matches = [match for word in code_words(text) if (match := _FILE.fullmatch(word))]
    return [
        (match["path"], match["name"] or "")
        for match in matches
        if match["path"].partition("/")[0] in TOP and ("/" in match["path"] or "." in match["path"])
    ]


@every_page
def test_it_links_to_what_is_there(page: Path) -> None:
    inside = [link for link in links(page.read_text()) if "://" not in link]
    assert [link for link in inside if broken(page, link)] == []


@every_page
def test_it_names_files_that_are_there(page: Path) -> None:
    assert [path for path, _ in named_files(page.read_text()) if not (ROOT / path).exists()] == []


@every_page
def test_it_names_what_is_in_the_files(page: Path) -> None:
    missing = [
        f"{path}: {name}"
        for path, name in named_files(page.read_text())
        if name and not re.search(rf"\b(def|class) {name}\b|^ *{name}( =|: )", (ROOT / path).read_text(), re.M)
    ]
    assert missing == []


def test_it_is_all_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        here = waiting.pop()
        if here not in seen and here.suffix == ".md" and here.exists():
            seen.add(here)
            inside = (link.partition("#")[0] for link in links(here.read_text()) if "://" not in link)
            waiting += [(here.parent / path).resolve() for path in inside if path]
    assert [name_of(page) for page in PAGES if page not in seen] == []


@every_page
def test_it_keeps_to_the_line_width(page: Path) -> None:
    """Tables, and links that cannot be broken, may be longer."""
    long = [line for line in without_blocks(page.read_text()).splitlines() if len(line) > 120]
    assert [line for line in long if not line.startswith("|") and "](" not in line] == []
