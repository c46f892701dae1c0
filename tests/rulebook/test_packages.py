"""Each rule has a file that breaks it and one that does not, and each file gives exactly its codes."""

from __future__ import annotations

import json
import uuid
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orgport.cli.judging import judge
from orgport.cli.main import app
from orgport.history.store import HistoryStore
from orgport.imports.addresses import read_addresses
from orgport.imports.deletions import DELETED, make_list
from orgport.imports.guard_rails import Limits, breaches
from orgport.package.model import Refresh
from orgport.package.read import ReadOptions
from orgport.rulebook.example import Example
from orgport.rulebook.pages import Page, pages
from orgport.validation.verdict import ValidationSettings

PACKAGES = Path(__file__).parent.parent / "packages"
TODAY = date(2026, 11, 20)
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
    earlier = folder / "earlier.csv"
    earlier.write_text(example.earlier)
    if example.is_deletion:
        return codes_of_deletion(path, earlier, folder)
    if example.limits:
        return codes_of_comparison(
            path, earlier, folder, limits=Limits.from_json(dict(example.limits))
        )
    if example.earlier:
        flags += ["--against", str(earlier)]
    if example.measured:
        (folder / "measured.csv").write_text(example.measured)
        flags += ["--measured", str(folder / "measured.csv")]
    run = CliRunner().invoke(app, ["check", str(path), "--json", *flags])
    assert run.exit_code in (0, 6), run.output
    return {finding["code"] for finding in json.loads(run.stdout)["findings"]}


def codes_of_comparison(path: Path, earlier: Path, folder: Path, *, limits: Limits) -> set[str]:
    """The limits that the file is past after the earlier one."""
    judged = judge(
        path,
        scratch=folder / "scratch",
        settings=ValidationSettings(),
        upload_date=TODAY,
        options=ReadOptions(requested_refresh=Refresh.FULL),
        against=[earlier],
    )
    assert judged.verdict.accepted
    assert judged.proposal is not None
    return {breach.code for breach in breaches(judged.proposal, limits, today=TODAY)}


def codes_of_deletion(path: Path, earlier: Path, folder: Path) -> set[str]:
    """What comes of the addresses of a deletion, but the persons deleted."""
    scratch = folder / "scratch"
    judge(
        earlier,
        scratch=scratch,
        settings=ValidationSettings(),
        upload_date=TODAY,
        options=ReadOptions(),
        against=[earlier],
    )
    stored = HistoryStore(str(scratch / "history"), tenant_id=uuid.UUID(int=0)).stored()
    made = make_list(read_addresses(path), stored, folder / "list")
    return {*made.frame["Result"]} - {DELETED}


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
