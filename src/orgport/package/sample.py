"""Makes sample organizations: seeded, of any size, sound at each date, with movers, joiners and leavers.

Managers are always among the first persons and have a smaller number than their reports, so that no month
has a loop; only persons without reports move, join late or leave.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.attributes.catalogue import attribute
from orgport.package.model import MappedColumn, Mapping, Refresh
from orgport.package.write import metadata_json

ROW_BYTES = 112  # of a row of COLUMNS, about: how many persons fill a wanted size
COLUMNS = (
    "PersonId",
    "ManagerId",
    "Organization",
    "EffectiveDate",
    "LevelDesignation",
    "FunctionType",
    "HireDate",
    "HourlyRate",
    "Layer",
    "SupervisorIndicator",
)
FURTHER_COLUMNS = ("WeeklyBadgeOnsiteDays", "Location", "CountryOrRegion")

_SPAN = 8  # reports of a manager
_CHUNK_PERSONS = 200_000
_UNITS = (
    "Finance",
    "Sales North",
    "Sales South",
    "Research",
    "Operations",
    "People",
    "Legal",
    "Marketing",
    "Product",
    "Support",
    "Facilities",
    "Security",
)
_FUNCTIONS = ("Accounting", "Account Mgmt", "Engineering", "Logistics", "Recruiting", "Design")
_LEVELS = ("Executive", "Director", "Manager", "Senior", "Junior")
_PLACES = (
    ("Burbank", "United States"),
    ("Osaka", "Japan"),
    ("Lyon", "France"),
    ("Porto", "Portugal"),
    ("Pune", "India"),
)
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """What a sample looks like; the same options give the same rows.

    `last_month` is the first day of the newest month. `bad_share` and `malformed_share` are shares of
    rows with a cell that is no number, and with one cell too many.
    """

    persons: int = 500
    months: int = 13
    seed: int = 1
    last_month: date = date(2026, 11, 1)
    all_fields: bool = True
    bad_share: float = 0.0
    malformed_share: float = 0.0

    @classmethod
    def of_size(cls, size_bytes: int, *, months: int = 13, seed: int = 1) -> SampleOptions:
        """The options whose csv has about `size_bytes`, with ten columns."""
        persons = max(2, size_bytes // (ROW_BYTES * months))
        return cls(persons=persons, months=months, seed=seed, all_fields=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the csv."""
        return COLUMNS + FURTHER_COLUMNS if self.all_fields else COLUMNS


def sample_mapping(options: SampleOptions, refresh: Refresh) -> Mapping:
    """The mapping of a sample: every column to the field of its name."""
    known = [(name, attribute(name)) for name in options.columns]
    return Mapping(
        refresh,
        tuple(MappedColumn(name, name, found.type) for name, found in known if found is not None),
    )


def write_sample(out: Path, options: SampleOptions, *, refresh: Refresh = Refresh.FULL) -> int:
    """Write the sample as a csv or, by the ending of `out`, as a package; returns the rows.

    A full sample has every month; an incremental one is the month after them, with new movers.
    """
    months = (
        range(options.months)
        if refresh is Refresh.FULL
        else range(options.months, options.months + 1)
    )
    rows = 0
    with _Sink(out, options, refresh) as sink:
        for number, frame in enumerate(_frames(options, months)):
            rows += frame.height
            sink.write(_csv_bytes(frame, options, number))
    return rows


