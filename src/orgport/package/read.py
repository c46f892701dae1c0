"""Reads a package of any form: archive, metadata and header stages, each telling all of its findings.

A failing stage stops there. Rows and values are for `validation` to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BufferedIOBase
from pathlib import Path

from orgport.attributes.catalogue import attribute
from orgport.attributes.types import ValueType
from orgport.errors import BadInput
from orgport.finding import Finding, Severity
from orgport.package.archive import check_archive, open_archive
from orgport.package.faults import package_error
from orgport.package.header import HeaderReading, judge_header, read_header, separator_hint
from orgport.package.limits import BODY_BYTES
from orgport.package.metadata import Metadata, parse_metadata, read_document
from orgport.package.model import (
    Header,
    MappedColumn,
    Package,
    PackageBroken,
    PackageForm,
    Refresh,
)
from orgport.package.records import read_records
from orgport.package.targets import ReadOptions, canonical, judge_targets
from orgport.package.upload import judge_upload
from orgport.package.workbooks import SAVE_AS_CSV, is_named_as_workbook

__all__ = ["ReadOptions", "Reading", "form_of", "quick_check", "read_package"]

_FORMS = {".zip": PackageForm.ZIP, ".csv": PackageForm.CSV, ".json": PackageForm.JSON}


@dataclass(frozen=True, slots=True)
class Reading:
    """A package that can be judged, or None; advice may stand beside a package."""

    package: Package | None
    findings: tuple[Finding, ...]


def form_of(path: Path) -> PackageForm:
    """The form of a file on disk, by its ending, else by its first bytes; raises BadInput."""
    by_ending = _FORMS.get(path.suffix.lower())
    if by_ending is not None:
        return by_ending
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    if is_zip and not is_named_as_workbook(path.name):
        return PackageForm.ZIP
    if is_named_as_workbook(path.name):
        raise BadInput(f"{path.name} is an Excel workbook. {SAVE_AS_CSV}")
    raise BadInput(f"{path.name} is neither .zip, .csv nor .json. Give it one of these endings.")


def quick_check(path: Path, form: PackageForm) -> Finding | None:
    """What can be refused before the sender goes away: an empty body, or a zip beyond reading."""
    size = path.stat().st_size
    if size == 0:
        return package_error(
            "PKG_EMPTY_BODY", "The body is empty.", hint="Send a file with content."
        )
    if size > BODY_BYTES:
        return package_error(
            "PKG_TOO_LARGE", f"The body has {size:,} bytes; at most {BODY_BYTES:,} are allowed."
        )
    return check_archive(path) if form is PackageForm.ZIP else None


def read_package(path: Path, *, form: PackageForm, options: ReadOptions, scratch: Path) -> Reading:
    """The package at `path`, or why it cannot be judged; `scratch` takes a csv made from json."""
    said: tuple[Finding, ...] = ()
    if options.upload_name is not None:
        said = judge_upload(options.upload_name, size_bytes=path.stat().st_size)
    fault = quick_check(path, form) if not _fails(said) else None
    if fault is not None or _fails(said):
        return Reading(None, (*said, fault) if fault else said)
    try:
        reading = _read(path, form, options, scratch)
    except PackageBroken as broken:
        return Reading(None, (package_error(broken.code, broken.message),))
    return Reading(reading.package, (*said, *reading.findings))


def _read(path: Path, form: PackageForm, options: ReadOptions, scratch: Path) -> Reading:
    if form is PackageForm.ZIP:
        return _read_zip(path, options)
    if form is PackageForm.CSV:
        return _read_csv(path, options)
    return _read_json(path, options, scratch)


def _read_zip(path: Path, options: ReadOptions) -> Reading:
    archive, findings = open_archive(path)
    if archive is None:
        return Reading(None, findings)
    metadata_name = Path(archive.metadata.filename).name
    data_name = Path(archive.data.filename).name
    content = archive.read_metadata()
    with archive.open_data() as stream:
        heading = read_header(stream, name=data_name)
    empty = [f for f in heading.findings if f.code == "PKG_CSV_EMPTY"]
    metadata = parse_metadata(content, name=metadata_name)
    empty += [f for f in metadata.findings if f.code == "PKG_JSON_EMPTY"]
    if empty:
        return Reading(None, (*findings, *empty))
    found, refresh, columns = _judge_metadata(metadata, options, metadata_name)
    findings = (*findings, *found)
    if refresh is None or _fails(findings):
        return Reading(None, findings)
    return _conclude(
        form=PackageForm.ZIP,
        refresh=refresh,
        columns=columns,
        heading=heading,
        findings=findings,
        data_name=data_name,
        size_bytes=archive.data.file_size,
        open_data=archive.open_data,
    )


def _read_csv(path: Path, options: ReadOptions, *, name: str = "data.csv") -> Reading:
    with path.open("rb") as stream:
        heading = read_header(stream, name=name)
    if heading.header is None:
        return Reading(None, heading.findings)
    refresh = _refresh_of_raw(options)
    columns = _columns_of_raw(heading.header, options)
    findings = tuple(judge_targets(columns, refresh, options, file=name))
    if hint := separator_hint(heading.header):  # that is why no column is known
        findings = tuple(replace(finding, hint=hint) for finding in findings)
    if _fails(findings):
        return Reading(None, findings)
    return _conclude(
        form=PackageForm.CSV,
        refresh=refresh,
        columns=canonical(columns),
        heading=heading,
        findings=findings,
        data_name=name,
        size_bytes=path.stat().st_size,
        open_data=partial(_open_file, path),
    )


def _read_json(path: Path, options: ReadOptions, scratch: Path) -> Reading:
    records, findings = read_records(path, scratch, name="data.json")
    if records is None:
        return Reading(None, findings)
    with records.csv.open("rb") as stream:
        heading = read_header(stream, name="data.json")
    header = heading.header
    if header is None:
        return Reading(None, heading.findings)
    if records.findings:  # rows are there, though none may be well shaped
        heading = HeaderReading(header)
    refresh: Refresh | None
    if records.metadata is not None:
        metadata = read_document(records.metadata, name="data.json")
        found, refresh, columns = _judge_metadata(metadata, options, "data.json")
    else:
        refresh = _refresh_of_raw(options)
        raw = _columns_of_raw(header, options)
        found, columns = judge_targets(raw, refresh, options, file="data.json"), canonical(raw)
    findings = (*findings, *found)
    if refresh is None or _fails(findings):
        return Reading(None, findings)
    return _conclude(
        form=PackageForm.JSON,
        refresh=refresh,
        columns=columns,
        heading=heading,
        findings=(*findings, *records.findings),
        data_name="data.json",
        size_bytes=records.csv.stat().st_size,
        open_data=partial(_open_file, records.csv),
        record_lines=records.lines,
    )


def _judge_metadata(
    metadata: Metadata, options: ReadOptions, name: str
) -> tuple[list[Finding], Refresh | None, tuple[MappedColumn, ...]]:
    findings = list(metadata.findings)
    if metadata.columns is None:
        return findings, metadata.refresh, ()
    findings += judge_targets(metadata.columns, metadata.refresh, options, file=name)
    return findings, metadata.refresh, canonical(metadata.columns)


def _conclude(
    *,
    form: PackageForm,
    refresh: Refresh,
    columns: Sequence[MappedColumn],
    heading: HeaderReading,
    findings: tuple[Finding, ...],
    data_name: str,
    size_bytes: int,
    open_data: Callable[[], BufferedIOBase],
    record_lines: tuple[int, ...] | None = None,
) -> Reading:
    header = heading.header
    if header is None:
        return Reading(None, (*findings, *heading.findings))
    findings = (*findings, *heading.findings, *judge_header(header, columns, name=data_name))
    if any(f.severity is Severity.ERROR and f.code != "ROW_JSON_SHAPE" for f in findings):
        return Reading(None, findings)
    by_source = {column.source: column for column in columns}
    package = Package(
        form=form,
        refresh=refresh,
        columns=tuple(by_source[source] for source in header.names),
        header=header,
        data_name=data_name,
        data_size_bytes=size_bytes,
        open_data=open_data,
        record_lines=record_lines,
    )
    return Reading(package, findings)


def _open_file(path: Path) -> BufferedIOBase:
    return path.open("rb")


def _refresh_of_raw(options: ReadOptions) -> Refresh:
    if options.requested_refresh is not None:
        return options.requested_refresh
    if options.stored_mapping is not None:
        return options.stored_mapping.refresh
    return Refresh.INCREMENTAL if options.has_uploads else Refresh.FULL


def _columns_of_raw(header: Header, options: ReadOptions) -> tuple[MappedColumn, ...]:
    if options.stored_mapping is not None:
        return options.stored_mapping.columns
    return tuple(
        MappedColumn(source, source, known.type if known else ValueType.STRING)
        for source in header.names
        for known in (attribute(source),)
    )


def _fails(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
