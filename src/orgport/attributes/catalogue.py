"""The catalogue of attributes: the fields a package may hold, and the names it may not use.

Names are written exactly as here on the wire and in mappings; how values are written is `formats`.
"""

from __future__ import annotations

from dataclasses import dataclass

from orgport.attributes.types import ValueType

MAX_FIELDS = 105  # in all, five of which count as required
MAX_OPTIONAL_FIELDS = 100
MAX_VALUE_LENGTH = 131_072  # Unicode code points of one cell
MAX_CUSTOM_NAME_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field of the catalogue; dates are listed month first and may be mapped in either order."""

    name: str
    type: ValueType
    definition: str
    is_required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()


CATALOGUE = (
    Attribute(
        "PersonId",
        ValueType.EMAIL,
        "Unique key of the person: the primary SMTP address or an alias. Filled in every row.",
        is_required=True,
    ),
    Attribute(
        "ManagerId",
        ValueType.EMAIL,
        "Primary SMTP address or alias of the manager. Blank for the top of the hierarchy.",
        is_required=True,
    ),
    Attribute(
        "Organization",
        ValueType.STRING,
        "Internal unit the person belongs to, case-sensitive. Neither too few nor too many values.",
        is_required=True,
    ),
    Attribute(
        "EffectiveDate",
        ValueType.DATE_MONTH_FIRST,
        "Day from which the row's values apply, until a later row of the person. Without the "
        "column all rows apply from the day of the upload.",
        is_required=True,
    ),
    Attribute(
        "LevelDesignation",
        ValueType.STRING,
        "Experience, management level or seniority, such as Director.",
    ),
    Attribute("FunctionType", ValueType.STRING, "Job function, such as Finance Management."),
    Attribute(
        "HireDate",
        ValueType.DATE_MONTH_FIRST,
        "Day on which the employment began; the most recent if there are several.",
    ),
    Attribute(
        "HourlyRate",
        ValueType.DOUBLE,
        "Salary as an hourly rate, taken as US dollars. Digits and a point only.",
        minimum=0,
    ),
    Attribute(
        "Layer",
        ValueType.INTEGER,
        "Distance from the top leader; the top is 0.",
        minimum=0,
    ),
    Attribute(
        "SupervisorIndicator",
        ValueType.STRING,
        "Manager status: individual contributor, manager, or manager of managers.",
        allowed=("IC", "Mngr", "Mngr+"),
    ),
    Attribute(
        "WeeklyBadgeOnsiteDays",
        ValueType.DOUBLE,
        "Mean days a week at the main site.",
        minimum=0,
        maximum=7,
    ),
    Attribute("Location", ValueType.STRING, "Office location, such as Burbank."),
    Attribute("CountryOrRegion", ValueType.STRING, "Country or region of work, such as Japan."),
)

ALIASES = {"OnsiteDays": "WeeklyBadgeOnsiteDays"}  # former names that are still accepted

_BY_NAME = {attribute.name: attribute for attribute in CATALOGUE}
_SYSTEM_FIELDS = frozenset(
    name.casefold()
    for name in (
        "PeopleHistoricalId",
        "StartDate",
        "EndDate",
        "Domain",
        "PopulationType",
        "TimeZone",
        "StandardTimeZone",
        "WorkdayStart",
        "WorkDayEnd",
        "WeekendDays",
        "InferredTeamSize",
        "ObjectId",
        "IsActive",
        "MetricDate",
        "PrimaryCollaborator_PersonId",
        "SecondaryCollaborator_PersonId",
    )
)
_SYSTEM_PREFIX = "microsoft_"
# Columns that stand beside the fields in the tables of the history and in correction files.
_COLUMNS_BESIDE = frozenset(("person", "bucket", "line", "cleared", "import_id", "_errors"))


def attribute(name: str) -> Attribute | None:
    """The attribute of exactly this name, a former name included; None for any other name."""
    return _BY_NAME.get(ALIASES.get(name, name))


def is_system_field(name: str) -> bool:
    """Whether the name belongs to a field that the system derives, in any case of letters."""
    folded = name.casefold()
    return folded in _SYSTEM_FIELDS or folded.startswith(_SYSTEM_PREFIX)


def is_column_beside(name: str) -> bool:
    """Whether a field of this name, in any case of letters, would stand in the way of a column of ours."""
    return name.casefold() in _COLUMNS_BESIDE


def fits(value_type: ValueType, name: str) -> bool:
    """Whether a column of this type may be mapped to the field; custom fields take any type here."""
    target = attribute(name)
    if target is None:
        return True
    if target.type.is_date:
        return value_type.is_date
    if target.type is ValueType.DOUBLE:
        # The former OnsiteDays was a String; its values are judged as Double all the same.
        former = name in ALIASES and value_type is ValueType.STRING
        return former or value_type in (ValueType.DOUBLE, ValueType.INTEGER)
    return value_type is target.type
