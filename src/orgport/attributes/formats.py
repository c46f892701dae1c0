"""How a value of each type is written: the definition, one value at a time, in plain Python.

The columnar engine has faster ways for the common forms and must agree with this module in all.
"""

from __future__ import annotations

import math
import re
from datetime import date

from orgport.attributes.types import ValueType

CLEAR_MARK = "''"  # a cell of exactly two single quotes clears the value
BLANKS = " \t"
INT32 = range(-(2**31), 2**31)
PIVOT = 69  # two-digit years below it are of this century: 68 is 2068, 69 is 1969

Value = str | int | float | date | bool

DATE_PATTERNS = {
    ValueType.DATE_MONTH_FIRST: (
        "MM/DD/YYYY",
        "MM-DD-YYYY",
        "MM-DD-YY",
        "YYYY-MM-DD",
        "Wednesday, March 14, 2012",
        "March 14, 2012",
        "14-Mar-2012",
        "14-Mar-12",
    ),
    ValueType.DATE_DAY_FIRST: (
        "DD/MM/YYYY",
        "D/MM/YY",
        "DD-MM-YYYY",
        "DD-MM-YY",
        "YYYY-DD-MM",
        "Wednesday, March 14, 2012",
        "March 14, 2012",
        "14-Mar-2012",
        "14-Mar-12",
    ),
}

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_SHORT_MONTHS = [month[:3] for month in _MONTHS]

_SLASH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?:[ T,].*)?", re.DOTALL)
_SHORT_SLASH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{2})")
_DASH = re.compile(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4}|[0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_NAMED = re.compile(r"(?:([A-Za-z]+), +)?([A-Za-z]+) +([0-9]{1,2}), +([0-9]{4})")
_DASH_NAMED = re.compile(r"([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4}|[0-9]{2})")
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_DOTTED = re.compile(r"[0-9]{1,4}\.[0-9]{1,2}\.[0-9]{1,4}")
_COMPACT = re.compile(r"[0-9]{6}|[0-9]{8}")

_INTEGER = re.compile(r"-?[0-9]+")
_LENIENT_INTEGER = re.compile(r"(-?[0-9]+)\.0+")
_DOUBLE = re.compile(r"-?[0-9]+(?:\.[0-9]+)?|-?\.[0-9]+")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010FFFF]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(
    r"[A-Za-z0-9\u0080-\U0010FFFF](?:[A-Za-z0-9\-\u0080-\U0010FFFF]*[A-Za-z0-9\u0080-\U0010FFFF])?"
)


class Unreadable(ValueError):
    """A text that is not a value of its type; `hint` says how to mend it, when that is known."""

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint)
        self.hint = hint


def is_blank(text: str) -> bool:
    """Whether a cell holds nothing or only spaces and tabs."""
    return not text.strip(BLANKS)


def person_key(address: str) -> str:
    """The key by which addresses compare: case-folded as a whole, without outer blanks."""
    return address.strip(BLANKS).casefold()


def parse(text: str, value_type: ValueType, *, lenient_integers: bool = False) -> Value:
    """The value of a cell that is neither blank nor the clear mark, outer blanks removed.

    Raises Unreadable. Length and line breaks are judged before; ranges and allowed values after.
    """
    cell = text.strip(BLANKS)
    if value_type.is_date:
        return parse_date(cell, day_first=value_type is ValueType.DATE_DAY_FIRST)
    if value_type is ValueType.EMAIL:
        return _parse_email(cell)
    if value_type is ValueType.INTEGER:
        return _parse_integer(cell, lenient=lenient_integers)
    if value_type is ValueType.DOUBLE:
        return _parse_double(cell)
    if value_type is ValueType.BOOLEAN:
        return _parse_boolean(cell)
    if _CONTROL.search(cell):
        raise Unreadable("Remove the control characters.")
    return cell


def is_email(text: str) -> bool:
    """Whether the text is an address such as name@contoso.com: a dot-atom, one @, a domain."""
    if len(text) > 254 or text.count("@") != 1:
        return False
    local, domain = text.split("@")
    labels = domain.split(".")
    return (
        1 <= len(local) <= 64
        and _LOCAL.fullmatch(local) is not None
        and not _has_space(text)
        and len(labels) >= 2
        and all(1 <= len(label) <= 63 and _LABEL.fullmatch(label) for label in labels)
    )


