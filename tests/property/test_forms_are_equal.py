"""The same persons pushed as csv, as json and as zip are judged alike."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from comparison import accepted_rows
from generators import OPTIONAL, UPLOAD_DATE, any_cells, csv_of_quoted, stored_organizations
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from searching import examples

from factories import a_mapping, a_stored_organization
from orgport.finding import Finding
from orgport.package.model import Mapping, PackageForm, Refresh
from orgport.package.read import ReadOptions, read_package
from orgport.package.write import metadata_json, write_package
from orgport.validation import engine
from orgport.validation.spool import read_findings
from orgport.validation.verdict import StoredOrganization, ValidationSettings, Verdict

Rows = list[tuple[str, ...]]


@st.composite
def persons(draw: st.DrawFn) -> tuple[Mapping, Rows]:
    """A mapping with headers that are field names, and rows whose cells stand on one line each."""
    chosen = draw(st.lists(st.sampled_from(OPTIONAL), unique=True, max_size=3))
    refresh = draw(st.sampled_from(Refresh))
    mapping = a_mapping(
        "PersonId", "ManagerId", "Organization", "EffectiveDate", *chosen, refresh=refresh
    )
    cells = [
        any_cells(column.field).filter(lambda cell: "\n" not in cell and "\0" not in cell)
        for column in mapping.columns
    ]
    return mapping, draw(st.lists(st.tuples(*cells), min_size=1, max_size=8))


CR_AT_THE_END = (
    a_mapping("PersonId", "ManagerId", "EffectiveDate", "Organization"),
    [("a@contoso.com", "", "01/01/2025", "Sales\r")],
)


@example(persons=CR_AT_THE_END, stored=a_stored_organization(), exclude_invalid_rows=False)
@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.too_slow])
@given(persons=persons(), stored=stored_organizations(), exclude_invalid_rows=st.booleans())
def test_csv_json_and_zip_of_the_same_persons_are_judged_alike(
    persons: tuple[Mapping, Rows], stored: StoredOrganization, exclude_invalid_rows: bool
) -> None:
    mapping, rows = persons
    chosen = ValidationSettings(exclude_invalid_rows=exclude_invalid_rows)
    outcomes = []
    for form in PackageForm:
        with TemporaryDirectory() as name:
            folder = Path(name)
            body = written(folder, form, mapping, rows)
            options = ReadOptions(requested_refresh=mapping.refresh, has_uploads=True)
            reading = read_package(body, form=form, options=options, scratch=folder)
            assert reading.package is not None
            verdict = engine.validate(
                reading.package,
                settings=chosen,
                stored=stored,
                upload_date=UPLOAD_DATE,
                workspace=folder / "work",
                findings=reading.findings,
            )
            outcomes.append(outcome(verdict))
    assert outcomes[1:] == outcomes[:-1]


def written(folder: Path, form: PackageForm, mapping: Mapping, rows: Rows) -> Path:
    """The body of a push of this form."""
    headers = [column.source for column in mapping.columns]
    csv = folder / "persons.csv"
    csv.write_bytes(csv_of_quoted(headers, rows))
    if form is PackageForm.CSV:
        return csv
    body = folder / f"body.{form.value}"
    if form is PackageForm.ZIP:
        write_package(csv, mapping, body)
    else:
        data = [dict(zip(headers, row, strict=True)) for row in rows]
        document = {"metadata": json.loads(metadata_json(mapping)), "data": data}
        body.write_text(json.dumps(document), encoding="utf-8")
    return body


def outcome(verdict: Verdict) -> tuple[object, ...]:
    """All that is the same for every form: the name of the file in a finding is not."""
    findings = [without_file(one) for one in read_findings(verdict.findings, limit=None)]
    counts = (verdict.rows_read, verdict.rows_accepted, verdict.rows_excluded, verdict.rows_failed)
    rows = accepted_rows(verdict) if verdict.accepted else []
    return verdict.accepted, counts, findings, rows


def without_file(finding: Finding) -> tuple[object, ...]:
    pointer = finding.pointer
    return (
        finding.code,
        finding.severity,
        finding.message,
        pointer.line,
        pointer.column,
        pointer.value,
        finding.related_lines,
    )
