"""Why the rules on the whole population are there, with examples."""

from __future__ import annotations

from orgport.rulebook.example import HEADER, LEAD, Example, Explanation, crowd, csv_of, document

_REP = "rep1@contoso.com,lead@contoso.com,Sales,01/01/2024"
_EXCLUDE = ("--exclude-invalid-rows",)
_CROWD = "person{n}@contoso.com,lead@contoso.com,Unit{n},01/01/2024"
_EARLIER = csv_of(f"{HEADER},Location", f"{LEAD},Oslo", f"{_REP},Oslo")
_TWO = csv_of(HEADER, LEAD, _REP)
_MEASURED = csv_of("PersonId", "rep1@contoso.com", "rep2@contoso.com")
_WHO = ("PersonId", "ManagerId")
_FIELDS = tuple(HEADER.split(","))
_OTHERS = (
    tuple(LEAD.split(",")),
    *((f"rep{n}@contoso.com", "lead@contoso.com", "Sales", "01/01/2024") for n in (2, 3, 4)),
)


def _full(
    name: str,
    *rows: tuple[str, ...],
    flags: tuple[str, ...] = (),
    earlier: str,
    also: tuple[str, ...] = (),
) -> Example:
    text = document(_FIELDS, *rows)
    return Example(name, text, ".json", flags=flags, earlier=earlier, also=also)


def _csv(name: str, *rows: str) -> Example:
    return Example(name, csv_of(HEADER, *rows))


def _increment(
    name: str, fields: tuple[str, ...], *row: str, earlier: str, also: tuple[str, ...] = ()
) -> Example:
    return Example(name, document(fields, row, full=False), ".json", earlier=earlier, also=also)


def _many(
    name: str, field: str, cell: str, *flags: str, count: int = 24, also: tuple[str, ...] = ()
) -> Example:
    text = crowd(f"{HEADER},{field}", f"{_CROWD},{cell}", count)
    return Example(name, text, flags=flags, also=also)