def parse_date(text: str, *, day_first: bool) -> date:
    """The day that a text of one of the family's patterns means; raises Unreadable."""
    cell = text.strip(BLANKS)
    for form in (_numeric_date, _named_date):
        found = form(cell, day_first=day_first)
        if found is not None:
            return found
    raise Unreadable(_date_hint(cell, day_first=day_first))


def _numeric_date(cell: str, *, day_first: bool) -> date | None:
    if match := _SLASH.fullmatch(cell):
        first, second, year = (int(part) for part in match.groups())
    elif match := _DASH.fullmatch(cell):
        first, second, year = int(match[1]), int(match[2]), _full_year(match[3])
    elif match := _YEAR_FIRST.fullmatch(cell):
        year, first, second = (int(part) for part in match.groups())
    elif day_first and (match := _SHORT_SLASH.fullmatch(cell)):
        first, second, year = int(match[1]), int(match[2]), _full_year(match[3])
    else:
        return None
    day, month = (first, second) if day_first else (second, first)
    return _calendar_date(year, month, day)


def _named_date(cell: str, *, day_first: bool) -> date | None:  # noqa: ARG001 (a form of both families)
    if match := _DASH_NAMED.fullmatch(cell):
        month = match[2].lower()
        if month not in _SHORT_MONTHS:
            return None
        return _calendar_date(_full_year(match[3]), _SHORT_MONTHS.index(month) + 1, int(match[1]))
    match = _NAMED.fullmatch(cell)
    if not match or match[2].lower() not in _MONTHS:
        return None
    found = _calendar_date(int(match[4]), _MONTHS.index(match[2].lower()) + 1, int(match[3]))
    weekday = match[1]
    if weekday is not None and weekday.lower() != _WEEKDAYS[found.weekday()]:
        known = weekday.lower() in _WEEKDAYS
        hint = f"That day is a {_WEEKDAYS[found.weekday()].capitalize()}." if known else ""
        raise Unreadable(hint)
    return found


def _calendar_date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        swapped = _is_date(year, day, month)
        raise Unreadable(
            "Day and month look exchanged: correct the cell, or map the column with the other order."
            if swapped
            else "There is no such day in the calendar."
        ) from None


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < PIVOT else 1900)


def _date_hint(cell: str, *, day_first: bool) -> str:
    if not day_first and _SHORT_SLASH.fullmatch(cell):
        return "Write the year with four digits, or use dashes."
    if _DOTTED.fullmatch(cell):
        return "Write dashes for the dots."
    if _COMPACT.fullmatch(cell):
        return "Write the date with separators."
    if _SERIAL.fullmatch(cell):
        return "This looks like a spreadsheet's serial number: format the column as a date."
    return ""


def _parse_email(cell: str) -> str:
    if not is_email(cell):
        if "<" in cell or '"' in cell:
            raise Unreadable("Leave out the display name and write the address alone.")
        if ";" in cell or "," in cell:
            raise Unreadable("Write one address only.")
        raise Unreadable
    return cell


def _parse_integer(cell: str, *, lenient: bool) -> int:
    if lenient and (match := _LENIENT_INTEGER.fullmatch(cell)):
        cell = match[1]
    if not _INTEGER.fullmatch(cell):
        raise Unreadable
    # Longer digits than any int32 has, leading zeros apart, are refused before they are converted.
    digits = cell.lstrip("-").lstrip("0") or "0"
    number = int(digits) if len(digits) <= 10 else INT32.stop
    number = -number if cell.startswith("-") else number
    if number not in INT32:
        raise Unreadable("The number is out of the range of 32 bits.")
    return number


def _parse_double(cell: str) -> float:
    if not _DOUBLE.fullmatch(cell):
        raise Unreadable(
            "Use digits and a point only, no thousands separator and no currency sign."
            if any(character in cell for character in ",$€£")
            else ""
        )
    number = float(cell)
    if not math.isfinite(number):
        raise Unreadable("The number is too large.")
    return number


def _parse_boolean(cell: str) -> bool:
    try:
        return _BOOLEANS[cell.lower()]
    except KeyError:
        raise Unreadable from None


def _has_space(text: str) -> bool:
    return any(character.isspace() for character in text)
