"""Reference pages are what the code says now: `make docs` writes them."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
MAKER: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "write_reference.py"))


def titles(page: str) -> set[str]:
    return set(re.findall(r"^## (.+)$", (REFERENCE / page).read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", sorted(MAKER["PAGES"]))
def test_a_reference_page_is_what_make_docs_would_write(page: str) -> None:
    assert (REFERENCE / page).read_text() == MAKER["PAGES"][page](), "run: make docs"


def test_every_command_has_its_section_and_says_what_it_does() -> None:
    commands = dict(MAKER["commands"]())
    assert set(commands) - {"orgport"} <= titles("command-line.md")
    assert [name for name, command in commands.items() if not command.help] == []


def test_every_option_of_a_command_says_what_it_is_for() -> None:
    silent = [
        f"{name} {parameter.opts[0]}"
        for name, command in MAKER["commands"]()
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.help
    ]
    assert silent == []


def test_every_setting_has_its_line_and_says_what_it_is() -> None:
    from orgport.cli.settings import ClientSettings
    from orgport.server.settings import Settings

    page = (REFERENCE / "settings.md").read_text()
    for model in (ClientSettings, Settings):
        for name, _, what in MAKER["variables"](model):
            assert f"| `{name}` |" in page
            assert what, name


def test_every_error_code_has_its_section_and_no_two_mean_the_same() -> None:
    codes = [error.code for error in MAKER["exceptions"]()]
    assert sorted(codes) == sorted(set(codes))
    assert set(codes) <= titles("errors.md")


def test_every_exit_code_is_explained() -> None:
    from orgport.cli.following import EXIT_CODES, EXIT_WAITS

    used = {error.exit_code for error in MAKER["exceptions"]()} | {*EXIT_CODES.values(), EXIT_WAITS}
    assert used <= set(MAKER["EXIT_CODES"])


def test_every_command_that_prints_json_has_its_keys_explained() -> None:
    printing = {
        name
        for name, command in MAKER["commands"]()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    page = (REFERENCE / "json.md").read_text()
    assert {name for name in printing if f"`{name}`" not in page} == set()
