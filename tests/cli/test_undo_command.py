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


_SAVE_EXTRACT = """
import sys
import django
django.setup()
from datetime import UTC, datetime
from orgport.server.records.models import Connection, ImportRecord
from orgport.server.wiring.extracts import save_extract
from orgport.server.wiring.registrations import Actor
of = ImportRecord.objects.get(id=sys.argv[1])
Connection.objects.filter(tenant=of.tenant).update(guard_rails={"blanked_share": None})
by = Actor("admin@contoso.com", datetime.now(UTC))
save_extract(of.tenant, name="Places", fields=["Location"], day=None, by=by)
"""


def test_the_extracts_that_an_undo_disables_are_named_before_and_in_its_preview(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shell = shell_at(site, tmp_path_factory.mktemp("extracts"))
    shell.environment["ORGPORT_HOME"] = str(site.live.home)
    push(shell, "--full", a_person(0))
    (shell.folder / "p.csv").write_text(
        "PersonId,EffectiveDate,Location\nperson0@contoso.com,06/01/2025,Bilbao\n"
    )
    shell("pack", "p.csv", "--incremental", "--yes")
    edit = str(shell("push", "p.zip", "--json").document["id"])
    site.live.run(_SAVE_EXTRACT, edit)
    words = "This disables 1 extract, whose last result stays: Places (Location)."

    said = site.beside("undo", edit, "--dry-run", "--json")
    assert words in said.stderr
    assert json.loads(said.stdout)["extractsDisabled"] == ["Places"]
    undone = json.loads(site.beside("undo", edit, "--yes", "--json").stdout)
    assert undone["state"] == "succeeded"
    assert words in site.beside("preview", undone["import"]).stdout
    document = json.loads(site.beside("preview", undone["import"], "--json").stdout)
    assert document["extractsDisabled"] == ["Places"]


def test_an_import_that_never_was_is_named(site: Site) -> None:
    for named, words in (("999999", "There is no import"), ("x", "number or the id")):
        refused = site.beside("undo", named, "--yes")
        assert refused.returncode == 2
        assert words in refused.stderr
