"""The correction file: which rows it holds, and that they are as the sender wrote them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import a_mapping, a_package
from orgport.attributes.spreadsheets import as_text, from_text
from orgport.finding import Finding, Level, Pointer, Severity
from orgport.package.corrected import corrected as mended
from orgport.package.model import Package
from orgport.validation import correction
from orgport.validation.correction import correction_file
from orgport.validation.spool import FindingSpool

MARK = re.compile(
    r"lines? [0-9-]+ #[0-9a-f]{8}: "
)  # of a row; whether it leads back is tested elsewhere
HEADER = "PersonId,ManagerId,Organization,EffectiveDate\n"
GOOD = "a@contoso.com,b@contoso.com,Sales,01/01/2025\n"


def a_finding(
    line: int | None,
    code: str = "VAL_DATE",
    *,
    severity: Severity = Severity.ERROR,
    level: Level = Level.VALUE,
    related_lines: tuple[int, ...] = (),
) -> Finding:
    pointer = Pointer("data.csv", line, 4)
    message = f"Wrong in line {line}."
    return Finding(code, severity, level, message, "Mend it.", pointer, related_lines=related_lines)


def corrected(folder: Path, package: Package, *findings: Finding) -> list[str]:
    """The text of the correction file behind its header, by row."""
    spool = FindingSpool(folder)
    spool.add_findings(findings)
    text = "".join(correction_file(package, spool.close()))
    header = "\ufeffPersonId,ManagerId,Organization,EffectiveDate,_errors\r\n"
    assert text.startswith(header)
    return MARK.sub("", text.removeprefix(header)).split("\r\n")[:-1]


def of_csv(text: str | bytes) -> Package:
    data = text.encode() if isinstance(text, str) else text
    return a_package(data=data, mapping=a_mapping())


def test_only_failed_rows_are_in_it_with_what_is_wrong(tmp_path: Path) -> None:
    package = of_csv(HEADER + GOOD + "c@contoso.com,,Sales,x\n" + GOOD)
    assert corrected(tmp_path, package, a_finding(3)) == [
        "c@contoso.com,,Sales,x,VAL_DATE: Wrong in line 3. Mend it."
    ]


def test_a_row_keeps_its_own_quotes_and_blanks(tmp_path: Path) -> None:
    package = of_csv(HEADER + '"c@contoso.com", b@contoso.com ,"Sa""les, North",x\r\n')
    assert corrected(tmp_path, package, a_finding(2)) == [
        '"c@contoso.com", b@contoso.com ,"Sa""les, North",x,VAL_DATE: Wrong in line 2. Mend it.'
    ]


def test_several_findings_of_a_row_stand_in_one_cell(tmp_path: Path) -> None:
    package = of_csv(HEADER + GOOD)
    (row,) = corrected(tmp_path, package, a_finding(2), a_finding(2, "VAL_EMAIL"))
    assert row.endswith(
        "VAL_DATE: Wrong in line 2. Mend it. | VAL_EMAIL: Wrong in line 2. Mend it."
    )


def test_every_row_of_a_conflict_is_in_it(tmp_path: Path) -> None:
    package = of_csv(HEADER + GOOD * 4)
    conflict = a_finding(2, "POP_DUP_CONFLICT", level=Level.POPULATION, related_lines=(2, 4))
    assert len(corrected(tmp_path, package, conflict)) == 2


def test_advice_and_findings_without_a_line_give_no_row(tmp_path: Path) -> None:
    package = of_csv(HEADER + GOOD)
    advice = a_finding(2, severity=Severity.ADVICE)
    share = a_finding(None, "POP_MANAGER_BLANK_SHARE", level=Level.POPULATION)
    assert corrected(tmp_path, package, advice, share) == []


def test_rows_that_were_left_out_with_a_warning_are_in_it(tmp_path: Path) -> None:
    package = of_csv(HEADER + GOOD)
    assert len(corrected(tmp_path, package, a_finding(2, severity=Severity.WARNING))) == 1


def test_a_row_over_several_lines_comes_whole(tmp_path: Path) -> None:
    package = of_csv(HEADER + GOOD + 'c@contoso.com,,"Sa\nles",x\n\n' + GOOD)
    assert corrected(tmp_path, package, a_finding(3, "VAL_NEWLINE")) == [
        'c@contoso.com,,"Sa\nles",x,VAL_NEWLINE: Wrong in line 3. Mend it.'
    ]


def test_a_short_row_is_filled_up_so_that_its_errors_stand_in_their_column(tmp_path: Path) -> None:
    package = of_csv(HEADER + "c@contoso.com,x\n")
    finding = a_finding(2, "ROW_COLUMN_COUNT", level=Level.ROW)
    assert corrected(tmp_path, package, finding) == [
        "c@contoso.com,x,,,ROW_COLUMN_COUNT: Wrong in line 2. Mend it."
    ]


def test_lines_passed_over_after_a_stray_quote_are_not_lost(tmp_path: Path) -> None:
    package = of_csv(HEADER + 'c@contoso.com,,"Sales,x\nstray,line\n\n' + GOOD)
    rows = corrected(tmp_path, package, a_finding(2, "ROW_QUOTE", level=Level.ROW))
    assert list(csv.reader(io.StringIO("\n".join(rows)))) == [
        ["c@contoso.com", "", '"Sales', "x", "ROW_QUOTE: Wrong in line 2. Mend it."],
        ["stray", "line", "", "", correction._PASSED_OVER],
    ]


def test_a_row_that_is_not_utf8_is_shown_as_windows_1252(tmp_path: Path) -> None:
    package = of_csv(HEADER.encode() + "c@contoso.com,,Münster,x\n".encode("cp1252"))
    (row,) = corrected(tmp_path, package, a_finding(2, "ROW_ENCODING", level=Level.ROW))
    assert row.startswith("c@contoso.com,,Münster,x,ROW_ENCODING: Wrong")
    assert row.endswith("as if it were Windows-1252.")


def test_the_last_row_may_lack_its_line_end(tmp_path: Path) -> None:
    package = of_csv(HEADER + GOOD + "c@contoso.com,,Sales,x")
    assert len(corrected(tmp_path, package, a_finding(3))) == 1


def test_rows_of_json_are_known_by_their_place_in_the_array(tmp_path: Path) -> None:
    package = of_csv(HEADER + 'c@contoso.com,,"Sa\nles",x\n' + GOOD)
    package = replace(package, record_lines=(1, 2))
    assert len(corrected(tmp_path, package, a_finding(2))) == 1
    assert corrected(tmp_path, package, a_finding(2))[0].startswith("a@contoso.com")


@pytest.mark.parametrize("rows_a_chunk", [1, 2])
def test_it_is_written_in_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_chunk: int
) -> None:
    monkeypatch.setattr(correction, "_ROWS_A_CHUNK", rows_a_chunk)
    package = of_csv(HEADER + GOOD * 9)
    findings = [a_finding(line) for line in (2, 3, 7, 10)]
    rows = corrected(tmp_path, package, *findings)
    assert [row.split("line ")[1] for row in rows] == [f"{n}. Mend it." for n in (2, 3, 7, 10)]


def test_what_a_spreadsheet_would_take_for_a_formula_is_text_and_comes_back(tmp_path: Path) -> None:
    package = of_csv(HEADER + "c@contoso.com,,\"=cmd|'/c calc'!A1\",x\n" + GOOD)
    spool = FindingSpool(tmp_path)
    spool.add_findings([a_finding(2)])
    text = "".join(correction_file(package, spool.close()))
    assert "\nc@contoso.com,,'=cmd|'/c calc'!A1,x," in text
    path = tmp_path / "corrections.csv"
    path.write_text(text.replace(",x,", ",01/01/2025,"), newline="")
    with mended(package, [path]).open_data() as stream:
        assert stream.read().decode().splitlines()[1] == (
            "c@contoso.com,,=cmd|'/c calc'!A1,01/01/2025"
        )


@given(cell=st.text("'=+-@\t\r\n\uff1d a", max_size=5))
def test_a_cell_is_the_same_after_a_spreadsheet_has_seen_it_as_text(cell: str) -> None:
    assert from_text(as_text(cell)) == cell
    assert not as_text(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
