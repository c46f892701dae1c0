"""Judges the cells of a block column by column: blank, clear mark, length, line break, type, range.

Each check first asks whether there is any offence at all, and looks for the cells only then. A cell gets the
first of its faults. What comes out is typed, and rows with a fault are left out of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache, partial

import numpy as np
import polars as pl

from orgport.attributes.formats import CLEAR_MARK
from orgport.attributes.types import ValueType
from orgport.finding import Severity
from orgport.package.model import Refresh
from orgport.validation.bits import Flags
from orgport.validation.columns import EFFECTIVE, PERSON, STORED_AS, Column
from orgport.validation.people import Addresses, HashedAddresses
from orgport.validation.reading import SHORT_EMAIL, Answers, Questions, TextReader
from orgport.validation.rules import RULES
from orgport.validation.scan import Block
from orgport.validation.structure import LONGEST_CELL
from orgport.validation.verdict import SPOOL_CLEARED, SPOOL_LINE, ValidationSettings

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
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_BREAK = r"[\r\n]"
_ALLOWED = "allowed:"  # in front of the field, names a fact
_CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F]"


@dataclass(frozen=True, slots=True)
class CellFaults:
    """The cells of one column in one block that break one rule."""

    code: str
    column: Column
    rows: pl.Series  # UInt32, indexes into the block's rows
    hints: tuple[str, ...] | None = None  # one a row, where there is something special to say
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """The rows of a block, judged.

    `good` has the typed values of the rows without a fault: the fields, EffectiveDate also when the file
    has none, `line` and `cleared`. `raw` has the block's cells as they are, by field, for the findings.
    """

    good: pl.DataFrame
    raw: pl.DataFrame
    effective_dates: pl.Series
    lines: np.ndarray[tuple[int], np.dtype[np.uint32]]
    faults: tuple[CellFaults, ...]
    hashed: Mapping[str, HashedAddresses]  # the addresses of `good`, of fields without a capital
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
        self._schema = {column.field: pl.String() for column in columns}
        self._readers = [
            TextReader(column.type, lenient_integers=settings.lenient_integers)
            for column in columns
        ]
        self._questions = sum(
            (
                reader.questions(column.field) + _question_on_allowed(column)
                for column, reader in zip(columns, self._readers, strict=True)
            ),
            start=Questions(),
        )

    def judge(self, block: Block) -> JudgedRows:
        """Judge the well-formed rows of a block."""
        # Polars drops a byte order mark at the start of what it reads; within a file it is text.
        data = (
            _BYTE_ORDER_MARK + block.data if block.data.startswith(_BYTE_ORDER_MARK) else block.data
        )
        raw = pl.read_csv(data, has_header=False, schema=self._schema)
        if raw.height != block.lines.size:
            message = f"{raw.height} records were read where {block.lines.size} were scanned"
            raise AssertionError(message)
        faults: list[CellFaults] = []
        values: dict[str, pl.Series] = {}
        cleared: dict[str, pl.Series] = {}
        hashed: dict[str, HashedAddresses] = {}
        has_marks = b"'" in block.data
        judged = [
            self._judge_form(column, _trimmed(raw[column.field], block), block, has_marks=has_marks)
            for column in self._columns
        ]
        answers = self._questions.asked_of(pl.DataFrame([cells.text for cells in judged]))
        for cells, reader in zip(judged, self._readers, strict=True):
            field = cells.column.field
            if cells.cleared is not None:
                cleared[field] = cells.cleared
            addresses = self._plain_lower_addresses(cells, reader)
            if addresses is not None:
                values[field] = cells.text
                hashed[field] = addresses
            else:
                values[field] = self._judge_meaning(cells, reader, answers).alias(field)
            faults += cells.faults
        faults += self._advice_on_dates(values)
        excluded, failed = self._spoilt_rows(faults, raw.height)
        good = self._typed(values, cleared, block)
        if excluded.any() or failed.any():
            is_good = ~(excluded | failed)
            good = good.filter(is_good)
            hashed = {field: addresses.where(is_good) for field, addresses in hashed.items()}
        effective = values.get(EFFECTIVE)
        if effective is None:
            effective = pl.repeat(self._upload_date, raw.height, dtype=pl.Date(), eager=True)
        left_out = excluded & ~failed  # what fails in a cell besides is not only left out
        return JudgedRows(
            good=good,
            raw=raw,
            effective_dates=effective,
            lines=block.lines,
            faults=tuple(faults),
            hashed=hashed,
            excluded_rows=int(np.count_nonzero(left_out)),
            failed_rows=int(np.count_nonzero(failed)),
            left_out=_persons_on(left_out, raw) if left_out.any() else None,
        )

    def _judge_form(
        self, column: Column, text: pl.Series, block: Block, *, has_marks: bool
    ) -> _Cells:
        cells = _Cells(column, text)
        marks = cells.text == CLEAR_MARK if has_marks else None
        if marks is not None and marks.any():
            if self._is_full:
                cells.text = _without(marks, cells.text)  # there it means no more than blank
            elif not column.refuses_mark:
                cells.cleared = marks.fill_null(value=False)
                cells.text = _without(marks, cells.text)
        if column.is_required and cells.text.null_count():
            cells.refuse("VAL_REQUIRED", cells.text.is_null())
        if marks is not None and column.refuses_mark and not self._is_full:
            cells.refuse("VAL_CLEAR_REQUIRED", marks)
        if block.has_long_cells:
            cells.refuse("VAL_TOO_LONG", cells.text.str.len_chars() > LONGEST_CELL)
        if block.has_breaks:
            cells.refuse("VAL_NEWLINE", cells.text.str.contains(_LINE_BREAK))
        if block.has_controls and column.type is ValueType.STRING:
            cells.refuse("VAL_STRING", cells.text.str.contains(_CONTROL))
        return cells

    def _plain_lower_addresses(self, cells: _Cells, reader: TextReader) -> HashedAddresses | None:
        """The addresses of a column that holds none but plain ones; only the unknown are looked at."""
        if not reader.may_be_plain_lower:
            return None
        # Who is in the table was judged before: those texts are their own keys.
        text = cells.text
        if (longest := text.str.len_bytes().max()) is not None and longest > SHORT_EMAIL:  # type: ignore[operator]
            return None
        addresses = self._addresses.hashed(text, is_lower=True, is_ascii=True)
        unknown = addresses.unknown()
        if unknown.size and not reader.are_plain_lower_addresses(text.gather(unknown)):
            return None
        return addresses

    def _judge_meaning(self, cells: _Cells, reader: TextReader, answers: Answers) -> pl.Series:
        column, text = cells.column, cells.text
        values = reader.read(text, answers)
        if values.null_count() != text.null_count():
            cells.refuse(
                _RULE_OF_TYPE[column.type], text.is_not_null() & values.is_null(), hint=reader.hint
            )
        if column.minimum is not None and _is_below(values.min(), column.minimum):
            cells.refuse("VAL_RANGE", values < column.minimum)
        if column.maximum is not None and _is_below(column.maximum, values.max()):
            cells.refuse("VAL_RANGE", values > column.maximum)
        if answers.facts.get(f"{_ALLOWED}{column.field}") is False:
            code = "VAL_ALLOWED" if self._settings.strict_values else "ADV_VALUE_UNUSUAL"
            cells.refuse(code, ~values.is_in(column.allowed), hint=partial(nearest, column.allowed))
        return values.cast(STORED_AS[column.stored_type])

    def _advice_on_dates(self, values: dict[str, pl.Series]) -> list[CellFaults]:
        by_field = {column.field: column for column in self._columns}
        found: list[CellFaults] = []

        def advise(field: str, offends: pl.Series, reason: str) -> None:
            rows = offends.arg_true()
            if len(rows):
                found.append(CellFaults("ADV_DATE_RANGE", by_field[field], rows, reason=reason))

        effective = values.get(EFFECTIVE)
        if effective is not None:
            latest_usual = self._upload_date + _USUAL_LEAD
            if _is_below(effective.min(), _EARLIEST_USUAL):
                advise(EFFECTIVE, effective < _EARLIEST_USUAL, "it is before 1950")
            if _is_below(latest_usual, effective.max()):
                advise(EFFECTIVE, effective > latest_usual, "it is more than 366 days ahead")
        hired = values.get(_HIRE_DATE)
        if hired is not None:
            start = self._upload_date if effective is None else effective
            offends = hired - start > _USUAL_LEAD
            advise(_HIRE_DATE, offends, "it is more than 366 days after the EffectiveDate")
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
                failed[fault.rows.to_numpy()] = True
            elif severity is Severity.WARNING:
                excluded[fault.rows.to_numpy()] = True
        return excluded, failed

    def _typed(
        self, values: dict[str, pl.Series], cleared: dict[str, pl.Series], block: Block
    ) -> pl.DataFrame:
        columns = [values[PERSON]]
        if EFFECTIVE in values:
            columns.append(values[EFFECTIVE])
        else:
            columns.append(
                pl.repeat(
                    self._upload_date, len(values[PERSON]), dtype=pl.Date(), eager=True
                ).alias(EFFECTIVE)
            )
        columns += [series for name, series in values.items() if name not in (PERSON, EFFECTIVE)]
        columns.append(pl.Series(SPOOL_LINE, block.lines).cast(pl.Int64))
        marks = [
            pl.when(pl.lit(mask)).then(pl.lit(name)).alias(name) for name, mask in cleared.items()
        ]
        if not marks:
            nothing = pl.Series(SPOOL_CLEARED, [None], dtype=pl.List(pl.String))
            columns.append(nothing.new_from_index(0, block.lines.size))
            # From the chunks they were read into, rows are gathered at a fifth of the speed.
            return pl.DataFrame(columns).rechunk()
        fields = pl.concat_list(marks).list.drop_nulls()
        return pl.DataFrame(columns).with_columns(
            pl.when(fields.list.len() > 0).then(fields).alias(SPOOL_CLEARED)
        )


@dataclass(slots=True)
class _Cells:
    """The trimmed texts of one column while they are judged: a refused one becomes null."""

    column: Column
    text: pl.Series
    cleared: pl.Series | None = None
    faults: list[CellFaults] = field(default_factory=list)

    def refuse(
        self, code: str, offends: pl.Series, *, hint: Callable[[str], str] | None = None
    ) -> None:
        rows = offends.arg_true()
        if not len(rows):
            return
        hints = None
        if hint is not None:
            hints = tuple(hint(text) for text in self.text.gather(rows).to_list())
        self.faults.append(CellFaults(code, self.column, rows, hints=hints))
        self.text = _without(offends, self.text)


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


def _question_on_allowed(column: Column) -> Questions:
    if not column.allowed or column.type is not ValueType.STRING:
        return Questions()
    are_allowed = pl.col(column.field).is_in(column.allowed).all()
    return Questions(facts=(are_allowed.alias(f"{_ALLOWED}{column.field}"),))


def _trimmed(raw: pl.Series, block: Block) -> pl.Series:
    """The cells without blanks around them; null where nothing is left."""
    text = raw.str.strip_chars(" \t") if block.has_edge_blanks else raw
    if block.has_edge_blanks or block.has_quotes:  # a quoted empty cell is read as an empty text
        is_empty = text == ""
        if is_empty.any():
            return _without(is_empty, text)
    return text


def _persons_on(rows: Flags, raw: pl.DataFrame) -> pl.Series:
    return raw[PERSON].filter(pl.Series(rows)).str.strip_chars(" \t")


def _without(offends: pl.Series, text: pl.Series) -> pl.Series:
    return pl.select(pl.when(offends.not_()).then(text)).to_series()


def _is_below(value: object, limit: object) -> bool:
    """Whether both are known and the first is less; polars types the least of a series too widely."""
    return value is not None and limit is not None and bool(value < limit)  # type: ignore[operator]