POPULATION = {
    "POP_NEW_PERSON_INCOMPLETE": Explanation(
        "A new person has no earlier values that a missing column could keep.",
        _increment(
            "new person without a unit", _WHO, "rep2@contoso.com", "lead@contoso.com", earlier=_TWO
        ),
        _increment(
            "known person without a unit",
            _WHO,
            "rep1@contoso.com",
            "lead@contoso.com",
            earlier=_TWO,
        ),
    ),
    "POP_MANAGER_CONFLICT": Explanation(
        "A person reports to one manager at a time; which of two would count is chance.",
        _csv(
            "two managers on one date",
            LEAD,
            _REP,
            "rep2@contoso.com,lead@contoso.com,Sales,01/01/2024",
            "rep1@contoso.com,rep2@contoso.com,Sales,01/01/2024",
        ),
        _csv(
            "two managers on two dates",
            LEAD,
            _REP,
            "rep2@contoso.com,lead@contoso.com,Sales,01/01/2024",
            "rep1@contoso.com,rep2@contoso.com,Sales,02/01/2024",
        ),
    ),
    "POP_DUP_CONFLICT": Explanation(
        "Of two different rows for one date, which would count is chance.",
        _csv(
            "two units on one date",
            LEAD,
            _REP,
            "REP1@contoso.com,lead@contoso.com,Service,01/01/2024",
        ),
        _csv(
            "two units on two dates",
            LEAD,
            _REP,
            "REP1@contoso.com,lead@contoso.com,Service,02/01/2024",
        ),
    ),
    "POP_DUP_IDENTICAL": Explanation(
        "It does no harm, but tells of an export that joins one table too many.",
        _csv("the same row twice", LEAD, _REP, _REP),
        _csv("the same values on another date", LEAD, _REP, _REP.replace("01/01", "02/01")),
    ),
    "POP_SELF_MANAGER": Explanation(
        "It cannot be told from a slip; a blank manager marks the top.",
        _csv("reports to themselves", LEAD, "rep1@contoso.com,Rep1@contoso.com,Sales,01/01/2024"),
        _csv("top with a blank manager", LEAD, _REP),
    ),
    "POP_LOOP": Explanation(
        "In a circle nobody is above anybody: layers, spans and roll-ups have no answer.",
        _csv(
            "two persons in a circle",
            LEAD,
            "rep1@contoso.com,rep2@contoso.com,Sales,01/01/2024",
            "rep2@contoso.com,rep1@contoso.com,Sales,01/01/2024",
        ),
        _csv(
            "a chain",
            LEAD,
            "rep1@contoso.com,rep2@contoso.com,Sales,01/01/2024",
            "rep2@contoso.com,lead@contoso.com,Sales,01/01/2024",
        ),
    ),
    "POP_MANAGER_BLANK_SHARE": Explanation(
        "A lost column looks like an organization of tops only.",
        _csv("nobody has a manager", LEAD, "rep1@contoso.com,,Sales,01/01/2024"),
        _csv("one top", LEAD, _REP),
    ),
    "POP_UNKNOWN_MANAGER": Explanation(
        "Whoever reports to an unknown address is outside of the hierarchy; often a row is missing.",
        _csv("manager who left", LEAD, "rep1@contoso.com,gone@contoso.com,Sales,01/01/2024"),
        _csv(
            "manager in other capitals", LEAD, "rep1@contoso.com,LEAD@Contoso.com,Sales,01/01/2024"
        ),
    ),
    "POP_EXCLUDED_SHARE": Explanation(
        "Leaving out a few rows is a convenience; leaving out many is another organization.",
        Example(
            "half of the rows",
            csv_of(HEADER, LEAD, "rep1,lead@contoso.com,Sales,01/01/2024"),
            flags=_EXCLUDE,
            also=("VAL_EMAIL",),
        ),
        Example(
            "a fifth of the rows",
            csv_of(
                HEADER,
                LEAD,
                *(_REP.replace("rep1", f"rep{n}") for n in (1, 2, 3)),
                "rep4,lead@contoso.com,Sales,01/01/2024",
            ),
            flags=_EXCLUDE,
            also=("VAL_EMAIL",),
        ),
    ),
    "POP_ALL_EXCLUDED": Explanation(
        "A full refresh of no row would remove everybody.",
        Example(
            "no row is left",
            csv_of(HEADER, "lead,,Sales,01/01/2024"),
            flags=_EXCLUDE,
            also=("VAL_EMAIL",),
        ),
        Example(
            "one row is left",
            csv_of(HEADER, LEAD, "rep1,lead@contoso.com,Sales,01/01/2024"),
            flags=(*_EXCLUDE, "--max-excluded", "50"),
            also=("VAL_EMAIL",),
        ),
    ),
    "POP_PERSON_LOST": Explanation(
        "Leaving out a person's only row of a full refresh removes the person: that should be seen.",
        _full(
            "known person left out",
            *_OTHERS,
            ("rep1@contoso.com", "lead@contoso.com", "Sales", "soon"),
            flags=_EXCLUDE,
            earlier=_TWO,
            also=("VAL_DATE",),
        ),
        _full(
            "another row is left",
            *_OTHERS,
            ("rep1@contoso.com", "lead@contoso.com", "Sales", "01/01/2024"),
            ("rep1@contoso.com", "lead@contoso.com", "Sales", "soon"),
            flags=_EXCLUDE,
            earlier=_TWO,
            also=("VAL_DATE",),
        ),
    ),
    "POP_FIELD_DROPPED": Explanation(
        "What is not in a full refresh goes; reports that use the field would break.",
        _full("without the location", *_OTHERS, earlier=_EARLIER),
        Example(
            "with the location",
            document((*_FIELDS, "Location"), *((*row, "Oslo") for row in _OTHERS)),
            ".json",
            earlier=_EARLIER,
        ),
    ),
    "POP_MEASURED_MISSING": Explanation(
        "Who is measured and has no organizational data falls out of every group.",
        Example("measured person absent", csv_of(HEADER, LEAD, _REP), measured=_MEASURED),
        Example(
            "measured persons present",
            csv_of(HEADER, LEAD, _REP, _REP.replace("rep1", "rep2")),
            measured=_MEASURED,
        ),
    ),
    "ADV_NEW_PERSON_SPARSE": Explanation(
        "Fields that do not come with a new person stay blank until they are sent.",
        _increment(
            "new person without a location",
            ("PersonId", "ManagerId", "Organization"),
            "rep2@contoso.com",
            "lead@contoso.com",
            "Sales",
            earlier=_EARLIER,
        ),
        _increment(
            "new person with a location",
            ("PersonId", "ManagerId", "Organization", "Location"),
            "rep2@contoso.com",
            "lead@contoso.com",
            "Sales",
            "Oslo",
            earlier=_EARLIER,
        ),
    ),
    "ADV_SHORT_HISTORY": Explanation(
        "Comparisons with a year ago need a year of history.",
        Example(
            "without dates", crowd("PersonId,ManagerId,Organization", _CROWD.rpartition(",")[0])
        ),
        Example("since 2024", crowd(HEADER, _CROWD)),
    ),
    "ADV_LOW_COVERAGE": Explanation(
        "Groups by a field that many lack leave these persons out.",
        _many("location of few", "Location", ""),
        _many("marked as partial", "Location", "", "--partial-field", "Location"),
    ),
    "ADV_ONE_VALUE": Explanation(
        "A field with one value makes one group: it tells nothing.",
        _many("everybody in one place", "Location", "Oslo"),
        Example(
            "two places",
            crowd(f"{HEADER},Location", f"{_CROWD},Oslo")
            + "last@contoso.com,lead@contoso.com,Unit0,01/01/2024,Bergen\n",
        ),
    ),
    "ADV_TOO_MANY_VALUES": Explanation(
        "Groups of fewer than five persons are hidden from reports, to protect the persons.",
        Example("a unit for each", crowd(HEADER, _CROWD, 202)),
        Example("two hundred units", crowd(HEADER, _CROWD, 200)),
    ),
    "ADV_REDUNDANT": Explanation(
        "Two fields with one meaning double the work and confuse the readers.",
        _many("location follows the unit", "Location", "Office {n}"),
        Example(
            "location cuts across the units",
            crowd(f"{HEADER},Location", f"{_CROWD},Office {{n}}")
            + "last@contoso.com,lead@contoso.com,Unit0,01/01/2024,Office 1\n",
        ),
    ),
}