class _Sink:
    """The csv under its final name only when all is written."""

    def __init__(self, out: Path, options: SampleOptions, refresh: Refresh) -> None:
        self._out = out
        self._part = out.with_name(out.name + ".part")
        self._metadata = metadata_json(sample_mapping(options, refresh))
        self._archive: zipfile.ZipFile | None = None

    def __enter__(self) -> io.BufferedIOBase:
        if self._out.suffix.lower() == ".zip":
            self._archive = zipfile.ZipFile(self._part, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
            self._file = self._archive.open("data.csv", "w", force_zip64=True)
        else:
            self._file = self._part.open("wb")
        return self._file  # type: ignore[return-value]  # both are writable binary files

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.close()
        if self._archive is not None:
            self._archive.writestr("metadata.json", self._metadata)
            self._archive.close()
        if kind is None:
            self._part.replace(self._out)
        self._part.unlink(missing_ok=True)


def _frames(options: SampleOptions, months: range) -> Iterator[pl.DataFrame]:
    staff = _Staff(options)
    for month in months:
        for start in range(0, options.persons, _CHUNK_PERSONS):
            stop = min(start + _CHUNK_PERSONS, options.persons)
            frame = staff.rows(np.arange(start, stop, dtype=np.int64), month)
            if frame.height:
                yield frame.select(options.columns)


class _Staff:
    """The persons by number, and what holds for them in a month; all choices are hashes of the seed."""

    def __init__(self, options: SampleOptions) -> None:
        self._options = options
        self._managers = max(1, (options.persons - 2) // _SPAN + 1) if options.persons > 1 else 1
        layers = np.zeros(self._managers, dtype=np.int64)
        for number in range(1, self._managers):
            layers[number] = layers[(number - 1) // _SPAN] + 1
        self._layers = layers

    def rows(self, persons: Numbers, month: int) -> pl.DataFrame:
        """The rows of those of the persons who work here in the month."""
        persons = persons[self._is_present(persons, month)]
        manager = self._manager(persons, month)
        is_manager = persons < self._managers
        layer = np.where(persons == 0, 0, self._layers[manager] + 1)
        place = self._choice(persons, 4, len(_PLACES))
        grade = np.minimum(layer, len(_LEVELS) - 1)
        raise_months = np.maximum(0, month - self._choice(persons, 5, 12)) // 12
        rate = 18 + 14 * (len(_LEVELS) - 1 - grade) + self._choice(persons, 6, 1000) / 100
        rate = rate * (1 + 0.03 * raise_months)
        hired = self._hire_day(persons)
        first = _month_after(self._options.last_month, month - self._options.months + 1)
        address = _address(pl.Series(persons))
        return pl.DataFrame(
            {
                "PersonId": address,
                "ManagerId": _address(pl.Series(manager)),
                "Organization": _pick(_UNITS, self._unit(persons, manager)),
                "EffectiveDate": pl.repeat(f"{first:%m/%d/%Y}", len(persons), eager=True),
                "LevelDesignation": _pick(_LEVELS, grade),
                "FunctionType": _pick(_FUNCTIONS, self._choice(persons, 7, len(_FUNCTIONS))),
                "HireDate": pl.Series(hired).dt.strftime("%m/%d/%Y"),
                "HourlyRate": pl.Series(rate).round(2),
                "Layer": layer,
                "SupervisorIndicator": _pick(
                    ("IC", "Mngr", "Mngr+"),
                    is_manager.astype(np.int64) + (persons < self._managers // _SPAN),
                ),
                "WeeklyBadgeOnsiteDays": pl.Series(self._choice(persons, 8 + month, 11) / 2).clip(
                    0, 5
                ),
                "Location": _pick([name for name, _ in _PLACES], place),
                "CountryOrRegion": _pick([country for _, country in _PLACES], place),
            }
        ).with_columns(
            pl.when(pl.Series(persons == 0))
            .then(None)
            .otherwise(pl.col("ManagerId"))
            .alias("ManagerId")
        )

    def _is_present(self, persons: Numbers, month: int) -> npt.NDArray[np.bool_]:
        fate = self._choice(persons, 1, 100)
        when = self._choice(persons, 2, max(1, self._options.months - 1)) + 1
        is_leaf = persons >= self._managers
        joins_late = is_leaf & (fate < 8) & (month < when)
        has_left = is_leaf & (fate >= 95) & (month >= when)
        return ~(joins_late | has_left)

    def _manager(self, persons: Numbers, month: int) -> Numbers:
        own: Numbers = np.maximum(persons - 1, 0) // _SPAN
        moves = (persons >= self._managers) & (self._choice(persons, 3, 100) < 12)
        when = self._choice(persons, 9, self._options.months + 1)
        other = self._choice(persons, 10, self._managers)
        moved: Numbers = np.where(moves & (month >= when), other, own)
        return moved

    def _unit(self, persons: Numbers, manager: Numbers) -> Numbers:
        # The unit is that of the ancestor in the second layer: it changes when a person moves across.
        ancestor = np.where(persons < self._managers, persons, manager)
        while (deep := ancestor > _SPAN).any():
            ancestor = np.where(deep, (ancestor - 1) // _SPAN, ancestor)
        unit: Numbers = ancestor % len(_UNITS)
        return unit

    def _hire_day(self, persons: Numbers) -> npt.NDArray[np.datetime64]:
        first = _month_after(self._options.last_month, 1 - self._options.months)
        days = self._choice(persons, 11, 7000).astype("timedelta64[D]")
        hired: npt.NDArray[np.datetime64] = np.datetime64(first) - days
        return hired

    def _choice(self, persons: Numbers, salt: int, choices: int) -> Numbers:
        # SplitMix64: independent of the order and of how many persons there are.
        mixed = persons.astype(np.uint64) + np.uint64(self._options.seed * 1_000_003 + salt * 7_919)
        with np.errstate(over="ignore"):
            mixed = (mixed + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        chosen: Numbers = ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(choices)).astype(np.int64)
        return chosen


def _csv_bytes(frame: pl.DataFrame, options: SampleOptions, number: int) -> bytes:
    if options.bad_share:
        picked = pl.int_range(pl.len()) % max(1, round(1 / options.bad_share)) == 0
        frame = frame.with_columns(
            pl.when(picked)
            .then(pl.lit("n/a"))
            .otherwise(pl.col("HourlyRate").cast(pl.String))
            .alias("HourlyRate")
        )
    if options.malformed_share:
        picked = pl.int_range(pl.len()) % max(1, round(1 / options.malformed_share)) == 1
        unit = pl.col("Organization")
        # Written without quotes below, the comma makes one cell too many.
        frame = frame.with_columns(
            pl.when(picked).then(unit + ",x").otherwise(unit).alias("Organization")
        )
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=number == 0, quote_style="never")
    return buffer.getvalue()


def _address(numbers: pl.Series) -> pl.Series:
    return "person" + numbers.cast(pl.String).str.zfill(6) + "@contoso.com"


def _pick(words: tuple[str, ...] | list[str], numbers: Numbers) -> pl.Series:
    return pl.Series(words).gather(pl.Series(numbers))


def _month_after(month: date, count: int) -> date:
    at = month.year * 12 + month.month - 1 + count
    return date(at // 12, at % 12 + 1, 1)
