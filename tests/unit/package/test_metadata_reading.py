"""metadata.json: every fault of the stage at once, each with its code."""

from __future__ import annotations

import json

import pytest
from archives import a_zip, metadata

from orgport.attributes.types import ValueType
from orgport.finding import Severity
from orgport.package.metadata import parse_metadata
from orgport.package.model import PackageForm, Refresh
from orgport.package.read import ReadOptions, read_package


def codes(tmp_path, options: ReadOptions | None = None, **changes) -> list[str]:
    reading = read_package(
        a_zip(tmp_path, **changes),
        form=PackageForm.ZIP,
        options=options or ReadOptions(),
        scratch=tmp_path,
    )
    return [finding.code for finding in reading.findings]


def column(name: object, type_: object = "StringType") -> dict[str, object]:
    return {"name": name, "type": type_}


def mapping(**columns: object) -> dict[str, object]:
    return {**metadata()["Mapping"], **columns}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "line 1, column 2"),
        ('{\n "DatasetType": "HR",\n}', "line 3, column 1"),
        ("[]", "line 1, column 1"),
        ('{"a": 1,\n "a": 2}', "line 2, column 2"),
        ('{"a": NaN}', "line 1"),
        ('{"IsBootstrap": "true", "isbootstrap": "true"}', "line 1"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_what_is_not_json_is_told_with_its_place(text, place):
    [finding] = parse_metadata(text.encode()).findings
    assert finding.code == "META_INVALID_JSON"
    assert place in finding.message


def test_a_byte_that_is_not_utf_8_is_told_with_its_place():
    [finding] = parse_metadata(b'{"a":\n "\xff"}').findings
    assert (finding.pointer.line, finding.pointer.column) == (2, 3)


def test_a_bom_booleans_and_names_in_any_case_are_taken():
    document = {
        "datasettype": "hr",
        "ISBOOTSTRAP": False,
        "mapping": {"A": {"NAME": "PersonId", "Type": "email"}},
    }
    read = parse_metadata(b"\xef\xbb\xbf" + json.dumps(document).encode())
    assert read.findings == ()
    assert read.refresh is Refresh.INCREMENTAL


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"DatasetType": None}, ["META_DATASET_TYPE"]),
        ({"DatasetType": "Survey"}, ["META_DATASET_TYPE"]),
        ({"DatasetType": 7}, ["META_DATASET_TYPE"]),
        ({"IsBootstrap": None}, ["META_IS_BOOTSTRAP"]),
        ({"IsBootstrap": "yes"}, ["META_IS_BOOTSTRAP"]),
        ({"Mapping": None}, ["META_MAPPING_MISSING"]),
        ({"Mapping": {}}, ["META_MAPPING_MISSING"]),
        ({"Mapping": []}, ["META_INVALID_JSON"]),
        (
            {"Mapping": mapping(Unit="Organization")},
            ["META_INVALID_JSON", "META_REQUIRED_UNMAPPED"],
        ),
        ({"Mapping": mapping(X=None)}, ["META_NULL_TARGET", "META_TYPE_UNSUPPORTED"]),
        ({"Mapping": mapping(X=column(None))}, ["META_NULL_TARGET"]),
        ({"Mapping": mapping(X=column(" "))}, ["META_NULL_TARGET"]),
        ({"Mapping": mapping(X=column(7))}, ["META_NULL_TARGET"]),
        ({"Mapping": mapping(X=column("Layer", "int64"))}, ["META_TYPE_UNSUPPORTED"]),
        ({"Mapping": mapping(X=column("Layer", "double"))}, ["META_TYPE_MISMATCH"]),
        ({"Mapping": mapping(X=column("Layer", "boolean"))}, ["META_TYPE_MISMATCH"]),
        ({"Mapping": mapping(X=column("Shoe"))}, ["META_UNKNOWN_TARGET"]),
        ({"Mapping": mapping(X=column("layer", "int32"))}, ["META_UNKNOWN_TARGET"]),
        ({"Mapping": mapping(X=column("Organization"))}, ["META_DUP_TARGET"]),
        (
            {"Mapping": {"Employee": column("PersonId", "EmailType")}},
            ["META_REQUIRED_UNMAPPED"] * 2,
        ),
    ],
)
def test_each_fault_has_its_code(tmp_path, changes, expected):
    assert codes(tmp_path, **changes) == expected


def test_all_faults_of_the_stage_are_told_together(tmp_path):
    found = codes(tmp_path, DatasetType="x", IsBootstrap="x", Mapping=mapping(X=column("Shoe")))
    assert found == ["META_DATASET_TYPE", "META_IS_BOOTSTRAP", "META_UNKNOWN_TARGET"]


