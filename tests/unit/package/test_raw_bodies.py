"""Raw csv and raw json: where their mapping and refresh type come from."""

from __future__ import annotations

import csv
import io
import json

import pytest

from orgport.attributes.types import ValueType
from orgport.errors import BadInput
from orgport.package import records
from orgport.package.model import MappedColumn, Mapping, PackageForm, Refresh
from orgport.package.read import ReadOptions, form_of, read_package

CSV = "PersonId,ManagerId,Organization\nperson1@contoso.com,,Sales\n"
ROWS: list[dict[str, object]] = [
    {"PersonId": "person1@contoso.com", "ManagerId": None, "Organization": "Sales"},
    {"PersonId": "person2@contoso.com", "ManagerId": "person1@contoso.com", "Layer": 2},
]


def read(tmp_path, content: str, form: PackageForm, options: ReadOptions | None = None):
    path = tmp_path / f"body.{form.value}"
    path.write_text(content)
    return read_package(path, form=form, options=options or ReadOptions(), scratch=tmp_path)


def rows_of(package) -> list[list[str]]:
    with package.open_data() as stream:
        text = stream.read().decode()
    return list(csv.reader(io.StringIO(text)))


def test_headers_of_a_raw_csv_are_field_names(tmp_path):
    package = read(tmp_path, CSV, PackageForm.CSV).package
    assert package is not None
    assert package.fields == ("PersonId", "ManagerId", "Organization")
    assert package.refresh is Refresh.FULL


def test_a_header_that_is_no_field_is_refused(tmp_path):
    reading = read(tmp_path, CSV.replace("Organization", "Unit"), PackageForm.CSV)
    assert [f.code for f in reading.findings] == ["META_UNKNOWN_TARGET", "META_REQUIRED_UNMAPPED"]


def test_a_stored_mapping_is_used(tmp_path):
    columns = (
        MappedColumn("Who", "PersonId", ValueType.EMAIL),
        MappedColumn("Layer", "Layer", ValueType.INTEGER),
    )
    options = ReadOptions(stored_mapping=Mapping(Refresh.INCREMENTAL, columns), has_uploads=True)
    package = read(tmp_path, "Who,Layer\nperson1@contoso.com,2\n", PackageForm.CSV, options).package
    assert package is not None
    assert (package.fields, package.refresh) == (("PersonId", "Layer"), Refresh.INCREMENTAL)


@pytest.mark.parametrize(
    ("options", "refresh"),
    [
        (ReadOptions(has_uploads=False), Refresh.FULL),
        (ReadOptions(has_uploads=True), Refresh.INCREMENTAL),
        (ReadOptions(has_uploads=True, requested_refresh=Refresh.FULL), Refresh.FULL),
    ],
)
def test_a_raw_body_refreshes_as_asked_else_as_fits_the_stored_data(tmp_path, options, refresh):
    package = read(tmp_path, CSV, PackageForm.CSV, options).package
    assert package is not None
    assert package.refresh is refresh


def test_the_union_of_keys_makes_the_columns_of_raw_json(tmp_path):
    package = read(tmp_path, json.dumps(ROWS), PackageForm.JSON).package
    assert package is not None
    assert package.fields == ("PersonId", "ManagerId", "Organization", "Layer")
    assert rows_of(package)[2] == ["person2@contoso.com", "person1@contoso.com", "", "2"]
    assert package.record_lines == (2, 3)


def test_a_row_that_is_not_flat_is_a_finding_and_its_neighbours_keep_their_lines(tmp_path):
    rows = [ROWS[0], {"PersonId": ["x"]}, 7, ROWS[1]]
    reading = read(tmp_path, json.dumps(rows), PackageForm.JSON)
    assert [(f.code, f.pointer.line) for f in reading.findings] == [
        ("ROW_JSON_SHAPE", 3),
        ("ROW_JSON_SHAPE", 4),
    ]
    assert reading.package is not None
    assert reading.package.record_lines == (2, 5)


def test_json_may_bring_its_own_metadata(tmp_path):
    document = {
        "data": [{"Who": "person1@contoso.com", "Depth": 3}],
        "metadata": {
            "DatasetType": "HR",
            "IsBootstrap": "false",
            "Mapping": {
                "Who": {"name": "PersonId", "type": "EmailType"},
                "Depth": {"name": "Layer", "type": "int32"},
            },
        },
    }
    package = read(tmp_path, json.dumps(document), PackageForm.JSON).package
    assert package is not None
    assert (package.fields, package.refresh) == (("PersonId", "Layer"), Refresh.INCREMENTAL)


@pytest.mark.parametrize("body", ["", "[", '[{"a":', "7", '"x"', '[{"a": }]', "\x00"])
def test_a_body_that_is_no_json_is_a_finding(tmp_path, body):
    reading = read(tmp_path, body, PackageForm.JSON)
    assert [f.code for f in reading.findings] in (["META_INVALID_JSON"], ["PKG_EMPTY_BODY"])


@pytest.mark.parametrize("start", ["[", '{"data": [', '[{"a": '])
def test_json_nested_without_end_is_refused_before_the_parser_fills_the_memory(tmp_path, start):
    reading = read(tmp_path, start * 100_000, PackageForm.JSON)
    (finding,) = reading.findings
    assert "nested too deeply" in finding.message


@pytest.mark.parametrize("text", ["[" * 100, "{" * 99 + '"', "\\" * 7 + '"' + "[" * 99, "]" * 9])
@pytest.mark.parametrize("chunk_bytes", [1, 7, 1 << 20])
def test_brackets_within_a_text_nest_nothing(tmp_path, monkeypatch, text, chunk_bytes):
    monkeypatch.setattr(records, "_CHUNK_BYTES", chunk_bytes)
    body = json.dumps([{**ROWS[0], "Organization": text}])
    package = read(tmp_path, body, PackageForm.JSON).package
    assert package is not None
    assert text in rows_of(package)[1]


def test_an_empty_array_has_no_row(tmp_path):
    assert [f.code for f in read(tmp_path, "[]", PackageForm.JSON).findings] == ["FILE_NO_ROWS"]


def test_text_of_any_script_and_line_breaks_survive_the_way_from_json(tmp_path):
    rows = [{**ROWS[0], "Organization": 'Müller "AG"\n東京,x'}]
    package = read(tmp_path, json.dumps(rows), PackageForm.JSON).package
    assert package is not None
    assert rows_of(package)[1][2] == 'Müller "AG"\n東京,x'


def test_the_form_is_told_by_the_ending_else_by_the_first_bytes(tmp_path):
    (tmp_path / "export").write_bytes(b"PK\x03\x04")
    (tmp_path / "notes.txt").write_bytes(b"hello")
    assert form_of(tmp_path / "a.CSV") is PackageForm.CSV
    assert form_of(tmp_path / "export") is PackageForm.ZIP
    with pytest.raises(BadInput, match=r"neither \.zip"):
        form_of(tmp_path / "notes.txt")
