"""Correction files on their way back: whatever a spreadsheet did to them, each row finds its place."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from factories import a_mapping, a_package
from orgport.errors import BadInput
from orgport.package.corrected import corrected, corrections_for, write_corrected
from orgport.package.corrections import Mark
from orgport.package.model import Package, PackageForm
from orgport.package.write import write_package

NAMES = ("PersonId", "ManagerId", "Organization", "EffectiveDate")
HEADER = ",".join(NAMES) + "\n"
CSV = (
    HEADER
    + "a@contoso.com,,Sales,01/01/2025\n"
    + 'b@contoso.com,,"Sa\nles",x\r\n'
    + "\n"
    + "c@contoso.com,,Sales,y,z\n"
    + "d@contoso.com,,Sales,w"
)


def of_csv(text: str = CSV) -> Package:
    return a_package(data=text.encode(), mapping=a_mapping(*NAMES))


def a_mark(first: int, text: str) -> str:
    return f"{Mark.of(first, text.encode())}: VAL_DATE: not a date."


MARKS = {
    "b": a_mark(3, 'b@contoso.com,,"Sa\nles",x\r\n'),
    "c": a_mark(6, "c@contoso.com,,Sales,y,z\n"),
    "d": a_mark(7, "d@contoso.com,,Sales,w"),
}


def a_file(
    folder: Path,
    *rows: Sequence[str],
    header: Sequence[str] = (*NAMES, "_errors"),
    delimiter: str = ",",
    line_end: str = "\r\n",
    encoding: str = "utf-8-sig",
) -> Path:
    """A correction file as some program saves it."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows([header, *rows])
    path = folder / "corrections.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def person(name: str, *cells: str) -> list[str]:
    """A mended row with its mark."""
    mended = cells or ("", "Sales", "01/01/2025")
    return [f"{name}@contoso.com", *mended, MARKS[name]]


def result(package: Package, path: Path) -> str:
    with corrected(package, [path]).open_data() as stream:
        return stream.read().decode()


MENDED = (
    HEADER
    + "a@contoso.com,,Sales,01/01/2025\n"
    + "b@contoso.com,,Sales,01/01/2025\r\n"
    + "\n"
    + "c@contoso.com,,Sales,01/01/2025\n"
    + "d@contoso.com,,Sales,01/01/2025\n"
)


def test_rows_take_the_place_of_their_lines_and_nothing_else_changes(tmp_path: Path) -> None:
    path = a_file(tmp_path, person("b"), person("c"), person("d"))
    assert result(of_csv(), path) == MENDED
    found = corrections_for(of_csv(), path)
    assert (found.replaced, found.removed, found.added_rows) == (3, 0, 0)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_how_it_was_saved_makes_no_difference(
    tmp_path: Path, delimiter: str, line_end: str, encoding: str
) -> None:
    rows = [person("b"), person("c"), person("d")]
    random.Random(1).shuffle(rows)  # noqa: S311 - test data
    path = a_file(tmp_path, *rows, delimiter=delimiter, line_end=line_end, encoding=encoding)
    assert result(of_csv(), path) == MENDED


def test_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    header = ("_errors", "Organization", "PersonId", "EffectiveDate", "ManagerId")
    rows = [
        (MARKS[name], "Sales", f"{name}@contoso.com", "01/01/2025", "") for name in ("d", "b", "c")
    ]
    assert result(of_csv(), a_file(tmp_path, *rows, header=header)) == MENDED


def test_rows_that_are_left_out_stay_as_they_are(tmp_path: Path) -> None:
    text = result(of_csv(), a_file(tmp_path, person("c")))
    assert text == CSV.replace("c@contoso.com,,Sales,y,z", "c@contoso.com,,Sales,01/01/2025")


def test_a_blank_row_with_its_mark_removes_the_row(tmp_path: Path) -> None:
    path = a_file(tmp_path, ["", "", "", "", MARKS["c"]], ["", " ", "", "", MARKS["b"]])
    assert result(of_csv(), path) == HEADER + (
        "a@contoso.com,,Sales,01/01/2025\n\nd@contoso.com,,Sales,w"
    )
    assert corrections_for(of_csv(), path).removed == 2