def test_unknown_properties_are_advice():
    [finding] = parse_metadata(json.dumps(metadata(Comment="x")).encode()).findings
    assert (finding.code, finding.severity) == ("ADV_META_UNKNOWN", Severity.ADVICE)


def test_the_first_import_must_be_full(tmp_path):
    options = ReadOptions(has_uploads=False)
    assert "META_FIRST_NOT_FULL" in codes(tmp_path, options, IsBootstrap="false")


def test_whether_it_is_the_first_is_not_judged_when_nobody_knows(tmp_path):
    assert codes(tmp_path, IsBootstrap="false") == []


def test_a_custom_field_is_taken_where_the_connection_takes_them(tmp_path):
    options = ReadOptions(allow_custom_fields=True)
    found = codes(tmp_path, options, Mapping=mapping(X=column("Shoe_size")))
    assert found == ["HDR_COUNT_MISMATCH"]  # the csv does not have it; the target itself is fine


@pytest.mark.parametrize("name", ["Shoe size", "Größe", "x" * 129, "personid"])
def test_a_custom_field_needs_a_plain_name_of_its_own(tmp_path, name):
    options = ReadOptions(allow_custom_fields=True)
    assert "META_UNKNOWN_TARGET" in codes(tmp_path, options, Mapping=mapping(X=column(name)))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Shoe size", "It has a space: use ASCII letters, digits and underscore."),
        (
            "Shoe\u00a0size",
            "It has the character U+00A0: use ASCII letters, digits and underscore.",
        ),
        ("x" * 129, "It has 129 characters: use 128 at most."),
        ("Line", "A column of ours is called so: use another name."),
    ],
)
def test_why_a_name_is_not_that_of_a_custom_field_is_told(tmp_path, name, why):
    options = ReadOptions(allow_custom_fields=True)
    package = a_zip(tmp_path, Mapping=mapping(X=column(name)))
    reading = read_package(package, form=PackageForm.ZIP, options=options, scratch=tmp_path)
    texts = [finding.message for finding in reading.findings]
    assert f"{name} cannot be the name of a custom field. {why}" in texts


def test_a_custom_field_is_text_unless_typed_ones_are_on(tmp_path):
    columns = mapping(X=column("Shoe", "int32"))
    plain, typed = (
        ReadOptions(allow_custom_fields=True),
        ReadOptions(allow_custom_fields=True, typed_custom_fields=True),
    )
    assert "META_TYPE_MISMATCH" in codes(tmp_path, plain, Mapping=columns)
    assert "META_TYPE_MISMATCH" not in codes(tmp_path, typed, Mapping=columns)


@pytest.mark.parametrize(
    ("token", "is_fine"),
    [("DateTime_DDMMYYYY", True), ("DateTime_MMDDYYYY", True), ("String", False), ("int32", False)],
)
def test_a_custom_field_keeps_its_type_for_life(tmp_path, token, is_fine):
    options = ReadOptions(
        allow_custom_fields=True,
        typed_custom_fields=True,
        stored_fields={"Shoes": ValueType.DATE_MONTH_FIRST},
        has_uploads=True,
    )
    found = codes(tmp_path, options, Mapping=mapping(X=column("Shoes", token)))
    assert ("META_TYPE_MISMATCH" not in found) is is_fine


def test_fields_are_counted_as_they_will_be_after_the_import(tmp_path):
    stored = {f"Custom{number}": ValueType.STRING for number in range(100)}
    options = ReadOptions(allow_custom_fields=True, stored_fields=stored, has_uploads=True)
    columns = mapping(X=column("OneMore"))
    assert "META_TOO_MANY_FIELDS" in codes(tmp_path, options, IsBootstrap="false", Mapping=columns)
    assert "META_TOO_MANY_FIELDS" not in codes(tmp_path, options, Mapping=columns)


def test_the_former_badge_field_is_taken_as_the_present_one(tmp_path):
    path = a_zip(
        tmp_path,
        {
            "data.csv": "Employee,Boss,Unit,Days\nperson1@contoso.com,,Sales,2.5\n",
            "metadata.json": json.dumps(metadata(Mapping=mapping(Days=column("OnsiteDays")))),
        },
    )
    reading = read_package(path, form=PackageForm.ZIP, options=ReadOptions(), scratch=tmp_path)
    assert reading.package is not None
    assert reading.package.fields[-1] == "WeeklyBadgeOnsiteDays"
    assert [finding.code for finding in reading.findings] == ["ADV_FIELD_RENAMED"]
