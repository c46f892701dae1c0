"""Every code that a finding can have has a page, and the written pages are those of the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import orgport
from orgport.cli.main import app
from orgport.finding import Severity
from orgport.rule import RULE_SETS
from orgport.rulebook.markdown import as_markdown, list_as_markdown
from orgport.rulebook.pages import pages

SOURCE = Path(orgport.__file__).parent
DOCS = Path(__file__).parent.parent.parent / "docs" / "rules"
CODE = re.compile(r'"((?:PKG|META|HDR|FILE|ROW|VAL|POP|ADV)_[A-Z_]+)"')
JUDGING = ("package", "validation", "imports")


def test_every_code_in_the_source_has_a_page() -> None:
    files = [file for folder in JUDGING for file in (SOURCE / folder).rglob("*.py")]
    named = {code for file in files for code in CODE.findall(file.read_text())}
    assert named - pages().keys() == set()


def test_the_written_pages_are_those_of_the_rules() -> None:
    expected = {f"{page.code}.md": as_markdown(page) for page in pages().values()}
    expected["README.md"] = list_as_markdown(pages().values())
    written = {path.name: path.read_text(encoding="utf-8") for path in DOCS.iterdir()}
    stale = {name for name in expected | written if expected.get(name) != written.get(name)}
    assert stale == set(), "run make docs"


def test_every_rule_says_what_to_do_and_since_when() -> None:
    rules = [page.rule for page in pages().values()]
    assert [rule.code for rule in rules if not rule.hint or not rule.meaning] == []
    assert {rule.since for rule in rules} <= set(RULE_SETS)
    assert [
        rule.code for rule in rules if rule.excludable and rule.severity is not Severity.ERROR
    ] == []


def explained(*arguments: str) -> str:
    run = CliRunner().invoke(app, ["explain", *arguments])
    assert run.exit_code == 0
    return run.stdout


def test_explain_shows_the_page_of_a_code_in_whatever_case() -> None:
    assert "# VAL_DATE" in explained("val_date")
    assert "How to mend it" in explained("VAL_DATE")


def test_explain_lists_the_codes_about_a_word() -> None:
    assert "POP_LOOP" in explained("circle")
    assert "VAL_DATE" not in explained("circle")
    assert len(explained().splitlines()) == len(pages())


def test_explain_refuses_a_code_that_there_is_not() -> None:
    run = CliRunner().invoke(app, ["explain", "VAL_DAET"])
    assert str(run.exception) == "There is no rule VAL_DAET. Did you mean VAL_DATE?"


@pytest.mark.parametrize("code", ["VAL_DATE", "PKG_BOMB"])
def test_explain_gives_json(code: str) -> None:
    assert f'"code": "{code}"' in explained(code, "--json")
