"""`undo` and `restore` beside the server: what would change is said first, then a worker does it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from test_history_commands import HEADERS, push, units

from commands import CommandLine, Site, shell_at
from factories import a_person, csv_of
from live import wait_until

_LIMIT = """
import json, sys
import django
django.setup()
from orgport.server.records.models import Connection
Connection.objects.update(guard_rails=json.loads(sys.argv[1]))
"""


@pytest.fixture
def limited(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """A shell beside the server, whose connection asks an approver where a tenth would go."""
    shell = shell_at(site, tmp_path_factory.mktemp("limited"))
    shell.environment.update(ORGPORT_HOME=str(site.live.home), ORGPORT_PORT=str(site.live.port))
    push(shell, "--full", *(a_person(number) for number in range(4)))
    push(shell, "--incremental", *(a_person(number) for number in range(4, 8)))
    site.live.run(_LIMIT, json.dumps({}))
    yield shell
    site.live.run(_LIMIT, json.dumps({"removed_share": None, "blanked_share": None}))


def test_an_undo_that_waits_for_approval_is_no_success_and_says_where_it_is_decided(
    site: Site, limited: CommandLine
) -> None:
    made = json.loads(limited.apart("history", "--json", "--status", "success").stdout)
    newest = str(made[0]["number"])
    asked = limited.apart("undo", f"#{newest}", "--yes")
    assert asked.returncode == 10
    number, import_id = re.findall(r"Waiting for approval  import (\d+)  (\S+)", asked.stdout)[0]
    page = f"{site.live.url}/imports/{import_id}/"
    assert page in asked.stderr
    assert "role approver" in asked.stderr
    assert "orgport user create EMAIL --role approver" in asked.stderr
    assert len(units(limited)) == 8

    refused = limited("push", "p.zip", code=5)
    assert f"Import {import_id} is running (Waiting for approval)" in refused.err
    for named in (import_id[:8], f"#{number}"):
        told = limited.apart("status", named)
        assert told.returncode == 0, told.stderr
        assert told.stdout == f"Waiting for approval  import {import_id}\n"
        assert page in told.stderr
    assert json.loads(limited.apart("status", number, "--json").stdout)["page"] == page

    assert limited.apart("abandon", number, "--yes").returncode == 0
    assert limited.apart("status", number).stdout == f"Abandoned  import {import_id}\n"


def test_a_push_that_waits_for_approval_names_itself_and_where_it_is_decided(
    site: Site, limited: CommandLine
) -> None:
    (limited.folder / "p.csv").write_bytes(csv_of([a_person(0)], HEADERS))
    limited("pack", "p.csv", "--full", "--yes")
    waiting = limited("push", "p.zip", "--no-follow", "--json").document["id"]
    wait_until(lambda: site.live.state(waiting) == "awaiting_approval")
    told = limited("status")
    page = f"{site.live.url}/imports/{waiting}/"
    assert told.out == f"Waiting for approval  import {waiting}\n"
    assert page in told.err
    assert limited("status", "--json").document["page"] == page
    assert limited.apart("abandon", waiting, "--yes").returncode == 0
    assert limited("status").out == f"Abandoned  import {waiting}\n"
    again = limited.apart("abandon", waiting)
    assert (again.returncode, again.stdout) == (2, "")
    assert "ended as Abandoned: there is nothing to abandon." in again.stderr


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


def test_the_history_marks_what_does_not_count_and_which_import_took_it_out(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shell = shell_at(site, tmp_path_factory.mktemp("marked"))
    shell.environment["ORGPORT_HOME"] = str(site.live.home)
    push(shell, "--full", *(a_person(number) for number in range(3)))
    moved = a_person(2, EffectiveDate="06/01/2025", Organization="Legal")
    edit = push(shell, "--incremental", moved)
    undo = json.loads(site.beside("undo", edit, "--yes", "--json").stdout)

    told = json.loads(shell.apart("history", "--json").stdout)
    by_id = {made["importId"]: made for made in told}
    assert by_id[edit]["counts"] is False
    assert by_id[edit]["takenOutBy"] == {
        "act": "undo",
        "number": undo["number"],
        "importId": undo["import"],
    }
    assert (by_id[undo["import"]]["counts"], by_id[undo["import"]]["takenOutBy"]) == (True, None)
    lines = shell.apart("history").stdout.splitlines()
    assert [line for line in lines if f"undone by import {undo['number']}  {edit}" in line]
    assert "undone by" not in next(line for line in lines if line.endswith(undo["import"]))

    restore = json.loads(site.beside("restore", edit, "--yes", "--json").stdout)
    marks = {line.split()[-1]: line for line in shell.apart("history").stdout.splitlines()}
    assert "undone by" not in marks[edit]
    assert f"left behind by the restore, import {restore['number']}" in marks[undo["import"]]


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
    for named, words in (
        ("999999", "There is no import"),
        ("x", "Give its number, its id, or how its id begins"),
    ):
        refused = site.beside("undo", named, "--yes")
        assert refused.returncode == 2
        assert words in refused.stderr
