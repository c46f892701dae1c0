"""Judges the cells of a block column by column: blank, clear mark, length, line break, type, range.

Equal cells are judged once, by their code. Each check first asks whether there is any offence at all, and
looks for the rows only then. A cell gets the first of its faults. What comes out is typed, and rows with a
fault are left out of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.attributes.formats import CLEAR_MARK
from orgport.attributes.types import ValueType
from orgport.finding import Severity
from orgport.package.model import Refresh
from orgport.validation.cells import LONGEST_CELL, Flags
from orgport.validation.coded import Coded
from orgport.validation.columns import EFFECTIVE, PERSON, STORED_AS, Column
from orgport.validation.cutting import Places
from orgport.validation.people import UNKNOWN, Addresses, LookedUp
from orgport.validation.reading import SHORT_EMAIL, TextReader
from orgport.validation.rules import RULES
from orgport.validation.scan import Block
from orgport.validation.text_table import Texts
from orgport.validation.verdict import ValidationSettings

_RULE_OF_TYPE = {
    ValueType.EMAIL: "VAL_EMAIL",
    ValueType.INTEGER: "VAL_INTEGER",
    ValueType.DOUBLE: "VAL_DOUBLE",
    ValueType.DATE_MONTH_FIRST: "VAL_DATE",
    ValueType.DATE_DAY_FIRST: "VAL_DATE",
    ValueType.BOOLEAN: "VAL_BOOLEAN",
}
_EARLIEST_USUAL = date(1950, 1, 1)
_USUAL_LEAD = timedelta(days=366)
_HIRE_DATE = "HireDate"
_LINE_BREAK = r"[\r\n]"
_CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F]"


@dataclass(frozen=True, slots=True)
class CellFaults:
    """The cells of one column in one block that break one rule."""

    code: str
    column: Column
    rows: Places  # indexes into the block's rows
    hint: Callable[[str], str] | None = None  # for a text: often nothing special
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TypedRows:
    """Rows without a fault, typed: the fields by name, EffectiveDate also when the file has none.

    `cleared` lists for each row the fields that it clears, null where there are none; it is None when no row
    clears any.
    """

    fields: Mapping[str, Coded]
    lines: npt.NDArray[np.uint32]
    cleared: pl.Series | None

    @property
    def height(self) -> int:
        """How many rows there are."""
        return int(self.lines.size)

    def of_rows(self, wanted: Flags) -> TypedRows:
        """Some of the rows."""
        fields = {name: column.of_rows(wanted) for name, column in self.fields.items()}
        cleared = None if self.cleared is None else self.cleared.filter(pl.Series(wanted))
        return TypedRows(fields, self.lines[wanted], cleared)


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """The rows of a block, judged.

    `good` has the rows without a fault. `raw` has the block's cells as they are, by field, for the findings.
    """

    good: TypedRows
    raw: Mapping[str, Coded]
    effective_dates: Coded
    lines: npt.NDArray[np.uint32]
    faults: tuple[CellFaults, ...]
    looked_up: Mapping[str, LookedUp]  # by field, of the values of `good`, where that was done
    excluded_rows: int
    failed_rows: int
    left_out: pl.Series | None  # the PersonId of the excluded rows, as far as they can be read


class ValueJudge:
    """Judges the blocks of one package; safe to use from several threads."""

    def __init__(
        self,
        columns: tuple[Column, ...],
        *,
        refresh: Refresh,
        settings: ValidationSettings,
        upload_date: date,
        addresses: Addresses | None = None,
    ) -> None:
        self._columns = columns
        self._addresses = Addresses() if addresses is None else addresses
        self._is_full = refresh is Refresh.FULL
        self._settings = settings
        self._upload_date = upload_date
        self._readers = [
            TextReader(column.type, lenient_integers=settings.lenient_integers)
            for column in columns
        ]

    def judge(self, block: Block) -> JudgedRows:
        """Judge the well-formed rows of a block."""
        raw = {column.field: block.column(at) for at, column in enumerate(self._columns)}
        faults: list[CellFaults] = []
        values: dict[str, Coded] = {}
        cleared: dict[str, Flags] = {}
        looked_up: dict[str, LookedUp] = {}
        for at, (column, reader) in enumerate(zip(self._columns, self._readers, strict=True)):
            cells = _Cells(column, raw[column.field])
            standing = block.addresses(at) if reader.may_be_plain_lower else None
            addresses = self._plain_lower_addresses(cells, standing, reader)
            if addresses is not None:
                cells.demand()
            else:
                cells = self._judge_form(column, _trimmed(raw[column.field], block), block)
                if standing is None and reader.may_be_plain_lower:
                    texts = Texts.of(cells.text.values)
                    addresses = self._plain_lower_addresses(cells, texts, reader)
            if cells.cleared is not None:
                cleared[column.field] = cells.cleared
            if addresses is not None:
                looked_up[column.field] = addresses
                values[column.field] = cells.text
            else:
                values[column.field] = cells.text.of(self._judge_meaning(cells, reader))
            faults += cells.faults
        height = block.lines.size
        if EFFECTIVE not in values:
            values[EFFECTIVE] = _everywhere(self._upload_date, height)
        effective = values[EFFECTIVE]
        faults += self._advice_on_dates(values)
        excluded, failed = self._spoilt_rows(faults, height)
        good = TypedRows(values, block.lines, _lists_of(cleared))
        if excluded.any() or failed.any():
            good = good.of_rows(~(excluded | failed))
            looked_up = {}
        left_out = excluded & ~failed  # what fails in a cell besides is not only left out
        return JudgedRows(
            good=good,
            raw=raw,
            effective_dates=effective,
            lines=block.lines,
            faults=tuple(faults),
            looked_up=looked_up,
            excluded_rows=int(np.count_nonzero(left_out)),
            failed_rows=int(np.count_nonzero(failed)),
            left_out=_trimmed_texts(raw[PERSON].at(np.flatnonzero(left_out)))
            if left_out.any()
            else None,
        )

    def _judge_form(self, column: Column, text: Coded, block: Block) -> _Cells:
        cells = _Cells(column, text)
        marks = text.values == CLEAR_MARK
        has_marks = bool(marks.any())
        if has_marks:
            if self._is_full:
                cells.forget(marks)  # there it means no more than blank
            elif not column.refuses_mark:
                cells.cleared = text.where(marks)
                cells.forget(marks)
        cells.demand()
        if has_marks and column.refuses_mark and not self._is_full:
            cells.refuse("VAL_CLEAR_REQUIRED", marks)
        if block.has_long_cells:
            cells.refuse("VAL_TOO_LONG", cells.text.values.str.len_chars() > LONGEST_CELL)
        if block.has_breaks:
            cells.refuse("VAL_NEWLINE", cells.text.values.str.contains(_LINE_BREAK))
        if block.has_controls and column.type is ValueType.STRING:
            cells.refuse("VAL_STRING", cells.text.values.str.contains(_CONTROL))
        return cells

    def _plain_lower_addresses(
        self, cells: _Cells, texts: Texts | None, reader: TextReader
    ) -> LookedUp | None:
        """The addresses of a column that holds none but plain ones; only the unknown are looked at."""
        # Who is in the table was judged before: those texts are their own keys.
        if texts is None or texts.lengths.max(initial=0) > SHORT_EMAIL:
            return None
        addresses = self._addresses.looked_up_keys(texts)
        unknown = np.flatnonzero(addresses.ids == UNKNOWN)
        if unknown.size and not reader.are_plain_lower_addresses(cells.text.of_codes(unknown)):
            return None
        return addresses

    def _judge_meaning(self, cells: _Cells, reader: TextReader) -> pl.Series:
        """What the texts mean, by code."""
        column, text = cells.column, cells.text.values
        values = reader.read(text)
        if values.null_count() != text.null_count():
            offends = text.is_not_null() & values.is_null()
            cells.refuse(_RULE_OF_TYPE[column.type], offends, hint=reader.hint)
        if column.minimum is not None and _is_below(values.min(), column.minimum):
            cells.refuse("VAL_RANGE", values < column.minimum)
        if column.maximum is not None and _is_below(column.maximum, values.max()):
            cells.refuse("VAL_RANGE", values > column.maximum)
        if column.allowed and column.type is ValueType.STRING:
            code = "VAL_ALLOWED" if self._settings.strict_values else "ADV_VALUE_UNUSUAL"
            cells.refuse(code, ~values.is_in(column.allowed), hint=partial(nearest, column.allowed))
        return values.cast(STORED_AS[column.stored_type])

    def _advice_on_dates(self, values: dict[str, Coded]) -> list[CellFaults]:
        by_field = {column.field: column for column in self._columns}
        found: list[CellFaults] = []

        def advise(field: str, offends: Flags, reason: str) -> None:
            rows = np.flatnonzero(offends)
            if rows.size:
                found.append(CellFaults("ADV_DATE_RANGE", by_field[field], rows, reason=reason))

        effective = values[EFFECTIVE]
        if EFFECTIVE in by_field:
            days, latest_usual = effective.values, self._upload_date + _USUAL_LEAD
            if _is_below(days.min(), _EARLIEST_USUAL):
                advise(EFFECTIVE, effective.where(days < _EARLIEST_USUAL), "it is before 1950")
            if _is_below(latest_usual, days.max()):
                is_late = effective.where(days > latest_usual)
                advise(EFFECTIVE, is_late, "it is more than 366 days ahead")
        hired = values.get(_HIRE_DATE)
        if hired is not None and _may_lie_ahead(hired.values, effective.values):
            offends = (hired.rows() - effective.rows() > _USUAL_LEAD).fill_null(value=False)
            reason = "it is more than 366 days after the EffectiveDate"
            advise(_HIRE_DATE, offends.to_numpy(), reason)
        return found

    def _spoilt_rows(self, faults: list[CellFaults], height: int) -> tuple[Flags, Flags]:
        """Which rows are left out with a warning, and which fail; a row can be in both."""
        excluded = np.zeros(height, dtype=np.bool_)
        failed = np.zeros(height, dtype=np.bool_)
        for fault in faults:
            severity = RULES[fault.code].severity_when(
                exclude_invalid_rows=self._settings.exclude_invalid_rows
            )
            if severity is Severity.ERROR:
                failed[fault.rows] = True
            elif severity is Severity.WARNING:
                excluded[fault.rows] = True
        return excluded, failed


@dataclass(slots=True)
class _Cells:
    """The trimmed texts of one column while they are judged: a refused one becomes null."""

    column: Column
    text: Coded
    cleared: Flags | None = None
    faults: list[CellFaults] = field(default_factory=list)

    def demand(self) -> None:
        """Note the blank ones where there must be none."""
        if self.column.is_required:
            self.refuse_rows("VAL_REQUIRED", np.flatnonzero(self.text.is_blank()))

    def refuse(
        self, code: str, offends: pl.Series, *, hint: Callable[[str], str] | None = None
    ) -> None:
        """Note the rows with texts that offend, told by code."""
        if not offends.any():
            return
        self.refuse_rows(code, np.flatnonzero(self.text.where(offends)), hint)
        self.forget(offends)

    def refuse_rows(
        self, code: str, rows: Places, hint: Callable[[str], str] | None = None
    ) -> None:
        """Note rows."""
        if rows.size:
            self.faults.append(CellFaults(code, self.column, rows, hint=hint))

    def forget(self, texts: pl.Series) -> None:
        """Have some texts, told by code, be blank."""
        kept = pl.select(pl.when(texts.fill_null(value=False).not_()).then(self.text.values))
        self.text = self.text.of(kept.to_series())


_OTHER_NAMES = {
    "individual contributor": "IC",
    "employee": "IC",
    "manager": "Mngr",
    "mgr": "Mngr",
    "supervisor": "Mngr",
    "manager+": "Mngr+",
    "mgr+": "Mngr+",
    "manager of managers": "Mngr+",
}


@lru_cache(maxsize=4096)
def nearest(allowed: tuple[str, ...], text: str) -> str:
    """A hint with the allowed value that was probably meant; nothing when none is near."""
    folded = {value.casefold(): value for value in allowed}
    plain = " ".join(text.casefold().split())
    meant = folded.get(plain) or _OTHER_NAMES.get(plain)
    if meant is None:
        near = difflib.get_close_matches(plain, folded, n=1, cutoff=0.75)
        meant = folded[near[0]] if near else None
    return f"Did you mean {meant}?" if meant in allowed else ""


def _trimmed(raw: Coded, block: Block) -> Coded:
    """The cells without blanks around them; null where nothing is left."""
    return raw.of(_trimmed_texts(raw.values)) if block.has_edge_blanks else raw


def _trimmed_texts(texts: pl.Series) -> pl.Series:
    trimmed = texts.str.strip_chars(" \t")
    return pl.select(pl.when(trimmed != "").then(trimmed).alias(texts.name)).to_series()


def _everywhere(day: date, height: int) -> Coded:
    return Coded(np.ones(height, dtype=np.int32), pl.Series([None, day], dtype=pl.Date))


def _lists_of(cleared: Mapping[str, Flags]) -> pl.Series | None:
    """For each row the fields that are cleared there, null where none is."""
    if not cleared:
        return None
    marks = [pl.when(pl.lit(pl.Series(rows))).then(pl.lit(name)) for name, rows in cleared.items()]
    fields = pl.concat_list(marks).list.drop_nulls()
    return pl.select(pl.when(fields.list.len() > 0).then(fields)).to_series()


def _may_lie_ahead(hired: pl.Series, effective: pl.Series) -> bool:
    latest, earliest = hired.max(), effective.min()
    return (
        isinstance(latest, date) and isinstance(earliest, date) and latest - earliest > _USUAL_LEAD
    )


def _is_below(value: object, limit: object) -> bool:
    """Whether both are known and the first is less; polars types the least of a series too widely."""
    return value is not None and limit is not None and bool(value < limit)  # type: ignore[operator]
