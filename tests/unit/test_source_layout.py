"""How the source is laid out: short modules that say what they are for, under names that mean something."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import orgport

SOURCE = Path(orgport.__file__).parent
MODULES = sorted(
    path for path in SOURCE.rglob("*.py") if "migrations" not in path.relative_to(SOURCE).parts
)
MOST_LINES = 400
NAMES_THAT_SAY_NOTHING = {"common", "helpers", "misc", "tools", "util", "utils"}


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def test_no_module_is_longer_than_four_hundred_lines():
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_every_module_opens_with_a_sentence_on_what_it_is_for():
    silent = [
        name_of(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing():
    assert [name_of(path) for path in MODULES if path.stem in NAMES_THAT_SAY_NOTHING] == []


@pytest.mark.parametrize(
    "core", ["attributes", "finding.py", "errors.py", "history", "identity", "imports", "package"]
)
def test_the_core_asks_no_clock(core: str):
    paths = [SOURCE / core] if core.endswith(".py") else sorted((SOURCE / core).rglob("*.py"))
    asked = [
        f"{name_of(path)}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today")
    ]
    assert asked == []
