"""The catalogue: its names, its classes, and the names that nobody may use."""

from __future__ import annotations

import pytest

from orgport.attributes.catalogue import CATALOGUE, attribute, fits, is_system_field
from orgport.attributes.types import ValueType, type_of_token


def test_the_catalogue_holds_four_required_and_nine_reserved_fields():
    required = [known.name for known in CATALOGUE if known.is_required]
    assert required == ["PersonId", "ManagerId", "Organization", "EffectiveDate"]
    assert len(CATALOGUE) == 13


def test_names_are_found_to_the_letter_only():
    assert attribute("Layer") is not None
    assert attribute("layer") is None


def test_the_former_name_of_the_badge_days_still_leads_to_them():
    known = attribute("OnsiteDays")
    assert known is not None
    assert known.name == "WeeklyBadgeOnsiteDays"


@pytest.mark.parametrize(
    "name", ["TimeZone", "timezone", "Domain", "Microsoft_Anything", "IsActive"]
)
def test_system_names_are_refused_in_any_case(name):
    assert is_system_field(name)


def test_a_name_of_the_catalogue_is_no_system_name():
    assert not any(is_system_field(known.name) for known in CATALOGUE)


@pytest.mark.parametrize(
    ("value_type", "field", "expected"),
    [
        (ValueType.EMAIL, "PersonId", True),
        (ValueType.STRING, "PersonId", False),
        (ValueType.INTEGER, "HourlyRate", True),
        (ValueType.DOUBLE, "Layer", False),
        (ValueType.DATE_DAY_FIRST, "HireDate", True),
        (ValueType.BOOLEAN, "Organization", False),
        (ValueType.STRING, "OnsiteDays", True),
        (ValueType.STRING, "WeeklyBadgeOnsiteDays", False),
        (ValueType.BOOLEAN, "Shoe_size", True),
    ],
)
def test_a_type_fits_its_field_or_not(value_type, field, expected):
    assert fits(value_type, field) is expected


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("EmailType", ValueType.EMAIL),
        ("email", ValueType.EMAIL),
        ("StringType", ValueType.STRING),
        ("INT32", ValueType.INTEGER),
        ("Float", ValueType.DOUBLE),
        ("DateTime", ValueType.DATE_MONTH_FIRST),
        ("DateTime_MM/DD/YYYY", ValueType.DATE_MONTH_FIRST),
        ("datetime_ddmmyyyy", ValueType.DATE_DAY_FIRST),
        ("bool", ValueType.BOOLEAN),
        ("int64", None),
        ("", None),
    ],
)
def test_type_tokens_are_read_in_any_case(token, expected):
    assert type_of_token(token) is expected
