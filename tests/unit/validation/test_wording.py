"""Findings on rows: each in its place, and no more made than are listed."""

from __future__ import annotations

import io

import polars as pl

from factories import a_package
from orgport.finding import Severity
from orgport.validation.columns import columns_of
from orgport.validation.scan import scan
from orgport.validation.spool import Unlisted
from orgport.validation.wording import row_findings

ODD = b'a,b"\n1,2\n'  # and a row, so that the next one is not passed over
FOREIGN = b"\xff,2\n"


def found_in(data: bytes, *, listed: int) -> list[pl.DataFrame | Unlisted]:
    """What is found in rows of two cells, when so many of a code and column are listed yet."""
    columns = columns_of(a_package([{"PersonId": "a@contoso.com", "Organization": "Sales"}]))

    def room(code: str, severity: Severity, column: int | None) -> int:
        assert severity is Severity.ERROR
        return listed

    (block,) = scan(io.BytesIO(data), width=2, first_line=2)
    return list(row_findings(block, columns, exclude_invalid_rows=False, room=room))


def test_malformed_rows_that_are_not_listed_are_counted_by_code_and_column() -> None:
    first = b'a",b\n1,2\n'
    found = found_in(ODD * 3 + first + FOREIGN * 4, listed=2)
    told = [
        (one["code"][0], one["line"].to_list()) for one in found if not isinstance(one, Unlisted)
    ]
    assert told == [("ROW_QUOTE", [2, 4]), ("ROW_QUOTE", [8]), ("ROW_ENCODING", [10, 11])]
    more = [one for one in found if isinstance(one, Unlisted)]
    assert more == [
        Unlisted(("ROW_QUOTE", "error", 2), 1),
        Unlisted(("ROW_ENCODING", "error", None), 2),
    ]


def test_a_quote_beyond_the_columns_of_the_file_has_a_number_and_no_name() -> None:
    (found,) = found_in(b'a,b,c"\n1,2\n', listed=2)
    assert not isinstance(found, Unlisted)
    assert found["column"].to_list() == [3]
    assert "header" not in found.columns
