"""`undo` and `restore` beside the server: what would change is said first, then a worker does it."""

from __future__ import annotations

import json

import pytest
from test_history_commands import push, units

from commands import Site, shell_at
from factories import a_person


def test_an_import_is_undone_and_had_back(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shell = shell_at(site, tmp_path_factory.mktemp("undo"))
    shell.environment["ORGPORT_HOME"] = str(site.live.home)
    push(shell, "--full", *(a_person(number) for number in range(3)))
    moved = a_person(2, EffectiveDate="06/01/2025", Organization="Legal")
    edit = push(shell, "--incremental", moved)

    said = site.beside("undo", edit, "--dry-run", "--json")
    assert json.loads(said.stdout)["personsChanged"] == 1
    assert units(shell)["person2"] == "Legal"

    done = site.beside("undo", edit, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert "Of 3 persons 1 changes" in done.stderr
    assert json.loads(done.stdout)["state"] == "succeeded"
    assert units(shell)["person2"] == "Sales"

    again = site.beside("undo", edit, "--yes")
    assert again.returncode == 2
    assert "does not count any more" in again.stderr
    assert site.beside("restore", edit, "--yes").returncode == 0
    assert units(shell)["person2"] == "Legal"


def test_an_import_that_never_was_is_named(site: Site) -> None:
    for named, words in (("999999", "There is no import"), ("x", "number or the id")):
        refused = site.beside("undo", named, "--yes")
        assert refused.returncode == 2
        assert words in refused.stderr
