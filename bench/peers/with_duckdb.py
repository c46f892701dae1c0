"""DuckDB: the rules as one SQL query over the csv."""

from __future__ import annotations

from pathlib import Path

import duckdb
from judged import DATE_FORMAT, EMAIL, NUMBER, SUPERVISOR, WHOLE_NUMBER, timed

QUERY = f"""
with rows as (select * from read_csv(?, all_varchar = true, header = true)),
cells as (
  select count(*) filter (PersonId is null) + count(*) filter (Organization is null)
       + count(*) filter (EffectiveDate is null)
       + count(*) filter (not regexp_matches(PersonId, '{EMAIL}'))
       + count(*) filter (not regexp_matches(ManagerId, '{EMAIL}'))
       + count(*) filter (EffectiveDate is not null and try_strptime(EffectiveDate, '{DATE_FORMAT}') is null)
       + count(*) filter (HireDate is not null and try_strptime(HireDate, '{DATE_FORMAT}') is null)
       + count(*) filter (not regexp_matches(HourlyRate, '{NUMBER}'))
       + count(*) filter (not regexp_matches(Layer, '{WHOLE_NUMBER}'))
       + count(*) filter (SupervisorIndicator not in {SUPERVISOR}) as found
  from rows),
doubled as (
  select coalesce(sum(n - 1), 0) as found
  from (select count(*) as n from rows group by lower(PersonId), EffectiveDate) where n > 1)
select cells.found + doubled.found from cells, doubled
"""  # noqa: S608 - the rules are constants


def judge(path: Path) -> int:
    """Count what breaks a rule."""
    answer = duckdb.execute(QUERY, [str(path)]).fetchone()
    return int(answer[0]) if answer else 0


timed(judge)
