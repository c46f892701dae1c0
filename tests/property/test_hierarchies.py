"""The columnar tree of an organization says what a walk from person to manager says."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from orgport.history.hierarchy import hierarchy

People = Sequence[tuple[str, str | None]]
EVERYBODY = 1000


@st.composite
def organizations(draw: st.DrawFn) -> People:
    count = draw(st.integers(0, 12))
    managers = st.sampled_from([None, "gone", *(f"p{n:02}" for n in range(count))])
    return [(f"p{n:02}", draw(managers)) for n in range(count)]


@given(organizations())
def test_the_columns_say_what_a_walk_from_person_to_manager_says(people: People) -> None:
    schema = {"PersonId": pl.String, "ManagerId": pl.String}
    frame = pl.DataFrame(people, schema=schema, orient="row")
    found = hierarchy(frame.with_columns(Organization=pl.lit("Sales")))
    above = dict(people)
    for person in above:
        node = found.node(person)
        assert node is not None
        assert node.layer == layer_by_walking(person, above)
        assert node.reports == sum(
            manager == person and not is_cut(one, above) for one, manager in people
        )
        assert node.below == sum(person in chain_by_walking(one, above)[:-1] for one in above)
        walked = chain_by_walking(person, above)
        assert [one.person_id for one in found.chain(person, limit=EVERYBODY)] == walked


def is_cut(person: str, above: dict[str, str | None]) -> bool:
    """Whether the person comes first in a circle."""
    circle, row = [person], above.get(person)
    while row in above and row not in circle:
        circle.append(row)
        row = above[row]
    return row == person and person == min(circle)


def chain_by_walking(person: str, above: dict[str, str | None]) -> list[str]:
    """From the top, or where a circle is cut, down to a person."""
    chain = [person]
    while (manager := above[chain[0]]) in above and not is_cut(chain[0], above):
        chain.insert(0, manager)
    return chain


def layer_by_walking(person: str, above: dict[str, str | None]) -> int | None:
    """How many are above; None where the walk goes round."""
    steps, row = 0, person
    while (manager := above[row]) in above:
        steps, row = steps + 1, manager
        if steps > len(above):
            return None
    return steps
