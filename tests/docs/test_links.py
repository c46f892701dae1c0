"""What the documents point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(page.read_text()))
    return {title.replace(" ", "-") for title in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_of_a_page_resolves(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def test_every_decision_is_listed_in_its_order_under_its_title() -> None:
    listed = re.findall(
        r"^(\d+)\. \[(.+)\]\((.+)\)$", (ROOT / "docs/adr/README.md").read_text(), re.M
    )
    pages = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [name for _, _, name in listed] == [page.name for page in pages]
    for (number, title, _), page in zip(listed, pages, strict=True):
        assert page.read_text().splitlines()[0] == f"# {number}. {title}"
        assert page.name.startswith(f"{int(number):04}-")


def test_every_page_of_the_documents_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = (target.partition("#")[0] for target in LINK.findall(page.read_text()))
        paths = [(page.parent / target).resolve() for target in targets if target]
        waiting += [path for path in paths if path.is_file()]
        waiting += [path / "README.md" for path in paths if (path / "README.md").is_file()]
    assert {str(page.relative_to(ROOT)) for page in set(PAGES) - reached} == set()
