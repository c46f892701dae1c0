"""Whatever is sent: what a change preview lists and counts is what the plain definition finds."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from oracle_changes import Differing, found
from test_history_folds import Upload, sent_rows, uploads

from histories import ColumnarHistory, PlainHistory, Sent
from orgport.history.columns import PERIOD_COLUMNS
from orgport.history.compare import compare
from orgport.history.differences import Differences, Kind, bit_of, differences
from orgport.package.model import Refresh


def listed(said: Differences, names: list[str]) -> dict[str, Differing]:
    """The list of persons as the definition has it."""
    return {row["PersonId"].casefold(): differing(row, names) for row in said.persons.to_dicts()}


def differing(row: dict[str, Any], names: list[str]) -> Differing:
    def named(what: str) -> frozenset[str]:
        bits = {name: bit_of(names, name) for name in names}
        return frozenset(n for n, (word, mask) in bits.items() if row[f"{what}_{word}"] & mask)

    return Differing(
        Kind(row["kind"]),
        (row["organization_before"], row["organization_after"]),
        (row["manager_before"], row["manager_after"]),
        (row["began_before"], row["began_after"]),
        row["changed_from"],
        row["cells"],
        named("differs"),
        named("moved"),
    )


@given(uploads(), sent_rows(), st.sampled_from(Refresh))
def test_the_list_and_the_figures_are_those_of_the_definition(
    sent: list[Upload], rows: list[Sent], refresh: Refresh
) -> None:
    plain, columnar = PlainHistory(), ColumnarHistory()
    for kind, earlier in sent:
        plain.receive(kind, earlier)
        columnar.receive(kind, earlier)
    before, persons, fields = columnar.frame, plain.persons, list(plain.fields)
    plain.receive(refresh, rows)
    columnar.receive(refresh, rows)
    names = list(dict.fromkeys([*before.columns, *columnar.frame.columns]))
    names = [name for name in names if name not in PERIOD_COLUMNS]
    said = differences(before, columnar.frame, names=names)
    wanted = found(persons, plain.persons, old_fields=fields, new_fields=plain.fields)
    assert said.figures == wanted.figures
    assert listed(said, names) == wanted.persons
    assert {row[0]: row[1:] for row in said.organizations.iter_rows()} == wanted.organizations
    assert {row[:2]: row[2:] for row in said.blanked.iter_rows()} == wanted.blanked


@given(uploads(), sent_rows(), st.sampled_from(Refresh))
def test_the_counts_add_up(sent: list[Upload], rows: list[Sent], refresh: Refresh) -> None:
    history = ColumnarHistory()
    for kind, earlier in sent:
        history.receive(kind, earlier)
    before = history.frame
    history.receive(refresh, rows)
    names = ["ManagerId", "Organization", "BadgeData"]
    said = differences(before, history.frame, names=names)
    figures, changes = said.figures, said.figures.changes
    assert changes == compare(before, history.frame)
    assert said.persons.height == changes.change_count
    assert int(said.persons["cells"].sum()) == sum(changes.cells_changed.values())
    assert int(said.organizations["before"].sum()) == figures.persons_before
    assert int(said.organizations["after"].sum()) == figures.persons_after
    periods = said.persons.select("periods_before", "periods_after").sum().row(0)
    assert periods[1] - periods[0] == changes.periods_after - changes.periods_before
