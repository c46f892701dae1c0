"""What an import leaves out of what is stored: fields and persons of a full refresh, fields of new persons.

How many persons and cells a refresh may take away is for the import's comparison to judge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from orgport.validation.columns import REQUIRED
from orgport.validation.roll import Lines
from orgport.validation.rules import RULES
from orgport.validation.wording import nowhere, worded

_FIRST_LINES = _FIRST_PERSONS = 5


def dropped_fields(
    stored: Iterable[str], brought: Collection[str], consumers: Mapping[str, Sequence[str]]
) -> Iterator[pl.DataFrame]:
    """A finding for each optional field that is stored and not brought; `consumers` by the field they use."""
    rule = RULES["POP_FIELD_DROPPED"]
    for name in sorted(set(stored) - set(brought) - set(REQUIRED)):
        place = nowhere().with_columns(pl.lit(name).alias("field"))
        hint = rule.hint
        if users := consumers.get(name):
            hint = f"{hint} Extracts that use it are disabled otherwise: {', '.join(users)}."
        yield worded(place, rule, severity=rule.severity, hint=hint)


def lost_persons(addresses: pl.Series) -> pl.DataFrame:
    """A finding for each known person all of whose rows are left out."""
    rule = RULES["POP_PERSON_LOST"]
    places = pl.DataFrame(
        {"person": addresses, "person_id": addresses},
        schema={"person": pl.String, "person_id": pl.String},
    ).with_columns(pl.lit(None, dtype=pl.Int64).alias("line"))
    return worded(places, rule, severity=rule.severity)


def measured_missing(addresses: Sequence[str], *, total: int) -> pl.DataFrame:
    """The finding on measured persons, of so many, who are absent from the resulting data."""
    rule = RULES["POP_MEASURED_MISSING"]
    place = nowhere().with_columns(
        pl.lit(", ".join(addresses[:_FIRST_PERSONS])).alias("value"),
        pl.lit(len(addresses), dtype=pl.Int64).alias("occurrences"),
    )
    words = {"count": f"{len(addresses):,}", "total": f"{total:,}"}
    return worded(place, rule, severity=rule.severity, fixed=words)


def sparse_newcomers(
    lines: Lines, stored: Iterable[str], brought: Collection[str]
) -> Iterator[pl.DataFrame]:
    """The finding on new persons, first seen on these lines, whose import lacks stored fields."""
    missing = sorted(set(stored) - set(brought) - set(REQUIRED))
    if not missing:
        return
    rule = RULES["ADV_NEW_PERSON_SPARSE"]
    first = np.sort(lines)[:_FIRST_LINES].tolist()
    words = {
        "count": f"{lines.size:,}",
        "fields": ", ".join(missing),
        "lines": ", ".join(map(str, first)),
    }
    places = pl.DataFrame({"line": first[:1], "related_lines": [first]})
    yield worded(places, rule, severity=rule.severity, fixed=words)
