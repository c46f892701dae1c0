"""How values are written: each accepted form, and each refused one with its hint."""

from __future__ import annotations

from datetime import date

import pytest

from orgport.attributes.formats import (
    Unreadable,
    is_blank,
    is_email,
    parse,
    parse_date,
    person_key,
)
from orgport.attributes.types import ValueType


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12/31/2025", date(2025, 12, 31)),
        ("1/3/2014", date(2014, 1, 3)),
        ("1/3/2014 00:00:00", date(2014, 1, 3)),
        ("1/3/2014T10:00", date(2014, 1, 3)),
        ("1/3/2014, noon", date(2014, 1, 3)),
        ("12-31-2025", date(2025, 12, 31)),
        ("12-31-68", date(2068, 12, 31)),
        ("12-31-69", date(1969, 12, 31)),
        ("2025-12-31", date(2025, 12, 31)),
        ("2025-2-3", date(2025, 2, 3)),
        ("Wednesday, March 14, 2012", date(2012, 3, 14)),
        ("wednesday, march 14, 2012", date(2012, 3, 14)),
        ("March 14, 2012", date(2012, 3, 14)),
        ("14-Mar-2012", date(2012, 3, 14)),
        ("14-mar-12", date(2012, 3, 14)),
        ("02/29/2024", date(2024, 2, 29)),
        ("01/01/0001", date(1, 1, 1)),
        ("12/31/9999", date(9999, 12, 31)),
    ],
)
def test_month_first_dates_are_read(text, expected):
    assert parse_date(text, day_first=False) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31/12/2025", date(2025, 12, 31)),
        ("3/1/2014 some text", date(2014, 1, 3)),
        ("3/12/25", date(2025, 12, 3)),
        ("31-12-2025", date(2025, 12, 31)),
        ("31-12-25", date(2025, 12, 31)),
        ("2025-31-12", date(2025, 12, 31)),
        ("March 14, 2012", date(2012, 3, 14)),
        ("14-Mar-12", date(2012, 3, 14)),
    ],
)
def test_day_first_dates_are_read(text, expected):
    assert parse_date(text, day_first=True) == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("31/12/2025", "exchanged"),
        ("12/31/25", "four digits"),
        ("20251231", "separators"),
        ("45992", "serial number"),
        ("02/30/2025", "no such day"),
        ("02/29/2025", "no such day"),
        ("00/10/2025", "no such day"),
        ("10/10/0000", "no such day"),
        ("Thursday, March 14, 2012", "Wednesday"),
        ("14-March-2012", ""),
        ("Mar 14, 2012", ""),
        ("12.31.2025", ""),
        ("12/31/2025x", ""),
        ("12-31-2025 10:00", ""),
        ("yesterday", ""),
    ],
)
def test_other_dates_are_refused_with_a_hint(text, hint):
    with pytest.raises(Unreadable) as refused:
        parse_date(text, day_first=False)
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    "address",
    [
        "name@contoso.com",
        "first.last+tag@sub.contoso.co",
        "o'neil@contoso.com",
        "grüße@müller.example",
        "a@b.1",
        f"{'x' * 64}@contoso.com",
    ],
)
def test_addresses_are_recognised(address):
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "name",
        "name@contoso",
        "@contoso.com",
        "name@",
        "a@b@contoso.com",
        "a..b@contoso.com",
        ".a@contoso.com",
        "name@-contoso.com",
        "name@contoso-.com",
        "name@contoso..com",
        "name@contoso.com.",
        "na me@contoso.com",
        "na\u00a0me@contoso.com",
        "Name <name@contoso.com>",
        '"name"@contoso.com',
        "a@contoso.com;b@contoso.com",
        f"{'x' * 65}@contoso.com",
        f"name@{'x' * 64}.com",
        f"name@{'.'.join(['x' * 60] * 5)}.com",
    ],
)
def test_what_is_no_address_is_refused(address):
    assert not is_email(address)


@pytest.mark.parametrize(
    ("text", "value_type", "expected"),
    [
        (" 007 ", ValueType.INTEGER, 7),
        ("-2147483648", ValueType.INTEGER, -2147483648),
        ("2147483647", ValueType.INTEGER, 2147483647),
        ("-0", ValueType.INTEGER, 0),
        ("23.75", ValueType.DOUBLE, 23.75),
        ("-.5", ValueType.DOUBLE, -0.5),
        ("YES", ValueType.BOOLEAN, True),
        ("0", ValueType.BOOLEAN, False),
        ("  two  words ", ValueType.STRING, "two  words"),
        ("N/A", ValueType.STRING, "N/A"),
        ("a\tb", ValueType.STRING, "a\tb"),
    ],
)
def test_values_are_read(text, value_type, expected):
    assert parse(text, value_type) == expected


@pytest.mark.parametrize(
    ("text", "value_type"),
    [
        ("+5", ValueType.INTEGER),
        ("5.0", ValueType.INTEGER),
        ("1e3", ValueType.INTEGER),
        ("1,000", ValueType.INTEGER),
        ("2147483648", ValueType.INTEGER),
        ("9" * 5000, ValueType.INTEGER),
        ("٣", ValueType.INTEGER),
        ("1,5", ValueType.DOUBLE),
        ("$5", ValueType.DOUBLE),
        ("5.", ValueType.DOUBLE),
        ("1e3", ValueType.DOUBLE),
        ("nan", ValueType.DOUBLE),
        ("0x10", ValueType.DOUBLE),
        ("9" * 400, ValueType.DOUBLE),
        ("maybe", ValueType.BOOLEAN),
        ("a\x07b", ValueType.STRING),
    ],
)
def test_values_that_do_not_fit_are_refused(text, value_type):
    with pytest.raises(Unreadable):
        parse(text, value_type)


def test_a_whole_double_is_an_integer_only_where_that_is_set():
    assert parse("5.0", ValueType.INTEGER, lenient_integers=True) == 5


@pytest.mark.parametrize(
    ("text", "expected"), [("", True), (" \t", True), ("\u00a0", False), ("NULL", False)]
)
def test_only_spaces_and_tabs_are_blank(text, expected):
    assert is_blank(text) is expected


def test_addresses_compare_by_their_case_folded_whole():
    assert person_key(" Straße@CONTOSO.com ") == person_key("STRASSE@contoso.com")
