"""Line, column and value of each finding are those of the file's bytes, whatever stands before it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from bytes_of_findings import RawFile
from generators import NOISE, UPLOAD_DATE
from hostile import FIELDS, LINE_ENDS, MAKERS, Fault, Maker, hostile_bulk, hostile_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from searching import examples

from orgport.finding import Finding, Level, Severity
from orgport.package.model import PackageForm
from orgport.package.read import ReadOptions, read_package
from orgport.validation import blocks, engine
from orgport.validation.scan import BLOCK_BYTES, scan
from orgport.validation.spool import read_findings
from orgport.validation.verdict import ValidationSettings

STARTS = (b"", b"\xef\xbb\xbf", b"\n\r\n", b"\xef\xbb\xbf\n\n")
PIECES = st.lists(
    st.tuples(st.sampled_from(MAKERS), st.sampled_from(LINE_ENDS)), min_size=1, max_size=12
)
SOUP = st.lists(
    st.one_of(
        st.sampled_from(NOISE),
        st.sampled_from([b"a@contoso.com", b"Sales", b"01/01/2025", b"7", b",,,,,", "é".encode()]),
        st.binary(max_size=3),
    ),
    max_size=40,
).map(b"".join)
BLOCKS = st.sampled_from([1, 7, 64, 1000, BLOCK_BYTES])
THOROUGH = settings(
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def findings_of(data: bytes, *, block_bytes: int = BLOCK_BYTES) -> list[Finding]:
    """The findings on rows and cells of a csv, read and judged as a raw body is."""
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "scan", partial(scan, block_bytes=block_bytes))
        folder = Path(name)
        path = folder / "data.csv"
        path.write_bytes(data)
        reading = read_package(
            path, form=PackageForm.CSV, options=ReadOptions(), scratch=folder / "scratch"
        )
        if reading.package is None:  # the first stages found something, and say nothing of rows
            assert reading.findings
            return []
        verdict = engine.validate(
            reading.package,
            settings=ValidationSettings(),
            stored=None,
            upload_date=UPLOAD_DATE,
            workspace=folder / "judged",
            findings=reading.findings,
        )
        assert verdict.rows_read == (
            verdict.rows_accepted + verdict.rows_excluded + verdict.rows_failed
        )
        found = read_findings(verdict.findings, limit=None)
    return [one for one in found if one.level in (Level.ROW, Level.VALUE)]


def told(findings: list[Finding]) -> list[Fault]:
    """The findings as faults, without advice; where a byte is wrong is read out of the message."""
    faults = []
    for finding in findings:
        if finding.severity is Severity.ADVICE:
            continue
        place = finding.pointer
        assert place.line is not None
        at_line = offset = hex_byte = None
        if finding.code == "ROW_ENCODING":
            words = finding.message.split()
            at_line, offset = int(words[1]), int(words[words.index("offset") + 1])
            hex_byte = words[-1].strip("().").removeprefix("0x")
        faults.append(
            Fault(place.line, finding.code, place.column, place.value, at_line, offset, hex_byte)
        )
    return sorted(faults, key=lambda fault: (fault.line, fault.code))


@THOROUGH
@given(pieces=PIECES, start=st.sampled_from(STARTS), ends_open=st.booleans(), block_bytes=BLOCKS)
def test_every_planted_fault_is_found_at_its_bytes_and_nothing_else(
    pieces: list[tuple[Maker, bytes]], start: bytes, ends_open: bool, block_bytes: int
) -> None:
    data, planted = hostile_file(pieces, start=start, ends_open=ends_open)
    found = findings_of(data, block_bytes=block_bytes)
    assert told(found) == planted
    raw = RawFile(data, FIELDS)
    for finding in found:
        raw.assert_is_as_told(finding)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_large_hostile_file_is_told_fault_by_fault(seed: int) -> None:
    data, planted = hostile_bulk(60_000, seed=seed)
    found = findings_of(data, block_bytes=1 << 20)
    assert told(found) == planted
    raw = RawFile(data, FIELDS)
    for finding in found:
        raw.assert_is_as_told(finding)


@THOROUGH
@given(soup=SOUP, block_bytes=BLOCKS)
def test_a_finding_in_any_bytes_equals_the_bytes_that_it_points_at(
    soup: bytes, block_bytes: int
) -> None:
    data, _ = hostile_file([])
    data += soup
    raw = RawFile(data, FIELDS)
    for finding in findings_of(data, block_bytes=block_bytes):
        raw.assert_is_as_told(finding)
