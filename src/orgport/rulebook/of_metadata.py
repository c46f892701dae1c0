"""Why the rules on metadata and header are there, with examples."""

from __future__ import annotations

from typing import Any

from orgport.rulebook.example import HEADER, LEAD, Example, Explanation, csv_of, document, mapped

_FIELDS = ("PersonId", "ManagerId", "Organization")
_ROW = ("lead@contoso.com", "", "Sales")
_GOOD = Example("full refresh", document(_FIELDS, _ROW), ".json")


def _json(name: str, text: str, *flags: str, also: tuple[str, ...] = ()) -> Example:
    return Example(name, text, ".json", flags=flags, also=also)


def _with(**changes: Any) -> str:
    return document(_FIELDS, _ROW, **changes)


def _mapping(**entries: object) -> dict[str, object]:
    return {**{name: mapped(name) for name in _FIELDS}, **entries}


_FOUR = (*_FIELDS, "Office")
_FOUR_CELLS = (*_ROW, "Oslo")

METADATA = {
    "META_INVALID_JSON": Explanation(
        "A comma too many makes the whole file unreadable; the place is told so that it can be mended.",
        _json("comma too many", '{"metadata": {"DatasetType": "HR",}, "data": []}\n'),
        _GOOD,
    ),
    "META_NULL_TARGET": Explanation(
        "A column without a field would be lost without anybody noticing.",
        _json(
            "no name", document(_FOUR, _FOUR_CELLS, Mapping=_mapping(Office={"type": "StringType"}))
        ),
        _json(
            "every column named",
            document({**{n: n for n in _FIELDS}, "Office": "Location"}, _FOUR_CELLS),
        ),
    ),
    "META_TYPE_UNSUPPORTED": Explanation(
        "The type decides how cells are read, so it is not guessed.",
        _json(
            "type text",
            document(_FOUR, _FOUR_CELLS, Mapping=_mapping(Office=mapped("Location", "text"))),
        ),
        _json(
            "type in lower case",
            document(_FOUR, _FOUR_CELLS, Mapping=_mapping(Office=mapped("Location", "string"))),
        ),
    ),
    "META_DATASET_TYPE": Explanation(
        "Other kinds of data go elsewhere.",
        _json("survey data", _with(DatasetType="Survey")),
        _json("hr in lower case", _with(DatasetType="hr")),
    ),
    "META_IS_BOOTSTRAP": Explanation(
        "Whether everything is replaced must be said, never guessed.",
        _json("yes instead of true", _with(IsBootstrap="yes")),
        _json("a json boolean", _with(IsBootstrap=True)),
    ),
    "META_FIRST_NOT_FULL": Explanation(
        "There is nothing yet that could be edited.",
        _json("incremental first", _with(IsBootstrap="false"), "--first-import", also=()),
        _json("full refresh first", _with(), "--first-import"),
    ),
    "META_MAPPING_MISSING": Explanation(
        "The mapping tells which column is which field.",
        _json("no mapping", _with(Mapping=...)),
        _GOOD,
    ),
    "META_DUP_TARGET": Explanation(
        "Of two columns for one field nobody can say which one counts.",
        _json(
            "two columns for location",
            document(
                {**{n: n for n in _FIELDS}, "Office": "Location", "Site": "Location"},
                (*_FOUR_CELLS, "Oslo"),
            ),
        ),
        _json(
            "two columns for two fields",
            document(
                {**{n: n for n in _FIELDS}, "Office": "Location", "Land": "CountryOrRegion"},
                (*_FOUR_CELLS, "Norway"),
            ),
        ),
    ),
    "META_UNKNOWN_TARGET": Explanation(
        "A misspelled field would become a new one, and the right one would stay empty.",
        _json(
            "misspelled field",
            document({**{n: n for n in _FIELDS}, "Office": "Locaton"}, _FOUR_CELLS),
        ),
        _json(
            "custom field",
            document({**{n: n for n in _FIELDS}, "Office": "Desk"}, _FOUR_CELLS),
            "--custom-fields",
        ),
    ),
    "META_TYPE_MISMATCH": Explanation(
        "A field has one type for everybody who reads it.",
        _json(
            "layer as text",
            document(_FOUR, (*_ROW, "1"), Mapping=_mapping(Office=mapped("Layer", "String"))),
        ),
        _json(
            "integer for a double",
            document(_FOUR, (*_ROW, "20"), Mapping=_mapping(Office=mapped("HourlyRate", "int32"))),
        ),
    ),
    "META_REQUIRED_UNMAPPED": Explanation(
        "Without these fields there is no organization to build.",
        _json("no organization", document(_FIELDS[:2], _ROW[:2])),
        _json(
            "person alone in an incremental refresh", document(_FIELDS[:1], _ROW[:1], full=False)
        ),
    ),
    "META_TOO_MANY_FIELDS": Explanation(
        "What reads the data takes 105 fields at most.",
        _json(
            "a hundred and one",
            document([*_FIELDS, *(f"Custom{n}" for n in range(101))], (*_ROW, *["x"] * 101)),
            "--custom-fields",
        ),
        _json(
            "a hundred",
            document([*_FIELDS, *(f"Custom{n}" for n in range(100))], (*_ROW, *["x"] * 100)),
            "--custom-fields",
        ),
    ),
    "HDR_NAMES_MISMATCH": Explanation(
        "A column that is in one of the two only would be lost, or be blank for everybody.",
        _json(
            "misspelled header",
            document(_FOUR, _FOUR_CELLS, Mapping=_mapping(Ofice=mapped("Location"))),
        ),
        _json(
            "same names in another order",
            document(_FOUR, _FOUR_CELLS, Mapping={"Office": mapped("Location"), **_mapping()}),
        ),
    ),
    "HDR_COUNT_MISMATCH": Explanation(
        "A column that is not mapped would be lost without anybody noticing.",
        _json("column without mapping", document(_FOUR, _FOUR_CELLS, Mapping=_mapping())),
        _json(
            "as many on both sides",
            document(_FOUR, _FOUR_CELLS, Mapping=_mapping(Office=mapped("Location"))),
        ),
    ),
    "HDR_DUPLICATE": Explanation(
        "Of two columns with one name nobody can say which one is mapped.",
        _json(
            "same name in another case",
            document(
                {**{n: n for n in _FIELDS}, "Office": "Location", "OFFICE": "CountryOrRegion"},
                (*_FOUR_CELLS, "Norway"),
            ),
        ),
        _json(
            "numbered names",
            document(
                {**{n: n for n in _FIELDS}, "Office1": "Location", "Office2": "CountryOrRegion"},
                (*_FOUR_CELLS, "Norway"),
            ),
        ),
    ),
    "HDR_BLANK": Explanation(
        "A column without a name cannot be mapped; often it is a comma too many.",
        _json(
            "header without a name",
            document({**{n: n for n in _FIELDS}, "": "Location"}, _FOUR_CELLS),
        ),
        _json(
            "header with a name",
            document({**{n: n for n in _FIELDS}, "D": "Location"}, _FOUR_CELLS),
        ),
    ),
    "HDR_CHARS": Explanation(
        "Other systems that read the data take only these characters in names of columns.",
        _json(
            "space and sign",
            document({**{n: n for n in _FIELDS}, "Office #": "Location"}, _FOUR_CELLS),
        ),
        _json(
            "underscore and digit",
            document({**{n: n for n in _FIELDS}, "2_Office": "Location"}, _FOUR_CELLS),
        ),
    ),
    "HDR_SYSTEM_FIELD": Explanation(
        "These fields are derived; a file that sets them would contradict what is derived.",
        _json(
            "time zone", document({**{n: n for n in _FIELDS}, "Office": "TimeZone"}, _FOUR_CELLS)
        ),
        _json(
            "system name as header only",
            document({**{n: n for n in _FIELDS}, "TimeZone": "Location"}, _FOUR_CELLS),
        ),
    ),
    "FILE_ENCODING": Explanation(
        "Read in another encoding, names turn into other names.",
        Example("utf 16", "\udcff\udcfeP\0e\0r\0s\0o\0n\0I\0d\0\n\0"),
        Example("utf 8 with byte order mark", "\ufeff" + csv_of(HEADER, LEAD)),
    ),
    "FILE_NO_ROWS": Explanation(
        "A full refresh without rows would remove everybody.",
        Example("header only", csv_of(HEADER)),
        Example("header and a row", csv_of(HEADER, LEAD)),
    ),
    "ADV_META_UNKNOWN": Explanation(
        "A misspelled property would otherwise be passed over in silence.",
        _json("a property too many", _with(Comment="monthly export")),
        _json("names in another case", _with(DatasetType=..., datasettype="HR")),
    ),
    "ADV_FIELD_RENAMED": Explanation(
        "Old mappings go on working; the new name tells what the field holds.",
        _json(
            "onsite days",
            document({**{n: n for n in _FIELDS}, "Days": "OnsiteDays"}, (*_ROW, "2.5")),
        ),
        _json(
            "weekly badge onsite days",
            document(
                _FOUR,
                (*_ROW, "2.5"),
                Mapping=_mapping(Office=mapped("WeeklyBadgeOnsiteDays", "double")),
            ),
        ),
    ),
}
