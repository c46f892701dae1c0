"""Who reports to whom: layers and spans, managers who are missing, circles."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from orgport.history.hierarchy import Hierarchy, Node, Standing, hierarchy

People = Sequence[tuple[str, str | None]]


def tree(people: People) -> Hierarchy:
    schema = {"PersonId": pl.String, "ManagerId": pl.String, "Organization": pl.String}
    rows = [(f"{person}@contoso.com", _address(manager), "Sales") for person, manager in people]
    return hierarchy(pl.DataFrame(rows, schema=schema, orient="row"))


def _address(name: str | None) -> str | None:
    return f"{name}@contoso.com" if name else name


def names(nodes: Sequence[Node]) -> list[str]:
    return [node.person_id.partition("@")[0] for node in nodes]


SMALL: People = [("a", None), ("b", "a"), ("c", "a"), ("d", "c"), ("e", "c"), ("f", "e")]


def test_each_person_stands_below_their_manager() -> None:
    found = tree(SMALL)
    assert names(found.roots(Standing.TOP, limit=9)) == ["a"]
    assert names(found.reports("a@contoso.com", limit=9)) == ["c", "b"]
    assert names(found.chain("f@contoso.com", limit=9)) == ["a", "c", "e", "f"]
    assert found.node("C@Contoso.com") == Node(
        "c@contoso.com", "a@contoso.com", "Sales", Standing.REPORT, layer=1, reports=2, below=3
    )


def test_the_shape_counts_managers_spans_and_layers() -> None:
    shape = tree(SMALL).shape()
    assert (shape.persons, shape.managers, shape.reports) == (6, 3, 5)
    assert (shape.median_span, shape.largest_span) == (2.0, 2)
    assert [(one.number, one.persons, one.managers, one.span) for one in shape.layers] == [
        (0, 1, 1, 2.0),
        (1, 2, 1, 2.0),
        (2, 2, 1, 1.0),
        (3, 1, 0, 0.0),
    ]


def test_a_manager_in_other_letters_is_the_same_and_a_blank_one_is_none() -> None:
    found = tree([("a", ""), ("b", "A"), ("c", " ")])
    assert found.shape().unknown_manager == 1  # " @contoso.com" is somebody else
    assert names(found.reports("a@contoso.com", limit=9)) == ["b"]
    assert names(found.roots(Standing.TOP, limit=9)) == ["a"]


def test_whose_manager_is_missing_is_told_apart_from_the_top() -> None:
    found = tree([("a", None), ("b", "gone"), ("c", "b")])
    assert names(found.roots(Standing.TOP, limit=9)) == ["a"]
    assert names(found.roots(Standing.UNKNOWN_MANAGER, limit=9)) == ["b"]
    assert found.root_count(Standing.UNKNOWN_MANAGER) == 1
    assert names(found.chain("c@contoso.com", limit=9)) == ["b", "c"]


def test_a_circle_is_cut_once_and_whoever_hangs_below_it_has_no_layer() -> None:
    found = tree([("a", None), ("x", "z"), ("y", "x"), ("z", "y"), ("w", "z"), ("self", "self")])
    assert names(found.roots(Standing.CIRCLE, limit=9)) == ["x", "self"]
    assert names(found.chain("w@contoso.com", limit=9)) == ["x", "y", "z", "w"]
    assert found.shape().in_circles == 5
    hanging = found.node("w@contoso.com")
    assert hanging is not None
    assert hanging.layer is None


def test_a_stranger_has_no_place() -> None:
    found = tree(SMALL)
    assert found.node("x@contoso.com") is None
    assert found.chain("x@contoso.com", limit=9) == []
    assert found.reports("x@contoso.com", limit=9) == []


def test_nobody_at_all_is_a_tree_without_layers() -> None:
    found = tree([])
    assert found.roots(Standing.TOP, limit=9) == []
    shape = found.shape()
    assert (shape.persons, shape.layers, shape.median_span) == (0, (), 0.0)


def test_persons_are_found_by_a_part_of_their_address() -> None:
    assert names(tree([("anna", None), ("hanna", "anna")]).search(" ANN", limit=1)) == ["anna"]


@pytest.mark.parametrize("is_circle", [False, True])
def test_a_line_of_many_thousands_comes_to_an_end(is_circle: bool) -> None:
    count = 20_000
    first = f"p{count - 1:05}" if is_circle else None
    people = [(f"p{n:05}", f"p{n - 1:05}" if n else first) for n in range(count)]
    found = tree(people)
    assert len(found.shape().layers) == (0 if is_circle else count)
    assert len(found.chain(f"p{count - 1:05}@contoso.com", limit=30)) == 30
    root = Standing.CIRCLE if is_circle else Standing.TOP
    assert [node.below for node in found.roots(root, limit=9)] == [count - 1]


def test_without_any_manager_everybody_is_at_the_top() -> None:
    found = hierarchy(pl.DataFrame({"PersonId": ["b@contoso.com", "a@contoso.com"]}))
    assert names(found.roots(Standing.TOP, limit=9)) == ["a", "b"]