def test_a_row_without_a_mark_is_added_at_the_end(tmp_path: Path) -> None:
    new = ["e@contoso.com", "", "Sales, North", "01/01/2025", "new"]
    path = a_file(tmp_path, new, ["", "", "", "", ""])
    assert result(of_csv(), path) == CSV + '\ne@contoso.com,,"Sales, North",01/01/2025\n'
    assert corrections_for(of_csv(), path).added_rows == 1


def test_a_mark_that_stands_there_twice_puts_both_rows_in_its_place(tmp_path: Path) -> None:
    path = a_file(tmp_path, person("c"), person("c", "", "Legal", "02/01/2025"))
    text = result(of_csv(), path)
    assert "c@contoso.com,,Sales,01/01/2025\nc@contoso.com,,Legal,02/01/2025\nd@" in text
    assert corrections_for(of_csv(), path).added_rows == 1


def test_a_row_that_still_has_too_many_cells_keeps_them(tmp_path: Path) -> None:
    path = a_file(tmp_path, ["c@contoso.com", "", "Sales", "y", "z", MARKS["c"]])
    assert result(of_csv(), path) == CSV


def test_corrections_follow_one_another(tmp_path: Path) -> None:
    first = a_file(tmp_path, person("b"), person("c", "", "Sales", "still wrong"))
    first = first.rename(tmp_path / "first.csv")
    mark = a_mark(5, "c@contoso.com,,Sales,still wrong\n")
    second = a_file(tmp_path, ["c@contoso.com", "", "Sales", "01/01/2025", mark])
    with corrected(of_csv(), [first, second]).open_data() as stream:
        text = stream.read().decode()
    assert text == MENDED.replace("d@contoso.com,,Sales,01/01/2025\n", "d@contoso.com,,Sales,w")


@pytest.mark.parametrize("size", [1, 3, 7, 1 << 20])
def test_a_corrected_package_can_be_read_in_pieces_of_any_size(tmp_path: Path, size: int) -> None:
    path = a_file(tmp_path, person("b"), person("c"), person("d"))
    with corrected(of_csv(), [path]).open_data() as stream:
        assert b"".join(iter(lambda: stream.read(size), b"")).decode() == MENDED


def refusal(package: Package, path: Path) -> str:
    with pytest.raises(BadInput) as refused:
        corrections_for(package, path)
    return refused.value.message


def test_the_file_of_another_package_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, person("c"))
    other = of_csv(CSV.replace("Sales,y,z", "Sales,y,q"))
    assert "line 6" in refusal(other, path)
    assert "reads otherwise in this package" in refusal(of_csv(HEADER + "a,b,c,d\n"), path)


def test_other_columns_are_refused_with_their_names(tmp_path: Path) -> None:
    header = ("PersonId", "Boss", "Organization", "EffectiveDate", "_errors")
    said = refusal(of_csv(), a_file(tmp_path, person("c"), header=header))
    assert "Missing: ManagerId. Not in the package: Boss." in said
    said = refusal(of_csv(), a_file(tmp_path, ["c@contoso.com", "", "Sales", "x"], header=NAMES))
    assert "no column _errors" in said


def test_what_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = a_file(tmp_path, person("c", "", "Müller", "01/01/2025"), encoding="cp1252")
    assert "not UTF-8 (line 2)" in refusal(of_csv(), path)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    assert "no rows" in refusal(of_csv(), a_file(tmp_path))
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert "no column _errors" in refusal(of_csv(), empty)


def test_marks_that_say_different_things_of_a_line_are_refused(tmp_path: Path) -> None:
    other = a_mark(4, 'les",x\r\n')
    path = a_file(tmp_path, person("b"), ["x", "", "", "", other])
    assert "different things of line 4" in refusal(of_csv(), path)


def test_rows_sent_as_json_are_refused(tmp_path: Path) -> None:
    package = replace(of_csv(), form=PackageForm.JSON)
    with pytest.raises(BadInput, match="json"):
        corrected(package, [a_file(tmp_path, person("c"))])


def test_a_corrected_zip_has_the_metadata_of_its_source(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(CSV.encode())
    source, out = tmp_path / "package.zip", tmp_path / "corrected.zip"
    write_package(tmp_path / "data.csv", a_mapping(*NAMES), source)
    path = a_file(tmp_path, person("b"), person("c"), person("d"))
    write_corrected(corrected(of_csv(), [path]), source, out)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out) as new:
        assert new.read("data.csv").decode() == MENDED
        assert new.read("metadata.json") == old.read("metadata.json")
        assert sorted(new.namelist()) == sorted(old.namelist())
