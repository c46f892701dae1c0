"""Judges what the rows of an import mean together, over what is stored: duplicates, new persons, managers.

It works on the roll's arrays of integers; the few rows and addresses that a finding names are looked up
in the spool of accepted rows. Guard rails on removals are for the import's comparison.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.finding import Severity
from orgport.package.model import Refresh
from orgport.validation.accepted import AcceptedSpool
from orgport.validation.columns import MANAGER, ORGANIZATION, Column
from orgport.validation.departures import (
    dropped_fields,
    lost_persons,
    measured_missing,
    sparse_newcomers,
)
from orgport.validation.duplicates import Duplicates, duplicate_findings, find_duplicates
from orgport.validation.field_advice import advice_on_fields, advice_on_history
from orgport.validation.loop_doctor import Circle, circles_of, loop_findings
from orgport.validation.loops import Hierarchy, Links, Loop, in_order_of_days, joined
from orgport.validation.near_addresses import frequent_domains, meant_addresses
from orgport.validation.people import NOBODY, Ids
from orgport.validation.roll import UNSAID, Roll
from orgport.validation.rules import RULES
from orgport.validation.spool import LISTED_PER_RULE_AND_COLUMN, FindingSpool
from orgport.validation.verdict import BUCKETS, SPOOL_LINE, StoredOrganization, ValidationSettings
from orgport.validation.wording import counted, enumerated, nowhere, worded

_EPOCH = date(1970, 1, 1)
_FIRST_LINES = 5
# What cannot be judged when nobody says what is stored.
NEEDS_STORED = {
    Refresh.FULL: ("POP_FIELD_DROPPED", "POP_PERSON_LOST"),
    Refresh.INCREMENTAL: (
        "META_FIRST_NOT_FULL",
        "POP_LOOP",
        "POP_MANAGER_BLANK_SHARE",
        "POP_NEW_PERSON_INCOMPLETE",
        "POP_UNKNOWN_MANAGER",
        "ADV_NEW_PERSON_SPARSE",
    ),
}


@dataclass(frozen=True, slots=True)
class PopulationFigures:
    """What is counted of the population, for the summary; None is not known."""

    persons: int  # in the import
    new_persons: int | None
    resulting_persons: int | None
    blank_managers: int | None
    unknown_managers: int | None
    loops: int | None
    circles: tuple[Circle, ...]  # the first loops
    first_date: date | None
    last_date: date | None
    repeated_rows: int
    domains: tuple[str, ...]  # frequent ones, looked for only where an address is doubtful


class PopulationJudge:
    """Judges one import once all its rows are on the roll and in the spool."""

    def __init__(
        self,
        roll: Roll,
        accepted: AcceptedSpool,
        findings: FindingSpool,
        *,
        columns: tuple[Column, ...],
        is_full: bool,
        settings: ValidationSettings,
        stored: StoredOrganization | None,
        upload_date: date,
        measured: Collection[str] = (),
        consumers: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._upload_date = upload_date
        self._measured = measured
        self._consumers = consumers or {}
        self._all_columns = columns
        self._roll = roll
        self._accepted = accepted
        self._findings = findings
        self._columns = {column.field: column for column in columns}
        self._is_full = is_full
        self._settings = settings
        self._stored = None if is_full else stored
        self._knows_stored = is_full or stored is not None
        self._is_provisional = findings.count_of(Severity.ERROR) > 0
        self._rows = roll.rows()
        self._numbers = roll.numbers()
        self._has_rows = np.zeros(len(roll.addresses), dtype=np.bool_)  # by id
        self._has_rows[self._rows.persons] = True

    def judge(self, executor: Executor) -> PopulationFigures:
        """Add all findings to the spool, and take repeated rows out of the accepted ones.

        `executor` looks at the fields while this thread looks at the hierarchy.
        """
        rows = self._rows
        duplicates = find_duplicates(rows, self._numbers)
        repeats = 0
        if duplicates is not None:
            for frame in duplicate_findings(duplicates, self._accepted):
                self._add(frame)
            self._accepted.drop_lines(duplicates.repeated_lines)
            repeats = int(duplicates.repeated_lines.size)
        persons = int(np.count_nonzero(self._has_rows))
        advice = executor.submit(self._advice, persons, rows.days.size - repeats)
        self._judge_self_reports()
        loops: list[Loop] | None = None
        blank = unknown = new = resulting = None
        if self._knows_stored:
            if not self._is_full:
                new = self._judge_new_persons()
            links = self._links(duplicates)
            is_present = self._present_persons()
            resulting = int(np.count_nonzero(is_present))
            unknown = self._judge_unknown_managers(is_present)
            self._advise_on_measured(is_present)
            hierarchy = Hierarchy(len(self._roll.addresses))
            loops = self._judge_loops(hierarchy, links)
            blank = int(np.count_nonzero(hierarchy.managers[is_present] == NOBODY))
            self._judge_blank_managers(blank, resulting)
        days = rows.days
        if self._is_full and days.size:
            self._judge_departures(self._present_persons())
        for frame in advice.result():
            self._add(frame)
        return PopulationFigures(
            persons=persons,
            new_persons=new,
            resulting_persons=resulting,
            blank_managers=blank,
            unknown_managers=unknown,
            loops=None if loops is None else len(loops),
            circles=circles_of(loops or [], self._addresses_of),
            first_date=_day(int(days.min())) if days.size else None,
            last_date=_day(int(days.max())) if days.size else None,
            repeated_rows=repeats,
            domains=self._frequent_domains(),
        )

    def _add(self, findings: pl.DataFrame) -> None:
        if self._is_provisional:
            findings = findings.with_columns(
                pl.concat_str(
                    "message", pl.lit(" Provisional: rows with errors are not considered.")
                ).alias("message")
            )
        self._findings.add(findings)

    def _present_persons(self) -> npt.NDArray[np.bool_]:
        """By id, whether the resulting data have the person."""
        is_present = np.zeros(len(self._roll.addresses), dtype=np.bool_)
        is_present[: self._has_rows.size] = self._has_rows  # stored managers may have got ids since
        if not self._is_full:
            is_present[self._roll.current_ids] = True
        return is_present

    def _judge_departures(self, is_present: npt.NDArray[np.bool_]) -> None:
        """Judge what a full refresh takes away from what is stored."""
        stored = self._roll.stored
        if stored is None:
            return
        for frame in dropped_fields(stored.fields, self._columns, self._consumers):
            self._add(frame)
        lost = self._roll.lost_ids(is_present)
        if lost.size:
            self._add(lost_persons(self._addresses_of(lost)))

    def _advice(self, persons: int, row_count: int) -> list[pl.DataFrame]:
        """The findings on the quality of a full refresh."""
        days = self._rows.days
        if not self._is_full or days.size == 0:
            return []
        first_day = _day(int(days.min()))
        return [
            *advice_on_history(first_day, self._upload_date, persons=persons),
            *advice_on_fields(
                self._newest_rows,
                self._all_columns,
                rows=row_count,
                partial_fields=self._settings.partial_fields,
            ),
        ]

    def _advise_on_measured(self, is_present: npt.NDArray[np.bool_]) -> None:
        """Advise on measured persons who are absent from the resulting data."""
        addresses = pl.Series(list(self._measured), dtype=pl.String)
        ids = self._roll.addresses.looked_up(addresses, is_ascii=False).ids
        is_there = np.zeros(ids.size, dtype=np.bool_)
        is_there[ids >= 0] = is_present[ids[ids >= 0]]
        missing = addresses.filter(pl.Series(~is_there)).to_list()
        if missing:
            self._add(measured_missing(missing, total=len(addresses)))

    def _newest_rows(self, buckets: int) -> pl.DataFrame:
        """The newest row of each person of the first so many buckets, in order of lines."""
        rows = self._rows
        is_chosen = self._numbers % BUCKETS < buckets
        chosen = np.flatnonzero(is_chosen[rows.persons])
        persons, days = rows.persons[chosen], rows.days[chosen]
        by_day = np.argsort(days, kind="stable")
        newest = np.zeros(self._numbers.size, dtype=days.dtype)
        newest[persons[by_day]] = days[by_day]  # of several the last stays
        lines = rows.lines[chosen[days == newest[persons]]]
        return self._accepted.rows_on(lines[self._accepted.is_kept(lines)])

    # New persons

    def _judge_new_persons(self) -> int:
        """Judge who is not known yet, and count them."""
        rows = self._rows
        is_known = np.zeros(len(self._roll.addresses), dtype=np.bool_)
        is_known[self._roll.current_ids] = True
        of_new = np.flatnonzero(~is_known[rows.persons])
        if of_new.size == 0:
            return 0
        new, first = np.unique(rows.persons[of_new], return_index=True)
        lacking = [name for name in (MANAGER, ORGANIZATION) if name not in self._columns]
        if lacking:
            rule = RULES["POP_NEW_PERSON_INCOMPLETE"]
            places = self._places(of_new[first])
            fixed = {"fields": " and ".join(lacking)}
            self._add(worded(places, rule, severity=rule.severity, fixed=fixed))
        stored_fields = self._stored.fields if self._stored else {}
        for frame in sparse_newcomers(rows.lines[of_new[first]], stored_fields, self._columns):
            self._add(frame)
        if rows.lacks_unit is not None:
            order = np.lexsort((rows.lines[of_new], rows.days[of_new], rows.persons[of_new]))
            of_new = of_new[order]
            _, earliest = np.unique(rows.persons[of_new], return_index=True)
            earliest_rows = of_new[earliest]
            offending = earliest_rows[rows.lacks_unit[earliest_rows]]
            if offending.size:
                rule = RULES["VAL_REQUIRED"]
                column = self._columns[ORGANIZATION]
                places = self._places(offending).with_columns(pl.lit("").alias("value"))
                hint = "A new person needs an Organization in the earliest row."
                self._findings.add(
                    worded(places, rule, severity=rule.severity, column=column, hint=hint)
                )
        return int(new.size)

    def _places(self, row_numbers: npt.NDArray[np.int64]) -> pl.DataFrame:
        """The line, person and date of some rows, for findings."""
        rows = self._rows
        addresses = self._addresses_of(rows.persons[row_numbers])
        return pl.DataFrame(
            {
                "line": pl.Series(rows.lines[row_numbers]).cast(pl.Int64),
                "person": addresses,
                "person_id": addresses,
                "effective_date": pl.Series(rows.days[row_numbers]).cast(pl.Date),
            }
        ).sort("line")

    def _addresses_of(self, ids: Ids) -> pl.Series:
        """How the persons' addresses are spelled first."""
        known = self._roll.new_persons().select("person", "address")
        if self._roll.stored is not None:
            known = pl.concat([self._roll.stored.persons.select("person", "address"), known])
        # Of a stored manager who is no person there is a later id, and no number.
        wanted = pl.DataFrame({"person": self._roll.numbers()[ids]})
        return wanted.join(known, on="person", how="left", maintain_order="left")["address"]

    def _known_addresses(self) -> pl.Series:
        known = self._roll.new_persons()["address"]
        if self._stored is not None:
            known = pl.concat([self._stored.persons["address"], known])
        return known

    def _frequent_domains(self) -> tuple[str, ...]:
        if any(count.code == "VAL_EMAIL" for count in self._findings.counts):
            return tuple(frequent_domains(self._known_addresses()))
        return ()

    # Managers

    def _judge_self_reports(self) -> None:
        reports = self._roll.self_reports()
        if reports is None:
            return
        rule = RULES["POP_SELF_MANAGER"]
        is_fine = self._settings.self_report_means_top
        severity = Severity.ADVICE if is_fine else Severity.ERROR
        hint = "It is taken as the top of the hierarchy." if is_fine else None
        self._add(worded(reports, rule, severity=severity, hint=hint))

    def _judge_unknown_managers(self, is_present: npt.NDArray[np.bool_]) -> int:
        rows = self._rows
        # A row that names nobody has a number below zero, which counts from the end.
        may_be_named = np.concatenate((is_present, np.ones(-min(NOBODY, UNSAID), dtype=np.bool_)))
        stray = np.flatnonzero(~may_be_named[rows.managers])
        if stray.size == 0:
            return 0
        found = (
            pl.DataFrame(
                {
                    "manager": rows.managers[stray],
                    "person": rows.persons[stray],
                    "line": pl.Series(rows.lines[stray]).cast(pl.Int64),
                }
            )
            .group_by("manager", maintain_order=True)
            .agg(
                pl.col("line").first(),
                pl.col("line").head(_FIRST_LINES).alias("related_lines"),
                pl.col("person").n_unique().alias("count"),
                pl.len().alias("occurrences"),
            )
        )
        listed = found.head(LISTED_PER_RULE_AND_COLUMN)
        spelled = self._accepted.rows_on(listed["line"].to_numpy()).select(
            pl.col(SPOOL_LINE).alias("line"), pl.col(MANAGER).alias("value")
        )
        places = found.join(spelled, on="line", how="left").with_columns(
            enumerated("related_lines").alias("lines"), counted(found["count"], "person")
        )
        rule = RULES["POP_UNKNOWN_MANAGER"]
        meant = meant_addresses(spelled["value"], self._known_addresses())
        if meant.height:
            hint = pl.format("Did you mean {}?", pl.col("meant")).fill_null(rule.hint)
            places = places.join(meant, on="value", how="left").with_columns(hint.alias("hint"))
        self._add(worded(places, rule, severity=rule.severity))
        return found.height

    def _judge_blank_managers(self, blank: int, persons: int) -> None:
        share = self._settings.max_blank_manager_share
        if blank <= 1 or blank <= Fraction(str(share)) * persons:
            return
        rule = RULES["POP_MANAGER_BLANK_SHARE"]
        fixed = share_words(blank, persons, share)
        self._add(worded(nowhere(), rule, severity=rule.severity, fixed=fixed))

    def _judge_loops(self, hierarchy: Hierarchy, links: Links) -> list[Loop]:
        loops = hierarchy.run(in_order_of_days(links))
        for frame in loop_findings(loops, self._addresses_of):
            self._add(frame)
        return loops

    def _links(self, duplicates: Duplicates | None) -> Links:
        """Every change of a manager in the resulting data; the first of conflicting rows counts."""
        imported = self._imported_links(duplicates)
        if self._stored is None:
            return imported
        return joined(self._stored_links(self._stored), imported)

    def _imported_links(self, duplicates: Duplicates | None) -> Links:
        rows = self._rows
        says = rows.managers != UNSAID
        if duplicates is not None:
            says &= ~duplicates.is_repeat
        if says.all():
            return Links(rows.persons, rows.managers, rows.days, rows.lines)
        return Links(rows.persons[says], rows.managers[says], rows.days[says], rows.lines[says])

    def _stored_links(self, stored: StoredOrganization) -> Links:
        periods = stored.manager_periods.select("person", "StartDate", MANAGER).collect()
        spelled = periods[MANAGER].unique().drop_nulls()
        ids = pl.DataFrame({MANAGER: spelled, "id": self._roll.ids_of(spelled)})
        managers = periods.join(ids, on=MANAGER, how="left", maintain_order="left")["id"]
        return Links(
            persons=self._roll.ids_of_numbers(periods["person"].to_numpy()),
            managers=managers.fill_null(NOBODY).to_numpy(),
            days=periods["StartDate"].to_physical().to_numpy(),
            lines=np.zeros(periods.height, dtype=np.uint32),
        )


def share_words(count: int, total: int, limit: float) -> dict[str, str]:
    """The words of a message on a share: count, total, percent and limit."""
    return {
        "count": f"{count:,}",
        "total": f"{total:,}",
        "percent": f"{100 * count / total:.1f}",
        "limit": f"{100 * limit:g}",
    }


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
