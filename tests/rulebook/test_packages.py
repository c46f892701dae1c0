"""Each rule has a file that breaks it and one that does not, and each file gives exactly its codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orgport.cli.main import app
from orgport.rulebook.example import Example
from orgport.rulebook.pages import Page, pages

PACKAGES = Path(__file__).parent.parent / "packages"
PAGES = list(pages().values())
FILES = [("reject", page, page.explanation.fails) for page in PAGES] + [
    ("accept", page, page.explanation.passes) for page in PAGES
]


def path_of(kind: str, page: Page, example: Example) -> Path:
    name = example.file_name
    if page.code == "ADV_FILE_NAME" and kind == "accept":
        return PACKAGES / kind / page.code / "people.csv"
    return PACKAGES / kind / page.code / name


def codes_of(path: Path, example: Example, folder: Path) -> set[str]:
    flags = [*example.flags]
    if example.earlier:
        earlier = folder / "earlier.csv"
        earlier.write_text(example.earlier)
        flags += ["--against", str(earlier)]
    run = CliRunner().invoke(app, ["check", str(path), "--json", *flags])
    assert run.exit_code in (0, 6), run.output
    return {finding["code"] for finding in json.loads(run.stdout)["findings"]}


@pytest.mark.parametrize(
    ("kind", "page", "example"),
    FILES,
    ids=[f"{kind}-{page.code}" for kind, page, _ in FILES],
)
def test_a_file_gives_exactly_its_codes(
    tmp_path: Path, kind: str, page: Page, example: Example
) -> None:
    expected = {*example.also, *([page.code] if kind == "reject" else [])}
    assert codes_of(path_of(kind, page, example), example, tmp_path) == expected


@pytest.mark.parametrize("kind", ["accept", "reject"])
def test_the_files_are_those_of_the_rulebook(kind: str) -> None:
    expected = {path_of(one, page, example) for one, page, example in FILES if one == kind}
    found = {path for path in (PACKAGES / kind).rglob("*") if path.is_file()}
    assert found == expected


def test_a_file_has_the_content_that_its_page_shows() -> None:
    texts = [one for one in FILES if one[2].ending != ".zip"]
    stale = [one[1].code for one in texts if path_of(*one).read_bytes() != one[2].content]
    assert stale == []
